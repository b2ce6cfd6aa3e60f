import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { type Counts, countRequests, tryFault, type Verdict } from './court.ts';
import { type FaultKind, faultKinds, sampleOf } from './kinds.ts';
import { reliabilityPage } from './page.ts';
import { type FaultyWorld, startFaultyWorld } from './world.ts';

// A pass that fixes has a proxy before the API server, ConfigHub and Git, and something goes wrong with one of its requests.
// Nothing wrong is written, what is reported is true, and the next pass heals.

const only = process.env['DRIFT_FAULT'] ?? '';
const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';
const SAMPLE = 5;
const LEAST = 60;
const PASSES = 3;
const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));

describe('a pass to which servers answer wrongly', function () {
  this.timeout(120_000);
  const kinds = faultKinds();
  const verdicts = new Map<FaultKind, Verdict | undefined>();
  let world: FaultyWorld;
  let counts: Counts;

  before(async () => {
    world = await startFaultyWorld(await sharedControlPlane());
    // The first report is made from nothing; what faults happen to is a pass as there are thousands.
    await settle(world);
    counts = await countRequests(world);
  });
  after(async () => {
    await world?.[Symbol.asyncDispose]();
    if (isLong && only === '') writeFileSync(PAGE, reliabilityPage(kinds, verdicts));
  });

  it(`is tried with ${LEAST} kinds of fault and more`, () => {
    const names = new Set(kinds.map(({ name }) => name));
    expect(names.size).to.equal(kinds.length).and.to.be.at.least(LEAST);
  });

  const chosen = only !== '' ? kinds.filter(({ name }) => name.includes(only)) : isLong ? kinds : sampleOf(kinds, SAMPLE);
  for (const kind of chosen)
    it(kind.name, async () => {
      verdicts.set(kind, undefined);
      try {
        verdicts.set(kind, await tryFault(world, kind, counts));
      } catch (error) {
        // A long run tells why at once.
        if (isLong) process.stdout.write(`      ${error instanceof Error ? error.message : String(error)}\n`);
        await settle(world);
        throw error;
      }
    });
});

/** Passes until one ends well, for what comes next to start from a scene that is in order. */
async function settle(world: FaultyWorld): Promise<void> {
  for (let passes = 1; ; passes++) {
    const { code, stderr } = await world.pass();
    if (code === 0) return;
    expect(passes, stderr).to.be.lessThan(PASSES);
  }
}
