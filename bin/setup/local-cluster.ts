import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../src/domain/errors.ts';
import { isOf } from '../../test/control-plane/processes.ts';
import type { LocalCluster } from './keep-cluster.ts';
import { kubectlPath, run } from './kubectl.ts';
import type { Script } from './script.ts';
import type { State } from './state.ts';

const KEEPER = join(import.meta.dirname, 'keep-cluster.ts');
/** Of context, cluster and user in people's kubeconfig. */
const CONTEXT = 'drift-detector';
const POLL_MS = 100;

/** The control plane of the demo, in the background: started once, and the same one from then on. */
export async function ensureLocalCluster(script: Script): Promise<LocalCluster> {
  const { state, say, signal } = script;
  const running = readLocal(state);
  if (running !== undefined) return running;
  state.remove('local.json');
  say(`Starting a local control plane; the first time it is built, 6 to 10 minutes. Its log: ${state.path('local.log')}`);
  const log = openSync(state.path('local.log'), 'w', 0o600);
  const child = spawn(process.execPath, [KEEPER], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, DRIFT_STATE_DIR: state.folder },
  });
  child.unref();
  try {
    for (;;) {
      signal.throwIfAborted();
      const ready = readLocal(state);
      if (ready !== undefined) return ready;
      if (child.exitCode !== null || child.signalCode !== null) break;
      await sleep(POLL_MS);
    }
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
  throw new ConfigError(
    `the local control plane did not start: ${/^.*\bError: .*$/mu.exec(state.read('local.log') ?? '')?.[0] ?? ''}`,
    {
      code: 'configuration',
      subject: state.path('local.log'),
      remedy: 'See its log.',
    },
  );
}

/** `undefined` where none runs. */
function readLocal(state: State): LocalCluster | undefined {
  const text = state.read('local.json');
  if (text === undefined) return undefined;
  // Written by keep-cluster.ts, whole.
  const facts = JSON.parse(text) as LocalCluster;
  return isOf(facts.pid, KEEPER) ? facts : undefined;
}

export async function stopLocalCluster(script: Script): Promise<boolean> {
  const running = readLocal(script.state);
  if (running === undefined) return false;
  process.kill(running.pid, 'SIGTERM');
  while (isOf(running.pid, KEEPER)) await sleep(POLL_MS);
  const config = async (...args: readonly string[]): Promise<unknown> =>
    run(script, await kubectlPath(script), ['config', ...args]).catch(() => '');
  const current = String(await config('current-context')).trim();
  for (const entry of ['delete-context', 'delete-cluster', 'delete-user']) await config(entry, CONTEXT);
  if (current === CONTEXT) await config('unset', 'current-context');
  script.state.remove('local.json');
  return true;
}

/** In the kubeconfig of this shell, as kind does it: a context, which is the current one from now on. */
export async function setContext(script: Script, cluster: LocalCluster): Promise<string> {
  const config = async (...args: readonly string[]): Promise<unknown> =>
    run(script, await kubectlPath(script), ['config', ...args]);
  const { server, authority, certificate, key } = cluster;
  await config('set-cluster', CONTEXT, `--server=${server}`, `--certificate-authority=${authority}`, '--embed-certs=true');
  await config('set-credentials', CONTEXT, `--client-certificate=${certificate}`, `--client-key=${key}`, '--embed-certs=true');
  await config('set-context', CONTEXT, `--cluster=${CONTEXT}`, `--user=${CONTEXT}`);
  await config('use-context', CONTEXT);
  return CONTEXT;
}
