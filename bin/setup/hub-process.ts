import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../src/domain/errors.ts';
import { isOf } from '../../test/control-plane/processes.ts';
import type { State } from './state.ts';

const PROGRAM = join(import.meta.dirname, '..', 'drift-detector.mjs');
const USUAL_PORT = 8090;
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/**
 * The embedded hub, in the background until `bin/cleanup`: started where it does not run, and its address left in `hub.env`
 * for `bin/cub`. It applies units by the kubeconfig that bin/create-cluster leaves in `kubeconfig`. A `host` is an address to
 * listen on in place of loopback, for which it is started anew.
 */
export async function ensureHub(state: State, signal: AbortSignal, host?: string): Promise<string> {
  const before = urlOf(state);
  if (host === undefined && before !== undefined && isRunning(state) && (await answers(before))) return before;
  await stopHub(state);
  const at = host ?? (before === undefined ? '127.0.0.1' : new URL(before).hostname);
  const usual = before === undefined ? USUAL_PORT : new URL(before).port;
  // Another port if that one is in use.
  const url = (await startHub(state, at, usual, signal)) ?? (await startHub(state, at, 0, signal));
  if (url === undefined)
    throw new ConfigError('the embedded hub did not start', {
      code: 'configuration',
      subject: state.path('hub.log'),
      remedy: 'See the end of its log.',
    });
  const tokenFile = state.path('hub', 'admin.token').replaceAll("'", "'\\''");
  state.write('hub.env', `export CONFIGHUB_URL=${url}\nexport CUB_TOKEN_FILE='${tokenFile}'\nexport CONFIGHUB_PLAINTEXT=true\n`);
  return url;
}

/** `undefined` where it ended before it listened. */
async function startHub(state: State, host: string, port: string | number, signal: AbortSignal): Promise<string | undefined> {
  const args = ['hub', '--data-dir', state.path('hub'), '--host', host, '--port', String(port)];
  // Absent until there is a cluster; the hub reads it when it applies a unit.
  args.push('--kubeconfig', state.path('kubeconfig'), '--log-format', 'json');
  const [out, log] = ['hub.out', 'hub.log'].map((name) => openSync(state.path(name), name === 'hub.out' ? 'w' : 'a', 0o600));
  const child = spawn(process.execPath, [PROGRAM, ...args], { detached: true, stdio: ['ignore', out, log] });
  child.unref();
  const deadline = Date.now() + START_TIMEOUT_MS;
  try {
    while (child.exitCode === null && Date.now() < deadline) {
      const url = /^export CONFIGHUB_URL=(\S+)$/mu.exec(state.read('hub.out') ?? '')?.[1];
      if (url !== undefined) {
        state.write('hub.pid', `${child.pid}\n`);
        return url;
      }
      await sleep(POLL_MS, undefined, { signal });
    }
    child.kill();
    return undefined;
  } finally {
    // It holds the tokens, which are in files of their own.
    state.remove('hub.out');
  }
}

/** Its data stays. */
export async function stopHub(state: State): Promise<void> {
  if (isRunning(state)) process.kill(pidOf(state), 'SIGTERM');
  while (isRunning(state)) await sleep(POLL_MS);
  state.remove('hub.pid');
}

function isRunning(state: State): boolean {
  return pidOf(state) > 0 && isOf(pidOf(state), state.path('hub'));
}

function pidOf(state: State): number {
  return Number(state.read('hub.pid') ?? 0);
}

function urlOf(state: State): string | undefined {
  return /CONFIGHUB_URL=(\S+)/u.exec(state.read('hub.env') ?? '')?.[1];
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/info`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return answer?.ok === true;
}
