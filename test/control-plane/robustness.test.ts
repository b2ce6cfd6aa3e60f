import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { cacheFolder, findBinaries } from './binaries.ts';
import { isAlive } from './build.ts';
import { freePorts, startControlPlane } from './control-plane.ts';
import { KWOK_VERSION } from './go-module.ts';
import { lock } from './lock.ts';
import { isOf, type Processes, startProcesses } from './processes.ts';
import { sharedControlPlane } from './shared.ts';
import { DEFAULT_VERSION } from './version.ts';

const LIMIT_MS = 60_000;

async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await sleep(20)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`);
}

async function temporaryFolder(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), name));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

interface Started {
  readonly supervisor: number;
  readonly pids: readonly number[];
}

async function startIdle(processes: Processes): Promise<Started> {
  processes.start('idle', 'tail', ['-f', '/dev/null', '--', join(processes.folder, 'idle.log')]);
  return eventually('the record of the program', async () => {
    // The shape that supervisor.mjs writes.
    const record = JSON.parse(await readFile(join(processes.folder, 'processes.json'), 'utf8')) as Started;
    return record.pids.length > 0 ? record : undefined;
  });
}

describe('programs that a test run starts', function () {
  this.timeout(2 * LIMIT_MS);

  it('stop although their supervisor was killed, and the runner gets an error', async () => {
    const processes = await startProcesses();
    const { supervisor, pids } = await startIdle(processes);
    process.kill(supervisor, 'SIGKILL');
    const error = await eventually('the end of the supervisor', () => {
      try {
        return processes.check();
      } catch (thrown) {
        return thrown;
      }
    });
    expect(error).to.have.property('message').that.contains('supervisor ended by itself (SIGKILL)');
    await processes[Symbol.asyncDispose]();
    await eventually('the end of the programs', () => (pids.some(isAlive) ? undefined : true));
    expect(existsSync(processes.folder)).to.equal(false);
  });

  it('do not keep a runner alive that forgets to stop them, and stop with it', async () => {
    const processes = JSON.stringify(new URL('processes.ts', import.meta.url).href);
    const script = `
      const { startProcesses } = await import(${processes});
      const { folder, start } = await startProcesses();
      start('idle', 'tail', ['-f', '/dev/null', '--', folder]);
      process.stdout.write(folder);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const [folder] = (await once(child.stdout, 'data')) as [Buffer];
    expect((await ended)[0]).to.equal(0);
    await eventually('the folder to go', () => (existsSync(folder.toString()) ? undefined : true));
  });

  for (const platform of ['linux', 'darwin'] as const) {
    it(`are distinguished from others of the same process id on ${platform}`, async function () {
      if (platform !== process.platform && spawnSync('ps').error) this.skip();
      if (platform === 'linux' && !existsSync('/proc')) this.skip();
      await using processes = await startProcesses();
      const [pid = 0] = (await startIdle(processes)).pids;
      await eventually('its command line', () => isOf(pid, processes.folder, platform) || undefined);
      expect(isOf(pid, '/another/folder', platform)).to.equal(false);
    });
  }
});

describe('a second control plane', function () {
  this.timeout(180_000);

  it('starts beside a running one, in a relative TMPDIR with a space, on other ports where its first were taken', async () => {
    const first = await sharedControlPlane();
    await using folder = await temporaryFolder('drift with space-');
    await using taken = await occupiedPort();
    const chosen: (readonly number[])[] = [];
    const ports = async (count: number): Promise<readonly number[]> => {
      const free = await freePorts(count);
      chosen.push(chosen.length === 0 ? [taken.port, ...free.slice(1)] : free);
      return chosen.at(-1) ?? [];
    };
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = relative(process.cwd(), folder.path);
    try {
      const second = await startControlPlane({ ports });
      try {
        expect(chosen).to.have.length(2);
        expect(second.kubeconfig).to.contain(folder.path);
        await second.kubectl(['create', 'namespace', 'only-in-the-second']);
        const { stdout } = await first.kubectl(['get', 'namespaces', '-o', 'name']);
        expect(stdout).to.contain('namespace/default').and.not.to.contain('only-in-the-second');
      } finally {
        await second.stop();
      }
      expect(existsSync(second.kubeconfig)).to.equal(false);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
    expect((await first.kubectl(['get', '--raw', '/readyz'])).stdout).to.equal('ok');
  });
});

async function occupiedPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a control plane that does not become ready', function () {
  this.timeout(2 * LIMIT_MS);

  it('says why by the logs of its programs, which are deleted with it', async function () {
    if (process.env['DRIFT_TEST_CLUSTER'] === 'kubeconfig') this.skip();
    await using folder = await temporaryFolder('drift-hanging-');
    await writeFile(join(folder.path, 'etcd'), '#!/bin/sh\necho the reason\nexec tail -f /dev/null -- "$@"\n', { mode: 0o755 });
    const before = process.env['KUBEBUILDER_ASSETS'];
    process.env['KUBEBUILDER_ASSETS'] = folder.path;
    try {
      const error = await startControlPlane({ readyTimeoutMs: 3_000 }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('message').that.contains('RBAC was not ready').and.contains('-- etcd:\nthe reason');
    } finally {
      if (before === undefined) delete process.env['KUBEBUILDER_ASSETS'];
      else process.env['KUBEBUILDER_ASSETS'] = before;
    }
  });
});

