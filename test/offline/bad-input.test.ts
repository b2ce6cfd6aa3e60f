import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { diffTexts, type OfflineDiff } from '../../src/commands/diff/offline.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  /** Kind and name where the document says them. */
  readonly object?: string;
  readonly path?: string;
  readonly line: number;
  readonly error: string;
}

const rows = parse(readFileSync(new URL('../../fixtures/offline/bad-input.yaml', import.meta.url), 'utf8')) as readonly Row[];

const neighbour = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {a: b}\n`;

async function diffOf(desired: string, live = ''): Promise<OfflineDiff> {
  return diffTexts({
    desired: [{ file: 'desired.yaml', text: desired }],
    live: [{ file: 'live.yaml', text: live }],
    schemas: [await readBuiltInSchemas()],
    desiredManagers: ['confighub'],
    ignoreRules: [],
    now: new Date(),
  });
}

describe('bad input to a comparison of files', () => {
  for (const { name, text, object = ' ', path = '', line, error } of rows) {
    it(`tells ${name} by its line, and compares its neighbours`, async () => {
      const desired = `${neighbour('first')}---\n${text}---\n${neighbour('last')}`;
      const live = `${neighbour('first')}---\n${neighbour('last')}`;
      const { objects } = await diffOf(desired, live);
      const verdicts = new Map(objects.map(({ ref, verdict }) => [`${ref.name} ${verdict}`, verdict]));
      expect([...verdicts.keys()]).to.include.members(['first in_sync', 'last in_sync']);
      const bad = objects.filter(({ verdict }) => verdict === 'invalid');
      expect(bad.map(({ ref }) => `${ref.kind} ${ref.name}`)).to.satisfy(([only]: string[]) => object === ' ' || only === object);
      expect(bad).to.have.lengthOf(1);
      expect(bad[0]?.fault).to.include({ path, line, file: 'desired.yaml' });
      expect(bad[0]?.fault?.error).to.contain(error);
    });
  }

  it('tells nesting that would exhaust the stack', async () => {
    const list = '{"apiVersion":"v1","kind":"List","items":[';
    for (const [open, close] of [
      ['a: [', ''],
      ['{"a":', '}'],
      [list, ']}'],
    ] as const) {
      const text = `${open.repeat(20_000)}${open === list ? '' : '1'}${close.repeat(20_000)}`;
      const { objects } = await diffOf(text, text);
      expect(objects.map(({ verdict }) => verdict)).to.deep.equal(['invalid', 'invalid']);
      const parsed = open.startsWith('{') ? 'nested deeper than 100 levels' : 'nesting exceeded';
      expect(objects.map(({ fault }) => fault?.error).join())
        .to.contain('nesting exceeded')
        .and.to.contain(parsed);
    }
  });

  it('tells an alias bomb before anything walks it', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i}: &l${i} [${i === 0 ? 'x' : `*l${i - 1}, *l${i - 1}`}]`);
    const { objects } = await diffOf(levels.join('\n'));
    expect(objects[0]?.fault?.error).to.contain('unfolds to more than');
  });

  it('takes a live file that holds nothing for an object that is missing', async () => {
    for (const live of ['', '---\n', '# nothing\n', '{"kind":"List","apiVersion":"v1","items":[]}']) {
      const { objects } = await diffOf(neighbour('a'), live);
      expect(objects.map(({ verdict }) => verdict)).to.deep.equal(['missing']);
    }
  });

  it('takes no name that JavaScript objects inherit for a field', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const map = `{${names.map((name) => `${name}: x`).join(', ')}}`;
    const text = (data: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: ${data}\n`;
    const gone = await diffOf(text(map), text('{}'));
    expect(gone.objects[0]?.findings).to.have.lengthOf(names.length);
    const same = await diffOf(text(map), text(map));
    expect(same.objects[0]?.verdict).to.equal('in_sync');
    expect({}).to.not.have.property('x');
  });

  it('names a broken document of the live side, and compares its neighbours', async () => {
    const { objects } = await diffOf(neighbour('a'), `${neighbour('a')}---\nkind: [\n`);
    expect(objects.map(({ verdict }) => verdict)).to.deep.equal(['in_sync', 'invalid']);
    expect(objects[1]?.fault?.file).to.equal('live.yaml');
  });
});
