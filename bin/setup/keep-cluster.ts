import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { startControlPlane } from '../../test/control-plane/control-plane.ts';
import { buildImageFolder, type ImageFolder } from '../../test/image/build.ts';
import { detectorImage } from '../../test/kubelet/detector-image.ts';
import { type KubeletOptions, startKubelet, whyNoKubelet } from '../../test/kubelet/kubelet.ts';
import { ALL_ENVIRONMENTS } from './environments.ts';
import { detectorNamespace } from './overlays.ts';
import { openState } from './state.ts';

// The local control plane of bin/create-cluster, with a kubelet for the detector's pods where this machine allows it, as a process of its own that keeps it until it gets SIGTERM. Progress goes
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
  /** Why the pods of passes do not run on this machine; empty where they do. */
  readonly whyNoPods: string;
}

/** The detector's pods run as processes of this machine, and reach the embedded hub on its loopback. */
function kubeletOptions(image: ImageFolder, onProgress: (line: string) => void, signal: AbortSignal): KubeletOptions {
  const hub = /CONFIGHUB_URL=(\S+)/u.exec(openState().read('hub.env') ?? '')?.[1];
  return {
    images: { 'drift-detector': detectorImage(image) },
    namespaces: ALL_ENVIRONMENTS.map(({ name }) => detectorNamespace(name)),
    ports: hub === undefined ? [] : [Number(new URL(hub).port)],
    onProgress,
    signal,
  };
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
  const reason = whyNoKubelet();
  using image = reason === undefined ? buildImageFolder() : undefined;
  await using _kubelet = image && (await startKubelet(cluster, kubeletOptions(image, say, stop.signal)));
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
    whyNoPods: reason ?? '',
  };
  // Renamed, so that no reader sees half of it.
  await writeFile(state.path('local.json.new'), JSON.stringify(facts), { mode: 0o600 });
  await rename(state.path('local.json.new'), state.path('local.json'));
  await stopped;
  clearInterval(timer);
  state.remove('local.json');
}
