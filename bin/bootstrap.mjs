// The one door into this project: installs what package-lock.json says when that is missing or stale, then runs
// the given file with the pinned Node. Plain JavaScript without dependencies, for Node 20 and newer; older ones are refused.
//
//   node bin/bootstrap.mjs FILE [ARGUMENT...]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLock } from './install-lock.mjs';
import { isNodeAtLeast, UNSUITABLE } from './node-version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules', '.bootstrap-stamp');
// Beside node_modules, which npm removes.
const lockFile = join(root, '.bootstrap-lock');
/** What npm 10 needs; the commands themselves run on the pinned Node. */
const OLDEST_INSTALLER = '20.0.0';

function fail(what, remedy) {
  process.stderr.write(`drift-detector: ${what}\n  ${remedy}\n`);
  process.exit(UNSUITABLE);
}

/**
 * Runs a program and hands signals on to it; `onStart` gets its process id. Returns its exit code, 128 and the signal's number
 * where a signal ended it, or the error that kept it from starting.
 */
function run(command, args, options, onStart) {
  const child = spawn(command, args, options);
  // Ctrl-C reaches the whole foreground group by itself; a signal sent to this process alone is handed on.
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [
    signal,
    () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    },
  ]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return new Promise((resolve) => {
    child.on('spawn', () => onStart?.(child.pid));
    child.on('error', (error) => resolve({ error }));
    child.on('exit', (code, signal) => resolve({ signal, code: signal ? 128 + constants.signals[signal] : code }));
  }).finally(() => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  });
}

/** The runtime's npm package for this platform: a prebuilt Node whose hash is in package-lock.json. */
function pinnedRuntime() {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entry = Object.entries(optionalDependencies).find(
    ([name]) => name.startsWith('node-') && name.endsWith(`${process.platform}-${process.arch}`),
  );
  if (!entry) {
    fail(
      `no pinned Node for ${process.platform} on ${process.arch}.`,
      `Pinned are: ${Object.keys(optionalDependencies).join(', ')}. Run it on one of these, or add a package for yours.`,
    );
  }
  return { name: entry[0], version: entry[1], path: join(root, 'node_modules', entry[0], 'bin', 'node') };
}

async function install() {
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (isInstalled()) return;
  const lock = await takeLock(lockFile, (owners) =>
    process.stderr.write(
      `Another command installs packages (process ${owners}). Waiting for it; if it does not run, delete ${lockFile}.\n`,
    ),
  );
  const result = isInstalled() ? { code: 0 } : await runNpm(lock);
  if (result.code === 0) writeFileSync(stampFile, stamp);
  lock.release();
  if (result.error)
    fail(`npm did not start: ${result.error.message}`, 'Install npm (it comes with Node) and run the command again.');
  if (result.signal) process.exit(result.code);
  if (result.code !== 0)
    fail(
      `npm ci failed (exit ${result.code}), see above.`,
      'Check the network and package-lock.json, then run the command again.',
    );
}

async function runNpm(lock) {
  process.stderr.write('Installing packages from package-lock.json (about 20 s) ...\n');
  const started = Date.now();
  // --ignore-scripts: nothing that is fetched runs code on this machine before it is imported on purpose.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's own chatter belongs to standard error: standard output is the result of the command that was asked for.
  const result = await run('npm', args, { cwd: root, stdio: ['ignore', 2, 2] }, lock.share);
  if (result.code === 0) process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
  return result;
}

const [file, ...rest] = process.argv.slice(2);
if (!file) fail('no file to run.', 'Usage: node bin/bootstrap.mjs FILE [ARGUMENT...]');
if (!isNodeAtLeast(OLDEST_INSTALLER))
  fail(`Node ${process.versions.node} is too old.`, `Install Node ${OLDEST_INSTALLER} or newer and run the command again.`);

await install();
const runtime = pinnedRuntime();
const probe = spawnSync(runtime.path, ['--version'], { encoding: 'utf8' });
if (probe.error || probe.stdout.trim() !== `v${runtime.version}`) {
  fail(
    `the pinned Node ${runtime.version} (package ${runtime.name}) is ${probe.error ? `missing: ${probe.error.message}` : `another one: ${probe.stdout.trim()}`}.`,
    "Delete node_modules and run the command again, without npm's --omit=optional.",
  );
}

const { code, error } = await run(runtime.path, [join(root, file), ...rest], {
  stdio: 'inherit',
  env: {
    ...process.env,
    // Compiled modules are kept between commands: one starts in half the time (measured: 0.6 s of processor time, not 1.1 s).
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node'),
    // Whatever the command starts by the name "node" is the pinned one as well.
    PATH: [join(root, 'node_modules', runtime.name, 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  },
});
if (error) fail(`${runtime.path} did not start: ${error.message}`, 'Delete node_modules and run the command again.');
process.exitCode = code;