describe('a folder without a record', () => {
  it('is deleted by the next start once it is old, and left alone before', async () => {
    await using old = await temporaryFolder('drift-control-plane-');
    await using fresh = await temporaryFolder('drift-control-plane-');
    const dayAgo = new Date(Date.now() - 86_400_000);
    await utimes(old.path, dayAgo, dayAgo);
    await (await startProcesses())[Symbol.asyncDispose]();
    expect([existsSync(old.path), existsSync(fresh.path)]).to.deep.equal([false, true]);
  });
});

describe('programs given by KUBEBUILDER_ASSETS', () => {
  const RELEASE = '1.99.7';

  async function given(
    version: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly found: Awaited<ReturnType<typeof findBinaries>>; readonly assets: string; readonly cache: string }> {
    await using folder = await temporaryFolder('drift-assets-');
    const assets = join(folder.path, 'assets');
    const environment = { DRIFT_DETECTOR_CACHE: join(folder.path, 'cache'), KUBEBUILDER_ASSETS: assets, ...more };
    const cache = cacheFolder(environment);
    for (const path of [assets, join(cache, `kubernetes-${RELEASE}`), join(cache, `kwok-${KWOK_VERSION}`)])
      await mkdir(path, { recursive: true });
    for (const program of ['etcd', 'kube-apiserver', 'kubectl']) {
      await writeFile(join(assets, program), `#!/bin/sh\necho Kubernetes v${RELEASE}\n`);
      await chmod(join(assets, program), 0o755);
    }
    const options = { version, environment, onProgress: () => undefined, signal: new AbortController().signal };
    return { found: await findBinaries(options), assets, cache };
  }

  it('are completed from the cache by those of the same release', async () => {
    const { found, assets, cache } = await given(DEFAULT_VERSION);
    expect(found.version).to.equal(RELEASE);
    for (const program of ['etcd', 'kube-apiserver', 'kubectl'] as const) expect(found[program]).to.equal(join(assets, program));
    for (const program of ['kube-controller-manager', 'kube-scheduler'] as const)
      expect(found[program]).to.equal(join(cache, `kubernetes-${RELEASE}`, program));
    expect(found.kwok).to.equal(join(cache, `kwok-${KWOK_VERSION}`, 'kwok'));
  });

  it('are refused where another release is asked for', async () => {
    const refusal = /holds Kubernetes 1\.99\.7, but 1\.\d+\.\d+ is asked for/u;
    const asked = { KUBERNETES_VERSION: DEFAULT_VERSION };
    expect(await given('1.37.2').catch(String)).to.match(refusal);
    expect(await given(DEFAULT_VERSION, asked).catch(String)).to.match(refusal);
    expect(await given(RELEASE, { KUBERNETES_VERSION: RELEASE })).to.have.nested.property('found.version', RELEASE);
  });
});

describe('the lock of a build', function () {
  this.timeout(2 * LIMIT_MS);
  const LOCK = new URL('lock.ts', import.meta.url).href;

  /** Takes the lock in a process of its own, writes `in` to its standard output, and then does what `after` says. */
  function taker(path: string, after: string): ChildProcessByStdio<null, Readable, null> {
    const script = `
      const { lock } = await import(${JSON.stringify(LOCK)});
      const { appendFileSync } = await import('node:fs');
      const path = ${JSON.stringify(path)};
      const held = await lock(path, { onWaiting: () => undefined, signal: new AbortController().signal });
      process.stdout.write('in');
      ${after}`;
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  it('is left to a living builder, and taken over when that one is killed', async () => {
    await using folder = await temporaryFolder('drift-lock-');
    const path = join(folder.path, 'kubernetes.lock');
    const builder = taker(path, 'setInterval(() => undefined, 60_000);');
    try {
      await once(builder.stdout, 'data');
      const told: string[] = [];
      const onWaiting = (): void => {
        told.push('waiting');
        builder.kill('SIGKILL');
      };
      await using _held = await lock(path, { onWaiting, signal: new AbortController().signal });
      expect(told).to.deep.equal(['waiting']);
    } finally {
      builder.kill('SIGKILL');
    }
  });

  it('is not waited for by whoever gives up', async () => {
    await using folder = await temporaryFolder('drift-lock-');
    const path = join(folder.path, 'kubernetes.lock');
    const waiting = new AbortController();
    await using _held = await lock(path, { onWaiting: () => undefined, signal: waiting.signal });
    const error = await lock(path, { onWaiting: () => waiting.abort(), signal: waiting.signal }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('name', 'AbortError');
  });

  it('is held by one at a time, where several wait for one that was killed', async () => {
    await using folder = await temporaryFolder('drift-lock-');
    const [path, log] = [join(folder.path, 'kubernetes.lock'), join(folder.path, 'log')];
    const first = taker(path, 'setInterval(() => undefined, 60_000);');
    await once(first.stdout, 'data');
    const turn = `
      appendFileSync(${JSON.stringify(log)}, 'in ');
      await new Promise((done) => setTimeout(done, 50));
      appendFileSync(${JSON.stringify(log)}, 'out ');
      await held[Symbol.asyncDispose]();`;
    const ended = Array.from({ length: 4 }, () => once(taker(path, turn), 'exit'));
    first.kill('SIGKILL');
    await Promise.all(ended);
    expect(await readFile(log, 'utf8')).to.equal('in out '.repeat(4));
  });
});
