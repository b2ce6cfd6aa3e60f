import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findBinaries } from './binaries.ts';
import { isAlive } from './build.ts';
import { startProcesses } from './processes.ts';

const RUNNER = fileURLToPath(new URL('runner.ts', import.meta.url));

interface Runner {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly supervisor: number;
  readonly pids: readonly number[];
}

/** Stopped by their test; where that fails, they would keep the test run waiting for them. */
const runners: ChildProcess[] = [];

async function startRunner(kind: 'real' | 'idle', programs: number): Promise<Runner> {
  // A group of its own, as a terminal's foreground group: Ctrl-C goes to all of it.
  const child = spawn(process.execPath, [RUNNER, kind], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  runners.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const folder = line.toString().trim();
  const file = join(folder, 'processes.json');
  const record = await eventually(() => {
    if (!existsSync(file)) return undefined;
    // Written by supervisor.mjs.
    const found = JSON.parse(readFileSync(file, 'utf8')) as { supervisor: number; pids: number[] };
    return found.pids.length === programs && found.pids.every(isAlive) ? found : undefined;
  });
  return { child, folder, ...record };
}

async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(50);
  }
}

async function allGone({ folder, pids, supervisor }: Runner): Promise<void> {
  await eventually(() => ([...pids, supervisor].some(isAlive) || existsSync(folder) ? undefined : true));
}

// A test that waits for something that never comes ends by mocha's time limit.
describe('a control plane that is left behind', function () {
  this.timeout(120_000);

  afterEach(() => {
    for (const child of runners.splice(0)) child.kill('SIGKILL');
  });

  it('stops whole when its runner is killed with SIGKILL', async () => {
    const runner = await startRunner('real', 5);
    runner.child.kill('SIGKILL');
    await allGone(runner);
  });

  it('stops whole on Ctrl-C', async () => {
    const runner = await startRunner('idle', 2);
    process.kill(-(runner.child.pid ?? 0), 'SIGINT');
    await allGone(runner);
  });

  it('is reaped by the next start when its supervisor was killed with SIGKILL too', async () => {
    const runner = await startRunner('idle', 2);
    process.kill(runner.supervisor, 'SIGKILL');
    runner.child.kill('SIGKILL');
    await eventually(() => (isAlive(runner.supervisor) ? undefined : true));
    expect(runner.pids.every(isAlive)).to.equal(true);
    await (await startProcesses())[Symbol.asyncDispose]();
    await allGone(runner);
  });

  it('leaves the programs of another living runner alone', async () => {
    const runner = await startRunner('idle', 2);
    await (await startProcesses())[Symbol.asyncDispose]();
    expect(runner.pids.every(isAlive)).to.equal(true);
    runner.child.kill('SIGKILL');
    await allGone(runner);
  });

  it('tells the end of the log of a program that ended by itself', async () => {
    await using processes = await startProcesses();
    processes.start('failing', 'sh', ['-c', 'echo the reason >&2; exit 3']);
    const error = await eventually(() => {
      try {
        processes.check();
        return undefined;
      } catch (thrown) {
        return thrown;
      }
    });
    expect(error).to.have.property('message').that.contains('failing ended by itself (3)').and.contains('the reason');
  });

  it('gives one message with the three ways out where there is neither cache nor Go', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'drift-no-go-'));
    try {
      const environment = { PATH: '/nowhere', DRIFT_DETECTOR_CACHE: cache };
      const options = { version: '1.34.4', environment, onProgress: () => undefined, signal: new AbortController().signal };
      const error = await findBinaries(options).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('message').that.contains('there is no Go toolchain on the PATH');
      for (const way of ['install Go', 'KUBEBUILDER_ASSETS', 'DRIFT_TEST_CLUSTER=kubeconfig'])
        expect(String(error)).to.contain(way);
    } finally {
      await rm(cache, { recursive: true });
    }
  });

  it('takes given programs first and the rest from the cache', async () => {
    const options = { version: '1.34.4', onProgress: () => undefined, signal: new AbortController().signal };
    const cached = await findBinaries({ ...options, environment: process.env });
    const assets = await mkdtemp(join(tmpdir(), 'drift-assets-'));
    try {
      await symlink(cached.etcd, join(assets, 'etcd'));
      const found = await findBinaries({ ...options, environment: { ...process.env, KUBEBUILDER_ASSETS: assets } });
      expect(found.etcd).to.equal(join(assets, 'etcd'));
      expect(found['kube-apiserver']).to.equal(cached['kube-apiserver']);
    } finally {
      await rm(assets, { recursive: true });
    }
  });
});
