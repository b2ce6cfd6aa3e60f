import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { startControlPlane } from '../../test/control-plane/control-plane.ts';
import { openState } from './state.ts';

// The local control plane of bin/create-cluster, as a process of its own that keeps it until it gets SIGTERM. Progress goes
// to standard output, and what others need to know to local.json once the cluster is ready.

/** What `local.json` holds. */
export interface LocalCluster {
  readonly pid: number;
  readonly version: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** PEM files of its administrator. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

if (import.meta.main) {
  const state = openState();
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)));
  // A pending timer keeps the process.
  const timer = setInterval(() => undefined, 60_000);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await using cluster = await startControlPlane({ onProgress: say, signal: stop.signal });
  const folder = dirname(cluster.kubeconfig);
  const facts: LocalCluster = {
    pid: process.pid,
    version: cluster.version,
    server: cluster.server,
    kubeconfig: cluster.kubeconfig,
    kubectl: cluster.kubectlPath,
    authority: `${folder}/ca.crt`,
    certificate: `${folder}/admin.crt`,
    key: `${folder}/admin.key`,
  };
  // Renamed, so that nobody reads half of it.
  await writeFile(state.path('local.json.new'), JSON.stringify(facts), { mode: 0o600 });
  await rename(state.path('local.json.new'), state.path('local.json'));
  await stopped;
  clearInterval(timer);
  state.remove('local.json');
}
