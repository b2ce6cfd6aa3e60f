import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinaries, findJq } from './control-plane/binaries.ts';
import { DEFAULT_VERSION, isOld, minorOf, PROVEN_VERSIONS, resolveVersion } from './control-plane/version.ts';
import { findKubelet, whyNoKubelet } from './kubelet/kubelet.ts';

// npm test: lint, type check, then every test with a seeded sample of the long proofs.
// npm run test:long: the same with the long proofs whole, and the tests of the real cluster on each proven version;
// its result is written to docs/test-long.md.
// npm run check: lint, type check and the quick tests at once, in under a minute; nothing is built for it.

const isLong = process.argv.includes('--long');
const isCheck = process.argv.includes('--check');
const root = fileURLToPath(new URL('..', import.meta.url));
const mocha = 'node_modules/mocha/bin/mocha.js';
/** What runs against a real API server and must hold on every version of it. */
const VERSIONED = [
  'test/control-plane/**/*.test.ts',
  'test/diff/**/*.test.ts',
  'test/end-to-end/**/*.test.ts',
  'test/fix/cases/**/*.test.ts',
  'test/fix/law/**/*.test.ts',
  'test/manifests/**/*.test.ts',
];
/** The same of old versions, whose API refuses most manifests of the others: a pass is proven by a scene of its own. */
const OLD_VERSIONED = ['test/control-plane/**/*.test.ts', 'test/kubernetes/**/*.test.ts'];

function testsOn(version: string): readonly string[] {
  if (!isOld(version)) return VERSIONED;
  // From this version on the detector itself runs in the cluster.
  return minorOf(version) < 21 ? OLD_VERSIONED : [...OLD_VERSIONED, 'test/manifests/**/*.test.ts'];
}

interface Step {
  readonly title: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Result {
  readonly title: string;
  readonly hasPassed: boolean;
  /** Mocha's closing line; empty for other steps. */
  readonly counts: string;
  readonly seconds: number;
}

const form = isLong ? { DRIFT_LONG: '1' } : {};
/** What needs a cluster and makes no whole pass. */
const CLUSTER = [
  'check',
  'control-plane',
  'diff',
  'doctor',
  'fix/cases',
  'fix/law',
  'fix/predict',
  'status',
  'hub',
  'image',
  'import',
  'kubelet',
  'kubernetes',
  'manifests',
  'notify',
  'usage',
  'walkthrough',
].map((name) => `test/${name}/**/*.test.ts`);
const PASSES = 'test/end-to-end/**/*.test.ts';
/** Those of them that something happens to: faults of servers, kills, races, guards, bad input. */
const DISTURBED = [
  'test/faults/**/*.test.ts',
  'test/kill/**/*.test.ts',
  ...['bad-input', 'guards', 'never-more', 'races', 'stop', 'unreported'].map((name) => `test/end-to-end/${name}.test.ts`),
];
/** Tests of parts that start programs or servers and take seconds each: too long during work. */
const SLOW = [
  'bootstrap*',
  'browser/**/*',
  'confighub/{answers,transport}',
  'cub/hand-over',
  'dashboard/*',
  'decide/main',
  'decisions/history',
  'files/**/*',
  'forms/{circumstances,stored}',
  'mutation/**/*',
  'report/{broken-report,git*,hostile-*,shuffled,sizes}',
  'snapshot/snapshot',
  'terminal/**/*',
].map((name) => `test/${name}.test.ts`);

function tests(title: string, files: readonly string[], without: readonly string[] = []): Step {
  // A long proof takes as long as it takes; how long it hangs at most is for those who wait.
  const patience = isLong ? ['--timeout', '600000'] : [];
  return { title, args: [mocha, ...patience, ...files, ...without.flatMap((names) => ['--ignore', names])], environment: form };
}

const LINT = { title: 'lint', args: ['test/lint.ts'] };
const TYPES = { title: 'type check', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'test'] };
const NO_PARTS = [PASSES, ...DISTURBED, ...CLUSTER];
/** Steps of one row run at once: tests mostly wait, for programs of their own and for the API server. */
const STEPS: readonly (readonly Step[])[] = [
  [LINT],
  [TYPES],
  [
    tests('tests of the parts', ['test/**/*.test.ts'], NO_PARTS),
    tests('tests on a cluster', CLUSTER),
    tests('tests of whole passes', [PASSES], DISTURBED),
    tests('tests of disturbed passes', DISTURBED),
  ],
];
const CHECK_STEPS: readonly (readonly Step[])[] = [
  [tests('quick tests', ['test/**/*.test.ts'], [...NO_PARTS, ...SLOW]), LINT, TYPES],
];
const LONG_STEPS: readonly (readonly Step[])[] = PROVEN_VERSIONS.filter((version) => version !== DEFAULT_VERSION).map(
  (version) => [
    {
      title: `tests on Kubernetes ${version}`,
      args: [mocha, ...testsOn(version)],
      environment: { KUBERNETES_VERSION: version },
    },
  ],
);

