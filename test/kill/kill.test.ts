import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { printTable } from '../../src/output.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { checkComplete, checkUnharmed } from './checks.ts';
import { type Pass, type Scene, startScene } from './scene.ts';

// A pass is killed right before and right after every effect that it has, found by tracing one. Whatever it leaves, the
// passes after it end as if it had never been killed.

const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';
const SEED = 20_261_124;
const SAMPLE = 8;
const OCCURRENCES = 3;
const PASSES = 4;
/** How often the lease is renewed is a matter of time: such a point may not be reached at once. */
const TRIES = 5;
const TABLE = fileURLToPath(new URL('../../docs/kill-table.md', import.meta.url));

interface Kill {
  readonly place: 'before' | 'after';
  readonly effect: string;
  readonly occurrence: number;
}

interface Row extends Kill {
  /** Passes after the killed one until one wrote nothing. */
  readonly passes: number;
}

describe('a pass that is killed', function () {
  this.timeout(isLong ? 7_200_000 : 300_000);
  let scene: Scene;
  let kills: readonly Kill[];

  before(async () => {
    scene = await startScene(await sharedControlPlane());
    // The first report is made from nothing; what is killed is a pass as there are thousands.
    await calm(scene);
    const round = await scene.drift();
    const traced = await scene.pass();
    expect(traced.code, traced.stderr).to.equal(0);
    await checkComplete(scene, round);
    expect(effectsOnOthers(await calm(scene))).to.deep.equal([]);
    kills = killsOf(traced.effects);
  });
  after(async () => {
    await scene?.[Symbol.asyncDispose]();
  });

  it('can be killed at 60 and more points', () => {
    const points = new Set(kills.map(({ place, effect }) => `${place} ${effect}`));
    process.stdout.write(`      ${points.size} points, ${kills.length} kills\n`);
    expect(points.size).to.be.at.least(60);
  });

  it('leaves desired data unharmed, and those after it finish, report and correct all of it once', async () => {
    const only = process.env['DRIFT_KILL'];
    const chosen = only
      ? kills.filter(({ place, effect }) => `${place} ${effect}`.includes(only))
      : isLong
        ? kills
        : sample(kills);
    const rows: Row[] = [];
    const failures: string[] = [];
    for (const kill of chosen) {
      try {
        rows.push(await killAndRecover(scene, kill));
      } catch (error) {
        if (!isLong && !only) throw error;
        failures.push(
          `${kill.place} ${kill.effect} ${kill.occurrence}: ${error instanceof Error ? error.message : String(error)}`,
        );
        process.stdout.write(`      FAILED ${failures.at(-1)}\n`);
        await settle(scene);
      }
    }
    const lines = rows.map(({ place, effect, occurrence, passes }) => [
      effect,
      String(occurrence),
      place,
      String(passes),
      'whole',
    ]);
    process.stdout.write(
      printTable(['EFFECT', 'OCCURRENCE', 'KILLED', 'PASSES', 'RESULT'], lines).replaceAll(/^(?=.)/gmu, '      '),
    );
    expect(failures.join('\n')).to.equal('');
    if (isLong) writeFileSync(TABLE, tableOf(rows));
  });
});

/** A pass over nothing new. */
async function calm(scene: Scene): Promise<Pass> {
  const pass = await scene.pass();
  expect(pass.code, pass.stderr).to.equal(0);
  return pass;
}

/** After a failure: the next kill is tried on a scene that is in order again. */
async function settle(scene: Scene): Promise<void> {
  for (let count = 0; count < PASSES; count++) if (effectsOnOthers(await scene.pass()).length === 0) return;
}

async function killAndRecover(scene: Scene, kill: Kill): Promise<Row> {
  const failAt = `${kill.place} ${kill.effect} ${kill.occurrence}`;
  for (let tries = 1; ; tries++) {
    const round = await scene.drift();
    const killed = await scene.pass(failAt);
    if (killed.code !== null) {
      expect(tries, `${failAt} was not reached`).to.be.lessThan(TRIES);
      await settle(scene);
      continue;
    }
    await checkUnharmed(scene, round);
    for (let passes = 1; ; passes++) {
      const next = await calm(scene);
      // Already the first pass after the killed one leaves all of it whole, and reported.
      await checkComplete(scene, round);
      if (effectsOnOthers(next).length === 0) return { ...kill, passes };
      expect(passes, `${failAt}: passes go on writing: ${effectsOnOthers(next).join(', ')}`).to.be.lessThan(PASSES);
    }
  }
}

/** Effects that anybody else could see: neither tried out, nor in the pass's own folder, nor its lease. */
function effectsOnOthers({ effects }: Pass): readonly string[] {
  return effects.filter((effect) => {
    if (effect.startsWith('git ')) return effect === 'git commit' || effect === 'git push';
    return !effect.startsWith('file ') && !/ leases| \(dry run\)$| selfsubjectaccessreviews$/u.test(effect);
  });
}

function killsOf(effects: readonly string[]): readonly Kill[] {
  const counts = Map.groupBy(effects, (effect) => effect);
  const sorted = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.flatMap(([effect, { length }]) =>
    Array.from({ length: Math.min(length, OCCURRENCES) }, (_, index) => index + 1).flatMap((occurrence) =>
      (['before', 'after'] as const).map((place): Kill => ({ place, effect, occurrence })),
    ),
  );
}

/** Some of each system's, so that a short run sees all of them. */
function sample(kills: readonly Kill[]): readonly Kill[] {
  const bySystem = [...Map.groupBy(kills, ({ effect }) => effect.split(' ')[0] ?? '').values()];
  const shuffled = bySystem.map((group, index) => {
    const [order] = fc.sample(fc.shuffledSubarray([...group], { minLength: group.length }), { seed: SEED + index, numRuns: 1 });
    return order ?? [];
  });
  return Array.from(
    { length: SAMPLE },
    (_, index) => shuffled[index % shuffled.length]?.[Math.floor(index / shuffled.length)],
  ).filter((kill) => kill !== undefined);
}

function tableOf(rows: readonly Row[]): string {
  // One row for a point: its occurrences differ in nothing but the number of passes.
  const byPoint = Map.groupBy(rows, ({ effect, place }) => `| ${effect} | ${place} |`);
  const points = [...byPoint].map(
    ([point, of]) =>
      `${point} ${of.map(({ occurrence }) => occurrence).join(', ')} | ${of.map(({ passes }) => passes).join(', ')} | whole |`,
  );
  return [
    '# Where a pass was killed',
    '',
    `\`DRIFT_LONG=1 npm run mocha -- test/kill/kill.test.ts\`: ${rows.length} kills at ${byPoint.size} points, by SIGKILL, on a real API server and`,
    'hub. After each kill the desired data was unharmed; after the first pass that followed there was one pair of revisions for',
    'each correction, every field was back, and the report named all of it. Passes: until one wrote nothing any more.',
    '',
    '| effect | killed | occurrence | passes | result |',
    '|---|---|---|---|---|',
    ...points,
    '',
  ].join('\n');
}
