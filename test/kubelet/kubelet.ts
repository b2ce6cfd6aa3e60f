import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, KUBELET_CLIENT, PROCESS_NODE_LABEL } from '../control-plane/control-plane.ts';
import { findOwnProgram } from '../control-plane/own-program.ts';
import { startProcesses } from '../control-plane/processes.ts';

const SOURCE = join(import.meta.dirname, 'process-kubelet');
const NODE = 'process-1';
const POLL_MS = 50;
const READY_TIMEOUT_MS = 30_000;

const TOLERATION = { key: PROCESS_NODE_LABEL, operator: 'Equal', value: 'true', effect: 'NoSchedule' } as const;
/** What a pod says in order to run as a process, where its namespace does not say so for all. */
const PLACEMENT = { nodeSelector: { [PROCESS_NODE_LABEL]: 'true' }, tolerations: [TOLERATION] } as const;

/** What a container image would hold. Beneath it are the programs of this machine: all of /usr but /usr/local. */
export interface ProcessImage {
  /** Path in the container to path on this machine; the container sees it read-only. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** NAME=value */
  readonly env?: readonly string[];
  readonly workingDir?: string;
  /** Numbers, `user:group`; root where this is absent. */
  readonly user?: string;
}

export interface KubeletOptions {
  /** By what a pod names as its image, with or without tag and digest. */
  readonly images: Readonly<Record<string, ProcessImage>>;
  /** All pods of these run as processes; created where they are absent. Others choose it by `PLACEMENT`. */
  readonly namespaces?: readonly string[];
  /** Of servers on this machine's loopback, which pods reach at the same address; no pod can listen there itself. */
  readonly ports?: readonly number[];
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Kubelet extends AsyncDisposable {
  readonly node: string;
  stop(): Promise<void>;
}

/** Why pods cannot run as processes on this machine; nothing where they can. */
export function whyNoKubelet(): string | undefined {
  if (process.env['DRIFT_TEST_CLUSTER'] === 'kubeconfig') return 'the cluster is a given one, with kubelets of its own';
  if (process.platform !== 'linux') return `${process.platform} has no mount namespaces`;
  if (process.getuid?.() !== 0) return 'only root may make mount namespaces';
  const tried = spawnSync('unshare', [
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--net',
    '--fork',
    'mount',
    '-t',
    'tmpfs',
    'none',
    '/mnt',
  ]);
  return tried.status === 0
    ? undefined
    : `namespaces cannot be made here: ${tried.error?.message ?? tried.stderr.toString().trim()}`;
}

/** The kubelet's program; built where the cache has none of these sources. */
export function findKubelet(options: Pick<KubeletOptions, 'onProgress' | 'signal'> = {}): Promise<string> {
  const { onProgress = () => undefined, signal = new AbortController().signal } = options;
  return findOwnProgram(SOURCE, { environment: process.env, onProgress, signal });
}

/**
 * Adds a node to a control plane that runs its pods as processes, as `process-kubelet/` says. It ends, with all of its
 * pods, when it is stopped or this process ends.
 */
export async function startKubelet(cluster: ControlPlane, options: KubeletOptions): Promise<Kubelet> {
  const signal = options.signal ?? new AbortController().signal;
  const program = await findKubelet(options);
  await using started = new AsyncDisposableStack();
  const processes = started.use(await startProcesses());
  const { certificate, key, kubeconfig } = await cluster.issue('process-kubelet', 'process-kubelet', ['system:masters']);
  const config = {
    node: NODE,
    labels: { ...PLACEMENT.nodeSelector, 'kubernetes.io/hostname': NODE, 'kubernetes.io/os': 'linux' },
    taints: [{ key: TOLERATION.key, value: TOLERATION.value, effect: TOLERATION.effect }],
    kubeconfig,
    server: new URL(cluster.server).host,
    ports: options.ports ?? [],
    authority: cluster.authority,
    clientName: KUBELET_CLIENT,
    certificate,
    key,
    folder: processes.folder,
    images: options.images,
  };
  const path = join(processes.folder, 'config.json');
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  for (const namespace of options.namespaces ?? []) await sendPodsOf(namespace, cluster);
  processes.start('process-kubelet', program, ['--config', path]);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(cluster))) {
    signal.throwIfAborted();
    processes.check();
    if (Date.now() > deadline) throw new Error(`The kubelet's node is not ready.\n${processes.logs()}`);
    await sleep(POLL_MS, undefined, { signal });
  }
  const running = started.move();
  const stop = async (): Promise<void> => {
    await running.disposeAsync();
    // Nobody is there any more who could run or end what is bound to it. Without a cluster there is no node either.
    await cluster.kubectl(['delete', 'node', NODE, '--ignore-not-found', '--wait=false']).catch(() => undefined);
  };
  return { node: NODE, stop, [Symbol.asyncDispose]: stop };
}

/** By the annotations of the API server's admission plugins PodNodeSelector and PodTolerationRestriction. */
async function sendPodsOf(namespace: string, { kubectl }: ControlPlane): Promise<void> {
  const annotations = {
    'scheduler.alpha.kubernetes.io/node-selector': `${PROCESS_NODE_LABEL}=true`,
    'scheduler.alpha.kubernetes.io/defaultTolerations': JSON.stringify([TOLERATION]),
  };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, annotations } };
  // Its own field manager, so that whoever applies the namespace leaves the annotations alone.
  const args = ['apply', '--server-side', '--field-manager=process-kubelet', '-f', '-'];
  await kubectl(args, JSON.stringify(object));
}

async function isReady({ kubectl }: ControlPlane): Promise<boolean> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  const { stdout } = await kubectl(['get', 'node', NODE, '--ignore-not-found', '-o', `jsonpath=${path}`]);
  return stdout === 'True';
}