/** The first of a row prints as it goes, each other one when it is over. */
async function run({ title, args, environment = {} }: Step, isFirst: boolean): Promise<Result> {
  if (isFirst) process.stdout.write(`\n== ${title}\n`);
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'drift-test-'));
  const counts = join(folder, 'counts');
  const printed: Buffer[] = [];
  writeFileSync(counts, '');
  const code = await new Promise<number | string>((resolve, reject) => {
    const env = { ...process.env, DRIFT_TEST_COUNTS: counts, ...environment };
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['inherit', isFirst ? 'inherit' : 'pipe', 'inherit'], env });
    child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal ?? 1));
  });
  if (!isFirst) process.stdout.write(`\n== ${title}\n${Buffer.concat(printed).toString('utf8')}`);
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(`== ${title}: ${code === 0 ? 'passed' : `failed (${code})`} in ${seconds} s\n`);
  const result = { title, hasPassed: code === 0, counts: readFileSync(counts, 'utf8'), seconds };
  rmSync(folder, { recursive: true });
  return result;
}

/** Found or built before the tests, with its progress, rather than inside a test with a time limit. */
async function prepare(version: string): Promise<void> {
  if (process.env['DRIFT_TEST_CLUSTER'] === 'kubeconfig') return;
  const onProgress = (line: string): boolean => process.stdout.write(`${line}\n`);
  const { signal } = new AbortController();
  const options = { version, environment: process.env, onProgress, signal };
  await findBinaries(options);
  await findJq(options);
  // Where pods cannot run as processes, its test says so.
  if (whyNoKubelet() === undefined) await findKubelet(options);
}

function writeTable(results: readonly Result[]): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const rows = results.map(
    ({ title, hasPassed, counts, seconds }) => `| ${title} | ${hasPassed ? 'passed' : 'FAILED'} | ${counts} | ${seconds} s |`,
  );
  const text = [
    '# The last long run',
    '',
    `\`npm run test:long\` on ${new Date().toISOString().slice(0, 10)} at commit ${commit}, Kubernetes ${DEFAULT_VERSION} where no other is named.`,
    '',
    '| step | result | tests | time |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  writeFileSync(join(root, 'docs', 'test-long.md'), text);
}

if (!isCheck) await prepare(resolveVersion(process.env['KUBERNETES_VERSION']));
const results: Result[] = [];
for (const row of isCheck ? CHECK_STEPS : isLong ? [...STEPS, ...LONG_STEPS] : STEPS) {
  for (const { environment } of row) if (environment?.['KUBERNETES_VERSION']) await prepare(environment['KUBERNETES_VERSION']);
  const done = await Promise.all(row.map((step, index) => run(step, index === 0)));
  results.push(...done);
  if (done.every(({ hasPassed }) => hasPassed)) continue;
  process.exitCode = 1;
  // A long run reports all results; a short one ends at the first failure.
  if (!isLong) break;
}
if (isLong) writeTable(results);
const sums = [0, 1, 2].map((place) => results.reduce((sum, { counts }) => sum + Number(counts.match(/\d+/gu)?.[place] ?? 0), 0));
process.stdout.write(`\n${sums[0]} passed, ${sums[1]} failed, ${sums[2]} skipped\n`);
