import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { AREAS } from './areas.ts';
import { EXPLANATIONS, isAbout } from './explained.ts';
import { mutantsOf } from './mutants.ts';
import { type AreaResult, mutate, outlived, SAMPLE, unexplained } from './mutate.ts';
import { pageOf } from './page.ts';

const isLong = process.env['DRIFT_LONG'] === '1';
const PAGE = new URL('../../docs/mutation.md', import.meta.url);
/** The area whose tests take the least time. */
const QUICK = AREAS.filter(({ name }) => name === 'plan');

describe('what is broken in the program', () => {
  it(`turns a test red, or is explained: ${isLong ? `${AREAS.length * SAMPLE} mutants` : 'a few mutants'}`, async function () {
    this.timeout(isLong ? 3_600_000 : 60_000);
    const results: readonly AreaResult[] = isLong ? await mutate(AREAS, SAMPLE) : await mutate(QUICK, 8);
    if (isLong) writeFileSync(PAGE, pageOf(results));
    expect(results.flatMap(({ verdicts }) => verdicts.filter(({ status }) => status === 'killed')).length).to.be.above(5);
    expect(unexplained(results)).to.deep.equal([]);
    expect(outlived(results)).to.deep.equal([]);
  });

  it('is explained only where it can be broken in that way, once each', async () => {
    const mutants = (await Promise.all(AREAS.map(mutantsOf))).flatMap((made) => made.mutants);
    for (const explanation of EXPLANATIONS) {
      expect(
        mutants.some((mutant) => isAbout(explanation, mutant)),
        JSON.stringify(explanation),
      ).to.equal(true);
      const others = EXPLANATIONS.filter((other) => other !== explanation);
      for (const mutant of mutants.filter((one) => isAbout(explanation, one)))
        expect(
          others.some((other) => isAbout(other, mutant)),
          `${explanation.file} ${explanation.original}`,
        ).to.equal(false);
    }
  });

  it('is on a page of the last long run', () => {
    expect(readFileSync(PAGE, 'utf8'))
      .to.match(/^# Mutants\n/u)
      .and.not.contain('undefined |');
  });
});
