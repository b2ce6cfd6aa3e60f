import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { format, inspect } from 'node:util';
import { expect } from 'chai';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import { parse } from '../types/builders.ts';
import { SECRETS } from './secrets.ts';

/** What the process wrote to standard error, and that it wrote nothing to standard output. */
function logged(form: 'json' | 'pretty'): string {
  const script = fileURLToPath(new URL('log-lines.ts', import.meta.url));
  const child = spawnSync(process.execPath, [script, '--format', form], { encoding: 'utf8' });
  expect(child.status, child.stderr).to.equal(0);
  expect(child.stdout).to.equal('');
  return child.stderr;
}

describe('log', () => {
  it('writes one JSON object a line, with time, level and event, and keeps to the level', () => {
    const lines = logged('json')
      .trimEnd()
      .split('\n')
      .map((line): JsonObject => {
        const entry = parse(line);
        if (!isJsonObject(entry)) throw new Error(`not an object: ${line}`);
        return entry;
      });
    expect(lines).to.have.length(SECRETS.length * 2 + 3);
    expect(lines.at(-1)).to.deep.include({
      level: 'info',
      event: 'last',
      msg: 'the last line',
      image: 'registry.example/app:1.2@sha256:abc',
      address: 'https://hub.example/a',
    });
    expect(lines[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u);
    expect(lines.some((line) => line['event'] === 'too-quiet')).to.equal(false);
  });

  for (const form of ['json', 'pretty'] as const) {
    it(`shows no secret in ${form} form, in any field`, () => {
      const text = logged(form);
      for (const line of text.split('\n')) expect(line).to.not.contain('canary');
      expect(text).to.contain('***').and.contain('the last line');
    });
  }

  it('keeps the sentence around a secret', () => {
    expect(logged('pretty')).to.contain('before *** after');
  });
});

describe('a wrapped secret', () => {
  const secret = new Secret('canary');

  it('is *** however it becomes a text', () => {
    const boxed = { secret, list: [secret], nested: new Map([['a', secret]]) };
    const texts = [
      JSON.stringify(boxed),
      inspect(boxed, { depth: null, showHidden: true }),
      format('%s %o %O %j', secret, secret, secret, secret),
      `${secret}`,
      // biome-ignore lint/style/useTemplate: joining by + is one of the ways
      '' + String(secret),
      secret.toString(),
      [secret].join(),
      String(new Error(`refused: ${secret}`)),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify({ ...secret }),
    ];
    for (const text of texts) expect(text).to.not.contain('canary');
    for (const text of texts.slice(0, 8)) expect(text).to.contain('***');
  });

  it('gives its value only to who asks for it by name', () => {
    expect(secret.reveal()).to.equal('canary');
  });
});
