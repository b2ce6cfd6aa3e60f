import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { startHub } from '../../src/hub/server.ts';
import { startFakeApiServer } from '../kubernetes/fake-api-server.ts';
import { PATH_WITH_SSH } from '../openssh/path.ts';
import { startSsh } from '../report/git-ssh-server.ts';

/** What a command may wait for in vain: settings that lead it there. */
interface Hang {
  readonly environment: Readonly<Record<string, string>>;
  /** Resolves when a command waits there, with the processes below it. */
  reached(descendants: () => readonly string[]): Promise<void>;
}

export type HangName = 'hub' | 'api' | 'plugin' | 'git-http' | 'git-ssh' | 'git-ssh-greeting' | 'file' | 'none';

const TOKEN = 'a-token-of-this-test';

export interface Hangs extends AsyncDisposable {
  readonly folder: string;
  /** A hang of its own for one command; what waits for it ends with the signal. */
  start(name: HangName, signal: AbortSignal): Promise<Hang>;
  /** A pipe without a writer, and a wait until it has a reader. */
  pipe(name: string): { readonly path: string; opened(signal: AbortSignal): Promise<void> };
  /** Who held the Lease at each of its writes. */
  readonly holders: readonly string[];
}

/** Servers that take a connection and never answer, beside a hub and an API server that do. */
export async function startHangs(): Promise<Hangs> {
  const folder = mkdtempSync(join(tmpdir(), 'drift-hang-'));
  const silent: Server[] = [];
  const ends: number[] = [];
  /** Takes connections and says nothing. */
  async function startSilent() {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on('error', () => undefined);
    });
    silent.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return { at: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, isConnected: () => connections > 0 };
  }
  const hub = await startHub({
    dataDir: ':memory:',
    port: 0,
    accounts: [{ name: 'admin', role: 'admin', token: TOKEN }],
    log: pino({ level: 'silent' }),
  });
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  await fetch(`${hub.url}/api/space`, { method: 'POST', headers, body: JSON.stringify({ Slug: 'home' }) });
  const holders: string[] = [];
  const api = await startFakeApiServer((url, request) => {
    if (!url.pathname.includes('/leases') || request.method === 'GET')
      return { status: 404, body: { kind: 'Status', apiVersion: 'v1', reason: 'NotFound', code: 404 } };
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => holders.push(/"holderIdentity":"([^"]*)"/u.exec(Buffer.concat(chunks).toString())?.[1] ?? '?'));
    const metadata = { name: 'drift-detector-default', namespace: 'default', resourceVersion: '1' };
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} };
    return { status: request.method === 'POST' ? 201 : 200, body };
  });
  const ssh = await startSsh({ isSilent: true });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const kubeconfig = (name: string, server: string, user: object): string =>
    write(
      name,
      JSON.stringify({
        clusters: [{ name: 'a', cluster: { server, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'a', user }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        'current-context': 'a',
      }),
    );
  const home = join(folder, 'home');
  mkdirSync(home);
  const usual = {
    PATH: PATH_WITH_SSH,
    HOME: home,
    CONFIGHUB_URL: hub.url,
    CUB_TOKEN: TOKEN,
    CONFIGHUB_SPACE: 'home',
    KUBECONFIG: api.kubeconfig,
    REPORT_REPO: folder,
    GIT_AUTHOR_NAME: 'Somebody',
    GIT_AUTHOR_EMAIL: 'somebody@example.com',
    DRIFT_LOG_FORMAT: 'json',
  };
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', 'sleep 1000 & sleep 1000'] };
  const sshSettings = {
    GIT_SSH_KEY: ssh.keys.writer,
    GIT_SSH_KNOWN_HOSTS_FILE: write('known-hosts', ssh.knownHosts),
  };
  let number = 0;
  /** The settings, and whether a command waits there by now. */
  async function arranged(name: HangName): Promise<readonly [object, (programs: readonly string[]) => boolean]> {
    const { at, isConnected } = await startSilent();
    number++;
    switch (name) {
      case 'hub':
        return [{ CONFIGHUB_URL: `http://${at}` }, isConnected];
      case 'api':
        return [{ KUBECONFIG: kubeconfig(`silent-${number}`, `http://${at}`, {}) }, isConnected];
      case 'plugin':
        return [{ KUBECONFIG: kubeconfig('plugin', 'http://127.0.0.1:1', { exec }) }, (programs) => programs.includes('sleep')];
      case 'git-http':
        return [{ REPORT_REPO: `http://${at}/x.git` }, isConnected];
      case 'git-ssh': {
        const path = `/x-${number}.git`;
        const isAsked = (): boolean => ssh.log().some(({ command }) => command.includes(path));
        return [{ REPORT_REPO: `${ssh.url}${path}`, ...sshSettings }, isAsked];
      }
      case 'git-ssh-greeting':
        return [{ REPORT_REPO: `ssh://git@${at}/x.git`, ...sshSettings }, isConnected];
      case 'file':
      case 'none':
        return [{}, () => true];
    }
  }
  return {
    folder,
    async start(name, signal) {
      const [more, isReached] = await arranged(name);
      return {
        environment: { ...usual, ...more },
        async reached(descendants) {
          while (!signal.aborted && !isReached(descendants())) await sleep(10);
        },
      };
    },
    holders,
    pipe(name) {
      const path = join(folder, name);
      execFileSync('mkfifo', [path]);
      return {
        path,
        async opened(signal) {
          while (!signal.aborted) {
            try {
              // Only if it has a reader already (fifo(7)).
              const end = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
              ends.push(end);
              return;
            } catch {
              await sleep(10);
            }
          }
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const server of silent) server.close();
      for (const end of ends) closeSync(end);
      await hub.close();
      await api[Symbol.asyncDispose]();
      await ssh[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
