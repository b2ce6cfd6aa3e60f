import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findBinaries } from './control-plane/binaries.ts';
import { PROVEN_VERSIONS, resolveVersion } from './control-plane/version.ts';

// npm test: lint, type check, then every test with a seeded sample of the long proofs.
// npm run test:long: the same with the long proofs whole, and the tests of the real cluster on each proven version.

const isLong = process.argv.includes('--long');
const root = fileURLToPath(new URL('..', import.meta.url));
/** What runs against a real API server and must hold on every version of it. */
const VERSIONED = [
  'test/control-plane/**/*.test.ts',
  'test/diff/**/*.test.ts',
  'test/end-to-end/**/*.test.ts',
  'test/manifests/**/*.test.ts',
];

function run(title: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<number> {
  process.stdout.write(`\n== ${title}\n`);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.stdout.write(
        `== ${title}: ${code === 0 ? 'passed' : `failed (${signal ?? code})`} in ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
      );
      resolve(code ?? 1);
    });
  });
}

const mocha = 'node_modules/mocha/bin/mocha.js';
const steps: readonly (() => Promise<number>)[] = [
  () => run('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']),
  () => run('type check', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'test']),
  async () => {
    // Found or built here, with its progress, rather than inside a test with a time limit.
    const isGiven = process.env['DRIFT_TEST_CLUSTER'] === 'kubeconfig';
    const version = resolveVersion(process.env['KUBERNETES_VERSION']);
    const onProgress = (line: string): boolean => process.stdout.write(`${line}\n`);
    if (!isGiven) await findBinaries({ version, environment: process.env, onProgress, signal: new AbortController().signal });
    return 0;
  },
  () => run('tests', [mocha, 'test/**/*.test.ts'], isLong ? { DRIFT_LONG: '1' } : {}),
  ...(isLong
    ? PROVEN_VERSIONS.map(
        (version) => () => run(`tests on Kubernetes ${version}`, [mocha, ...VERSIONED], { KUBERNETES_VERSION: version }),
      )
    : []),
];
for (const step of steps) {
  const code = await step();
  if (code !== 0) {
    process.exitCode = code;
    break;
  }
}
