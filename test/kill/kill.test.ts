import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { checkComplete, checkUnharmed } from './checks.ts';
import { type Pass, type Round, type Scene, startScene } from './scene.ts';

// A pass is killed right before and right after every effect that it has, found by tracing one. Whatever it leaves, the
// passes after it end as if it had never been killed.

const only = process.env['DRIFT_KILL'] ?? '';
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
  /** Where the pass before it was killed: this one is killed over what that one left. Empty for none. */
  readonly first: string;
}

interface Row extends Kill {
  /** Passes after the killed one until one wrote nothing; 0 where that did not come about. */
  readonly passes: number;
}

/** What of a killed pass another has to finish: a half pair in a changeset that is open, and a changeset without a unit. */
const FIRST = [
  'after hub PATCH /api/space/*/unit/* (observed, opens changeset) 2',
  'after hub POST /api/space/*/change_set 2',
] as const;

describe('a pass that is killed', function () {
  this.timeout(isLong || only !== '' ? 7_200_000 : 300_000);
  let scene: Scene;
  let kills: readonly Kill[];

  before(async () => {
    scene = await startScene(await sharedControlPlane());
    // The first report is made from nothing; what is killed is a pass as there are thousands.
    await calm(scene);
    const round = await scene.drift();
    const traced = await scene.pass('nowhere');
    expect(traced.code, traced.stderr).to.equal(0);
    await checkComplete(scene, round);
    expect(effectsOnOthers(await calm(scene))).to.deep.equal([]);
    kills = killsOf(traced.effects, '');
    if (isLong || only !== '') for (const first of FIRST) kills = [...kills, ...(await killsOfNext(scene, first, traced))];
  });
  after(async () => {
    await scene?.[Symbol.asyncDispose]();
  });

  it('can be killed at 60 and more points', () => {
    const points = new Set(kills.map(({ place, effect, first }) => `${place} ${effect} ${first}`));
    process.stdout.write(`      ${points.size} points, ${kills.length} kills\n`);
    expect(points.size).to.be.at.least(60);
  });

  it('leaves desired data unharmed, and those after it finish, report and correct all of it once', async () => {
    const chosen = only !== '' ? kills.filter((kill) => nameOf(kill).includes(only)) : isLong ? kills : sample(kills);
    const rows: Row[] = [];
    const failures: string[] = [];
    const width = Math.max(...chosen.map((kill) => nameOf(kill).length));
    for (const kill of chosen) {
      try {
        rows.push(await killAndRecover(scene, kill));
      } catch (error) {
        failures.push(`${nameOf(kill)}: ${error instanceof Error ? error.message : String(error)}`);
        process.stdout.write(`      ${failures.at(-1)}\n`);
        rows.push({ ...kill, passes: 0 });
        await settle(scene);
      }
      const row = rows.at(-1);
      if (row) process.stdout.write(`      ${nameOf(row).padEnd(width)}  ${row.passes} passes  ${resultOf(row)}\n`);
    }
    if (isLong) writeFileSync(TABLE, tableOf(rows));
    expect(failures.join('\n')).to.equal('');
  });
});

function nameOf({ place, effect, occurrence, first }: Kill): string {
  return `${first === '' ? '' : `${first}, then `}${place} ${effect} ${occurrence}`;
}

function resultOf({ passes }: Row): string {
  return passes === 0 ? 'FAILED' : 'whole';
}

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
    for (const place of kill.first === '' ? [failAt] : [kill.first, failAt]) {
      const { code } = await scene.pass(place);
      await checkUnharmed(scene, round);
      if (code === null && place === failAt) return { ...kill, passes: await recover(scene, round, kill) };
    }
    expect(tries, `${failAt} was not reached`).to.be.lessThan(TRIES);
    await settle(scene);
  }
}

/** Runs passes until one writes nothing, and returns their number. */
async function recover(scene: Scene, round: Round, kill: Kill): Promise<number> {
  for (let passes = 1; ; passes++) {
    const written = effectsOnOthers(await calm(scene));
    // Already the first pass after the killed one leaves all of it whole, and reported.
    await checkComplete(scene, round);
    if (written.length === 0) return passes;
    expect(passes, `${nameOf(kill)}: passes go on writing: ${written.join(', ')}`).to.be.lessThan(PASSES);
  }
}

/** What only a pass does that finishes another's work, each point once. */
async function killsOfNext(scene: Scene, first: string, plain: Pass): Promise<readonly Kill[]> {
  await scene.drift();
  expect((await scene.pass(first)).code).to.equal(null);
  const { effects } = await calm(scene);
  const own = effects.filter((effect) => !plain.effects.includes(effect) || effect.includes('closes changeset'));
  return killsOf([...new Set(own)], first);
}

/** Effects that anybody else could see: neither tried out, nor in the pass's own folder, nor its lease. */
function effectsOnOthers({ effects }: Pass): readonly string[] {
  return effects.filter((effect) => {
    if (effect.startsWith('git ')) return effect === 'git push';
    return !effect.startsWith('file ') && !/ leases| \(dry run\)$| selfsubjectaccessreviews$/u.test(effect);
  });
}

function killsOf(effects: readonly string[], first: string): readonly Kill[] {
  const counts = Map.groupBy(effects, (effect) => effect);
  const sorted = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.flatMap(([effect, { length }]) =>
    Array.from({ length: Math.min(length, OCCURRENCES) }, (_, index) => index + 1).flatMap((occurrence) =>
      (['before', 'after'] as const).map((place): Kill => ({ place, effect, occurrence, first })),
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
  // One row for a point; its occurrences stand beside each other.
  const byPoint = Map.groupBy(
    rows,
    ({ effect, place, first }) => `| ${effect}${first === '' ? '' : ` (over what a pass killed ${first} left)`} | ${place} |`,
  );
  const points = [...byPoint].map(([point, of]) => {
    const each = (show: (row: Row) => string): string => of.map(show).join(', ');
    return `${point} ${each(({ occurrence }) => String(occurrence))} | ${each(({ passes }) => String(passes))} | ${each(resultOf)} |`;
  });
  return [
    '# Where a pass was killed',
    '',
    `\`DRIFT_LONG=1 npm run mocha -- test/kill/kill.test.ts\`: ${rows.length} kills at ${byPoint.size} points, by SIGKILL, on a real API server and`,
    'hub. No kill lost desired data. After the next pass each fix had one pair of revisions, every field was restored, and the report',
    'listed all fixes. Passes: their number until one wrote nothing.',
    '',
    '| effect | killed | occurrence | passes | result |',
    '|---|---|---|---|---|',
    ...points,
    '',
  ].join('\n');
}
