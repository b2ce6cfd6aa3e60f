import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseJson } from '../../src/domain/exact-json.ts';
import { type GoAnswer, readWithGo } from './go-yaml.ts';
import { RECORDED, record } from './record-yaml.ts';
import { judge, readOurselves, shrink } from './yaml-comparison.ts';
import { TEXTS } from './yaml-texts.ts';

interface Row {
  readonly group: string;
  readonly yaml: string;
  readonly json?: unknown;
  /** Refused by the strict reader alone. */
  readonly strict?: true;
  readonly error?: true;
}

const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const KINDS = Object.keys(TEXTS) as (keyof typeof TEXTS)[];

/** Compares random texts of every kind, prints how many there were of each verdict, and returns the first differences. */
async function compare(seed: number, count: number): Promise<readonly unknown[]> {
  const counts = new Map<string, number>();
  const different: string[] = [];
  for (const kind of KINDS) {
    const texts = fc.sample(TEXTS[kind], { seed, numRuns: Math.ceil(count / KINDS.length) });
    const answers = await readWithGo(texts);
    for (const [index, text] of texts.entries()) {
      const verdict = judge(text, answers[index] ?? {});
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      if (verdict === 'different') different.push(text);
    }
  }
  const summary = [...counts].sort(([, one], [, other]) => other - one).map(([verdict, number]) => `      ${number} ${verdict}`);
  console.log([`      seed ${seed}:`, ...summary].join('\n'));
  const smallest = await Promise.all(different.slice(0, 3).map(shrink));
  const answers = await readWithGo(smallest);
  return smallest.map((text, index) => ({ seed, text, go: answers[index], ours: readOurselves(text) }));
}

describe('YAML as Kubernetes reads it', () => {
  const { rows } = parseJson(readFileSync(RECORDED, 'utf8')) as unknown as { readonly rows: readonly Row[] };
  const answers: readonly GoAnswer[] = rows.map(({ json, strict, error }) => ({
    json,
    ...(strict && { strict: 'refused' }),
    ...(error && { error: 'refused' }),
  }));

  it('reads every text of the table as Go does', () => {
    const different = rows.filter(({ yaml }, index) => judge(yaml, answers[index] ?? {}) === 'different');
    expect(rows.length).to.be.greaterThan(1_000);
    expect(different.map((row) => ({ ...row, ours: readOurselves(row.yaml) }))).to.deep.equal([]);
  });

  it('has the answers that the libraries of Kubernetes give, recorded by record-yaml.ts', async () => {
    expect(readFileSync(RECORDED, 'utf8')).to.equal(await record());
  });

  it('reads random texts as Go does', async () => {
    expect(await compare(20_261, IS_LONG ? 50_000 : 2_000)).to.deep.equal([]);
  }).timeout(600_000);

  it('reads random texts of a seed of this run as Go does', async () => {
    expect(await compare(randomInt(2 ** 31), IS_LONG ? 10_000 : 1_000)).to.deep.equal([]);
  }).timeout(600_000);

  it('takes the last of a key that a merge gives again, as kubectl does', () => {
    const overridden = rows.filter(({ group, strict }) => group === 'merges' && strict);
    const read = overridden.filter(({ yaml }) => !('refused' in readOurselves(yaml)));
    expect(read).to.have.lengthOf.above(5);
    for (const { yaml, json } of read) expect(readOurselves(yaml), yaml).to.deep.equal({ json });
  });

  it('refuses keys of which Go takes one by chance', () => {
    for (const text of ["1: a\n'1': b\n", "true: a\n'true': b\n", '1: a\n1.0: b\n', '.nan: a\n.NaN: b\n'])
      expect(readOurselves(text), text).to.have.property('refused');
  });

  it('gives a block at the very end of a file no line break that it does not have', () => {
    expect(readOurselves('a: |\n  x')).to.deep.equal({ json: { a: 'x' } });
    expect(readOurselves('a: |\n  x\n')).to.deep.equal({ json: { a: 'x\n' } });
    expect(readOurselves('b:\n- c: >\n    x\n    y')).to.deep.equal({ json: { b: [{ c: 'x y' }] } });
    expect(readOurselves('a: |\n  x\nb: 1')).to.deep.equal({ json: { a: 'x\n', b: 1 } });
  });

  it('refuses what Go leaves out in silence', () => {
    for (const text of [' a: b\nc: d\n', '{a: b}\nc: d\n', '{a: b}}\n', '\ufeff\ufeffa: b\n'])
      expect(readOurselves(text), text).to.have.property('refused');
  });
});
