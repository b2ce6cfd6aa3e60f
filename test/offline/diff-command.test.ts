import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { parseJson } from '../../src/domain/exact-json.ts';
import { fixture } from '../demo/world.ts';
import { type Answer, command, lines } from './command.ts';

let folder: string;

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const DESIRED = 'offline/web/desired.yaml';
const LIVE = 'offline/web/live.yaml';

describe('drift-detector diff', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drift-offline-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function web(): Promise<readonly string[]> {
    return [
      '--desired',
      await file('desired.yaml', await fixture(DESIRED)),
      '--live',
      await file('live.yaml', await fixture(LIVE)),
    ];
  }

  it('takes a folder with those below it, and refuses one in which nothing is declared', async () => {
    await mkdir(join(folder, 'tree', 'below'), { recursive: true });
    await mkdir(join(folder, 'bare'));
    await file('tree/web.yaml', await fixture(DESIRED));
    await file('tree/below/empty.yml', '# nothing yet\n');
    await file('tree/notes.txt', 'kind: none');
    await file('bare/empty.yaml', '');
    const live = await file('live.yaml', await fixture(LIVE));
    const whole = await command(['--desired', join(folder, 'tree'), '--live', live, '-o', 'json']);
    expect(lines(whole.out)).to.deep.equal(lines((await command([...(await web()), '-o', 'json'])).out));
    const bare = await command(['--desired', join(folder, 'bare'), '--live', live]);
    expect([bare.code, bare.err.includes(`${join(folder, 'bare')} declares nothing`)]).to.deep.equal([78, true]);
    const none = await command(['--desired', join(folder, 'tree', 'below', '..', '..', 'none'), '--live', live]);
    expect(none.code).to.equal(78);
  });

  it('answers in JSON what each object is, with path, class, both values and who did it', async () => {
    const { code, out } = await command([...(await web()), '-o', 'json']);
    expect(code).to.equal(0);
    expect(lines(out)).to.deep.equal([
      'Deployment/web drifted',
      '  changed /spec/replicas',
      '  added /spec/template/spec/containers[name=app]/env[name=DEBUG]',
      'ConfigMap/settings in_sync',
      'Service/gone missing',
      'ConfigMap/stray unmanaged',
    ]);
    const { objects } = JSON.parse(out) as { objects: { findings: unknown[] }[] };
    expect(objects[0]?.findings[0]).to.deep.include({
      path: '/spec/replicas',
      class: 'changed',
      desired: 3,
      live: 5,
      blame: { manager: 'kubectl', operation: 'Update', subresource: 'scale', time: null, actor: 'hands' },
    });
  });

  it('says the same in YAML, and in a table for people', async () => {
    const args = await web();
    const [json, yaml, table] = await Promise.all([
      command([...args, '-o', 'json']),
      command([...args, '-o', 'yaml']),
      command(args),
    ]);
    expect(parse(yaml.out)).to.deep.equal(JSON.parse(json.out));
    expect(table.out).to.match(
      /^shop\/deployment\/web +drifted +changed +\/spec\/replicas +3 +5 +kubectl via scale +time unknown$/mu,
    );
  });

  it('prints whole numbers of 64 bits in all their digits, as values, keys and repairs', async () => {
    const part = (name: string): string =>
      new URL(`../../fixtures/diff/cases/whole-numbers-beyond-53-bits/${name}`, import.meta.url).pathname;
    const args = ['--desired', part('desired.yaml'), '--live', part('live.yaml'), '--schema', part('crd.yaml')];
    const json = (await command([...args, '-o', 'json'])).out;
    const repair = { op: 'replace', path: '/spec/priority', value: 9007199254740992n };
    const { objects } = parseJson(json) as unknown as { objects: { repair: { patch: unknown[]; command: string } }[] };
    expect(objects[0]?.repair.patch).to.deep.include(repair);
    expect(objects[0]?.repair.command).to.contain('"path":"/spec/priority","value":9007199254740992}');
    expect(parse((await command([...args, '-o', 'yaml'])).out, { intAsBigInt: true })).to.deep.equal(
      parse(json, { intAsBigInt: true }),
    );
    expect((await command(args)).out).to.match(/\[id=9007199254740995\]\/weight +9007199254740998 +9007199254740999 /u);
  });

  it('says once of a manifest that was printed from a live object what of it is left out', async () => {
    const part = (name: string): string =>
      new URL(`../../fixtures/diff/cases/exported-manifest/${name}`, import.meta.url).pathname;
    const args = ['--desired', part('desired.yaml'), '--live', part('live.yaml')];
    expect((await command(args)).out.split('\n').filter((line) => line.includes('only the API server'))).to.deep.equal([
      'shop/deployment/export: only the API server writes metadata.creationTimestamp, metadata.generation, metadata.managedFields, metadata.resourceVersion, metadata.uid: left out',
    ]);
    const { objects } = JSON.parse((await command([...args, '-o', 'json'])).out) as { objects: { note?: string }[] };
    expect(objects[0]?.note).to.match(/^only the API server writes /u);
  });

  it('ends with 2 where something drifted and that is asked for, as Terraform does', async () => {
    const args = await web();
    expect(await command([...args, '--detailed-exitcode'])).to.have.property('code', 2);
    const same = await file('same.yaml', await fixture(DESIRED));
    const live = await file('same-live.yaml', await fixture(DESIRED));
    expect(await command(['--desired', same, '--live', live, '--detailed-exitcode'])).to.have.property('code', 0);
  });

  it('reads JSON, several documents, Lists and lists of the API the same way', async () => {
    const [desired = ''] = (await web()).slice(1, 2);
    const { items } = parse(await fixture(LIVE)) as { items: { kind: string; apiVersion: string }[] };
    const one = await command([
      '--desired',
      desired,
      '--live',
      await file('l.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items })),
      '-o',
      'json',
    ]);
    const documents = items.map((item) => JSON.stringify(item)).join('\n---\n');
    const several = await command(['--desired', desired, '--live', await file('l.yaml', documents), '-o', 'json']);
    const apart: string[] = [];
    for (const [index, item] of items.entries()) {
      const { kind, apiVersion, ...rest } = item;
      apart.push('--live', await file(`part-${index}.json`, JSON.stringify({ apiVersion, kind: `${kind}List`, items: [rest] })));
    }
    const bundle = await command(['--desired', desired, ...apart, '-o', 'json']);
    expect(several.out).to.equal(one.out);
    expect(bundle.out).to.equal(one.out);
  });

  it('takes a live file that is not there for nothing', async () => {
    const { out } = await command([
      '--desired',
      await file('d.yaml', await fixture(DESIRED)),
      '--live',
      join(folder, 'absent.yaml'),
      '-o',
      'json',
    ]);
    expect(lines(out).filter((line) => line.endsWith('missing'))).to.include('Deployment/web missing');
  });

  it('says which file of desired state cannot be read', async () => {
    const { code, err } = await command(['--desired', join(folder, 'absent.yaml'), '--live', join(folder, 'absent.yaml')]);
    expect(code).to.equal(78);
    expect(err).to.contain('absent.yaml cannot be read').and.to.contain('--desired');
  });

  for (const nothing of ['', '# a comment\n', '---\n---\n', '{"apiVersion": "v1", "kind": "List", "items": []}']) {
    it(`refuses ${JSON.stringify(nothing)} as desired state, unless --allow-empty is given`, async () => {
      const empty = await file('empty.yaml', nothing);
      const live = await file('live.yaml', await fixture(LIVE));
      const desired = await file('desired.yaml', await fixture(DESIRED));
      for (const args of [[], ['--desired', desired]]) {
        const { code, err, out } = await command(['--desired', empty, ...args, '--live', live]);
        expect([code, out]).to.deep.equal([78, '']);
        expect(err).to.contain(`${empty} declares nothing (--desired)`).and.to.contain('--allow-empty');
      }
      const { code, out } = await command(['--desired', empty, '--live', live, '--allow-empty', '-o', 'json']);
      expect(code).to.equal(0);
      expect(lines(out)).to.have.members([
        'Deployment/web unmanaged',
        'ConfigMap/settings unmanaged',
        'ConfigMap/stray unmanaged',
      ]);
    });
  }

  const deep = (open: string, close: string): string => `${open.repeat(20_000)}1${close.repeat(20_000)}`;
  for (const [what, schema] of [
    ['JSON', `{"components": {"schemas": {"x": ${deep('{"items":', '}')}}}}`],
    ['YAML', `components: {schemas: {x: ${deep('{items: ', '}')}}}`],
  ] as const) {
    it(`refuses a schema in ${what} that is nested 20,000 levels deep, and says so`, async () => {
      const [, desired = '', , live = ''] = await web();
      const path = await file('schema', schema);
      const { code, err } = await command(['--desired', desired, '--live', live, '--schema', path]);
      expect(code).to.equal(78);
      expect(err)
        .to.contain(`${path} contains no schema: `)
        .and.to.match(/nested deeper than|nesting exceeded/u);
    });
  }

  it('ends with 20 where a document is invalid, and compares the others', async () => {
    const broken = await file('broken.yaml', `${await fixture(DESIRED)}---\nkind: [\n`);
    const { code, out } = await command([
      '--desired',
      broken,
      '--live',
      await file('live.yaml', await fixture(LIVE)),
      '-o',
      'json',
    ]);
    expect(code).to.equal(20);
    expect(lines(out)).to.include('Deployment/web drifted');
  });

  it('explains a field: the rule, both values, who owns it', async () => {
    const { out } = await command([...(await web()), '--explain', '/spec/replicas']);
    expect(out).to.contain('shop/deployment/web: drifted');
    expect(out).to.contain('changed: the values differ and our applier does not own the field');
    expect(out).to.contain('kubectl Update via scale, time unknown (by hand)');
  });

  it('explains what is in sync as well, a place inside an atomic value, and a place where nothing is', async () => {
    const args = await web();
    const limit = await command([...args, '--explain', '/spec/template/spec/containers[name=app]/resources/limits/cpu']);
    expect(limit.out).to.contain('in sync').and.to.contain('equal-in-other-spelling');
    const inside = await command([...args, '--explain', '/spec/selector/matchLabels/app']);
    expect(inside.out).to.contain('  /spec/selector\n');
    const nowhere = await command([...args, '--explain', '/spec/paused']);
    expect(nowhere.out).to.contain('neither side has /spec/paused');
    const json = await command([...args, '--explain', '/spec/replicas', '-o', 'json']);
    expect(json.out).to.contain('"rule": "changed"');
  });

  it('names for every object the one write that brings it back, and for every finding whether pods restart', async () => {
    const { out } = await command([...(await web()), '-o', 'json']);
    const { objects } = JSON.parse(out) as {
      objects: { repair: Record<string, unknown>; findings: { repair: Record<string, unknown> }[] }[];
    };
    expect(objects[0]?.findings.map(({ repair }) => repair)).to.deep.equal([
      { method: 'json-patch', restartsPods: false },
      { method: 'json-patch', restartsPods: true },
    ]);
    const patch = [
      { op: 'replace', path: '/spec/replicas', value: 3 },
      { op: 'remove', path: '/spec/template/spec/containers/0/env' },
    ];
    expect(objects[0]?.repair).to.deep.equal({
      method: 'json-patch',
      command: `kubectl patch deployment.v1.apps/web --namespace=shop --type=json --field-manager=drift-detector --patch='${JSON.stringify(patch)}'`,
      patch,
    });
  });

  it('shows no hidden value in a repair, and says so', async () => {
    const text = (value: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {DB_PASSWORD: ${value}}\n`;
    const [desired, live] = [await file('a.yaml', text('tulip-4711')), await file('b.yaml', text('crocus-0815'))];
    const { out } = await command(['--desired', desired, '--live', live, '-o', 'json']);
    expect(out).to.contain('hidden values').and.not.contain('tulip').and.not.contain('crocus');
  });

  it('gives the command if the field is immutable', async () => {
    const text = (name: string): string =>
      `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\nspec:\n  serviceName: ${name}\n`;
    const { out } = await command([
      '--desired',
      await file('a.yaml', text('db')),
      '--live',
      await file('b.yaml', text('other')),
      '-o',
      'json',
    ]);
    expect(out).to.contain('"method": "recreate"');
    expect(out).to.contain('kubectl delete statefulset/db --namespace=shop --cascade=orphan');
  });

  describe('ignore rules', () => {
    async function withRules(rules: string): Promise<Answer> {
      return command([...(await web()), '--ignore-file', await file('ignore.yaml', rules), '-o', 'json']);
    }

    it('set aside what they cover, with their reason, and count it', async () => {
      const rules = `ignore:
- {kind: Deployment, namespace: sh*, path: "/spec/template/spec/containers[name=*]/env", reason: debugging until the release}
- {manager: kubectl, name: web, reason: scaled by hand}
- {kind: Service, name: gone, reason: not yet}
- {kind: Job, reason: we have none}
- {kind: ConfigMap, name: stray, until: 2020-01-01, reason: over}
`;
      const { out } = await withRules(rules);
      expect(lines(out)).to.deep.equal([
        'Deployment/web in_sync',
        'ConfigMap/settings in_sync',
        'Service/gone in_sync',
        'ConfigMap/stray unmanaged',
      ]);
      const { objects, ignores } = JSON.parse(out) as {
        objects: { informational: { note: string }[] }[];
        ignores: { matches: number; isExpired: boolean }[];
      };
      expect(objects[0]?.informational.map(({ note }) => note)).to.include('ignored: scaled by hand');
      expect(ignores.map(({ matches, isExpired }) => [matches, isExpired])).to.deep.equal([
        [1, false],
        [1, false],
        [1, false],
        [0, false],
        [0, true],
      ]);
    });

    it('say in the table which ended and which cover nothing', async () => {
      const rules = 'ignore:\n- {kind: Job, reason: no jobs}\n- {kind: Deployment, until: 2020-01-01, reason: over}\n';
      const { out } = await command([...(await web()), '--ignore-file', await file('ignore.yaml', rules)]);
      expect(out).to.contain('ignore rule unused: no jobs').and.to.contain('ignore rule expired 2020-01-01: over');
    });

    for (const [what, rules, message] of [
      ['without a reason', 'ignore: [{kind: Job}]', 'ignore.0.reason'],
      ['that names nothing', 'ignore: [{reason: x}]', 'names nothing to ignore'],
      ['with an unknown key', 'ignore: [{kind: Job, reason: x, pth: y}]', 'pth'],
      ['with an end that is no date', 'ignore: [{kind: Job, reason: x, until: tomorrow}]', 'until'],
      ['that are no YAML', 'ignore: [', 'not YAML'],
    ] as const) {
      it(`${what} are refused, with the place`, async () => {
        const { code, err } = await withRules(rules);
        expect(code).to.equal(78);
        expect(err).to.contain(message);
      });
    }
  });

  it('compares a custom resource by the schema of its definition, from a file of its own or beside the objects', async () => {
    const desired = await file('cr.yaml', await fixture('offline/custom/desired.yaml'));
    const live = await file('cr-live.yaml', await fixture('offline/custom/live.yaml'));
    const crd = await file('crd.yaml', await fixture('offline/custom/crd.yaml'));
    const expected = [
      'Pipeline/build drifted',
      '  changed /spec/steps[name=test]/image',
      '  removed /spec/tags[=fast]',
      '  changed /spec/timeout',
    ];
    expect(lines((await command(['--desired', desired, '--live', live, '--schema', crd, '-o', 'json'])).out)).to.deep.equal(
      expected,
    );
    const both = await command(['--desired', desired, '--desired', crd, '--live', live, '--live', crd, '-o', 'json']);
    expect(lines(both.out)).to.include.members(expected);
  });

  it('compares a custom resource without a schema by what managedFields tell of its lists', async () => {
    const desired = await file('cr.yaml', await fixture('offline/custom/desired.yaml'));
    const live = await file('cr-live.yaml', await fixture('offline/custom/live.yaml'));
    const { out } = await command(['--desired', desired, '--live', live, '-o', 'json']);
    expect(lines(out)).to.include('  changed /spec/steps[name=test]/image');
  });
});
