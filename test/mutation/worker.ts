import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import Mocha from 'mocha';
import type { Job, Message } from './jobs.ts';
import { ROOT } from './mutants.ts';

// A process that runs the tests with one mutant after another. The sources are swapped while they are loaded: no file changes.

/** What Stryker's switches read and write. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { readonly static: Counts; readonly perTest: Readonly<Record<string, Counts>> };
}

type Counts = Readonly<Record<string, number>>;

const WAIT_MS = 20_000;
/** A mutant that is met this many times as often as its original runs in circles. */
const CIRCLES = 100;

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Job;
const switches: Switches = {};
Object.assign(globalThis, { __stryker__: switches });
registerHooks({
  load(url, context, next) {
    const source = job.sources[url];
    return source === undefined ? next(url, context) : { format: 'module-typescript', source, shortCircuit: true };
  },
});

/** Resolves when it is on its way: what is not would be lost at the end of the process. */
const say = (message: Message): Promise<void> =>
  new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
const { EVENT_SUITE_BEGIN, EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_END } = Mocha.Runner.constants;

async function load(): Promise<Mocha> {
  const mocha = new Mocha({ timeout: WAIT_MS, bail: true, reporter: Mocha.reporters.Base });
  mocha.cleanReferencesAfterRun(false);
  for (const file of job.tests) mocha.addFile(join(ROOT, file));
  await mocha.loadFilesAsync();
  return mocha;
}

/** Runs these tests, all of them where none is named; gives the first that failed. */
async function run(mocha: Mocha, titles: readonly string[] | undefined, onRunner = (_: Mocha.Runner): void => undefined) {
  mocha.grep(titles ? new RegExp(`^(?:${titles.map((title) => RegExp.escape(title)).join('|')})$`, 'u') : /(?:)/u);
  let failed: { readonly title: string; readonly error: string } | undefined;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on(EVENT_TEST_FAIL, (test: Mocha.Test, error: Error) => {
      failed ??= { title: test.fullTitle(), error: error.message };
    });
    onRunner(runner);
  });
  return failed;
}

/** Which tests meet which mutant, after a run without one. */
async function watch(mocha: Mocha): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const testsOf = new Map<string, string[]>();
  const failed = await run(mocha, undefined, (runner) => {
    // What is met in a hook of a suite counts for each of its tests.
    runner.on(EVENT_SUITE_BEGIN, (suite: Mocha.Suite) => {
      const titles: string[] = [];
      suite.eachTest((test) => titles.push(test.fullTitle()));
      testsOf.set(`suite ${suite.fullTitle()}`, titles);
      switches.currentTestId = `suite ${suite.fullTitle()}`;
    });
    runner.on(EVENT_TEST_BEGIN, (test: Mocha.Test) => {
      testsOf.set(test.fullTitle(), [test.fullTitle()]);
      switches.currentTestId = test.fullTitle();
    });
    runner.on(EVENT_TEST_END, (test: Mocha.Test) => {
      switches.currentTestId = `suite ${test.parent?.fullTitle()}`;
    });
  });
  if (failed) throw new Error(`"${failed.title}" fails without any mutant: ${failed.error}`);
  const covering = new Map<string, Set<string>>();
  for (const [place, counts] of Object.entries(switches.mutantCoverage?.perTest ?? {}))
    for (const id of Object.keys(counts)) {
      const titles = covering.get(id) ?? new Set();
      for (const title of testsOf.get(place) ?? []) titles.add(title);
      covering.set(id, titles);
    }
  return covering;
}

/** One mutant that is met while modules are loaded, so that it is there from the start; the tests were green without it. */
async function tryAlone(id: string): Promise<void> {
  switches.activeMutant = id;
  try {
    const failed = await run(await load(), undefined);
    await say({ id, status: failed ? 'killed' : 'survived', by: failed?.title ?? '' });
  } catch (error) {
    await say({ id, status: 'killed', by: `while loading: ${error instanceof Error ? error.message : String(error)}` });
  }
}

async function tryEach(): Promise<void> {
  const mocha = await load();
  const covering = await watch(mocha);
  const { static: fixed = {}, perTest = {} } = switches.mutantCoverage ?? {};
  for (const id of job.mutants) {
    await say({ id, status: 'started', by: '' });
    if (fixed[id] !== undefined) {
      await say({ id, status: 'alone', by: '' });
      continue;
    }
    const titles = [...(covering.get(id) ?? [])];
    if (titles.length === 0) {
      await say({ id, status: 'survived', by: 'no test meets it' });
      continue;
    }
    const hits = Object.values(perTest).reduce((sum, counts) => sum + (counts[id] ?? 0), 0);
    Object.assign(switches, { activeMutant: id, hitCount: 0, hitLimit: CIRCLES * (hits + 10) });
    const failed = await run(mocha, titles);
    const isInCircles = (switches.hitCount ?? 0) > (switches.hitLimit ?? 0);
    Object.assign(switches, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined });
    if (failed === undefined) await say({ id, status: 'survived', by: `${titles.length} tests` });
    // Whatever it left behind must not make the next ones fail.
    else if (await run(mocha, [failed.title])) return await say({ id, status: 'spoilt', by: failed.title });
    else await say({ id, status: isInCircles ? 'timeout' : 'killed', by: failed.title });
  }
}

if (job.isAlone) for (const id of job.mutants.slice(0, 1)) await tryAlone(id);
else
  await tryEach().catch(async (error: unknown) => {
    await say({ id: '', status: 'broken', by: error instanceof Error ? error.message : String(error) });
  });
// Servers and timers of tests that a mutant kept from closing them block nothing.
process.disconnect?.();
process.exit(0);
