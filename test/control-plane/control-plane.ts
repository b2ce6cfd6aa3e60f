import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AUDIT_POLICY } from './audit.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { createAuthority, type KeyPair } from './certificates.ts';
import { kubeconfig } from './kubeconfig.ts';
import { type Processes, startProcesses } from './processes.ts';
import { isOld, resolveVersion } from './version.ts';

export interface ControlPlaneOptions {
  /** As `KUBERNETES_VERSION`, which is used where this is absent. */
  readonly version?: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Chooses that many ports on loopback; free ones where this is absent. */
  readonly ports?: (count: number) => Promise<readonly number[]>;
  /** How long each part may take to become ready; a minute where this is absent. */
  readonly readyTimeoutMs?: number;
}

interface Kubectl {
  readonly stdout: string;
  readonly stderr: string;
}

/** Paths of PEM files, and of a kubeconfig with both. */
interface IssuedFiles {
  readonly certificate: string;
  readonly key: string;
  readonly kubeconfig: string;
}

/** Common name by which the API server shows kubelets who it is. */
export const KUBELET_CLIENT = 'kube-apiserver-kubelet-client';
/** Nodes with this label are no business of kwok's. */
export const PROCESS_NODE_LABEL = 'drift-detector.dev/process';

/** A real API server with RBAC, controllers, scheduler and a fake node, all of one process group on loopback. */
export interface ControlPlane extends AsyncDisposable {
  readonly version: string;
  readonly server: string;
  /** Of the user `admin` in group system:masters. */
  readonly kubeconfig: string;
  /** Every request that was answered, one JSON object a line; see audit.ts. Empty for a given cluster, whose log is not ours. */
  readonly auditLog: string;
  /** The command that runs the real kubectl. */
  readonly kubectlPath: string;
  /** Runs the real kubectl; throws with its standard error where it fails. */
  kubectl(args: readonly string[], input?: string, environment?: Readonly<Record<string, string>>): Promise<Kubectl>;
  /** The certificate, a PEM file, of the authority that signs for everybody here. */
  readonly authority: string;
  /** Has a client and server on loopback certified, and writes what it needs. */
  issue(name: string, commonName: string, groups?: readonly string[]): Promise<IssuedFiles>;
  /** Writes a kubeconfig for a bearer token and returns its path. */
  kubeconfigForToken(name: string, token: string): Promise<string>;
  stop(): Promise<void>;
}

const KWOK_STAGES = fileURLToPath(new URL('kwok.yaml', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const signal = options.signal ?? new AbortController().signal;
  const environment = process.env;
  if (environment['DRIFT_TEST_CLUSTER'] === 'kubeconfig') return useGivenCluster(environment['KUBECONFIG'] ?? '');
  const wanted = resolveVersion(options.version ?? environment['KUBERNETES_VERSION']);
  const onProgress = options.onProgress ?? (() => undefined);
  const binaries = await findBinaries({ version: wanted, environment, onProgress, signal });
  for (let isRetry = false; ; isRetry = true) {
    const processes = await startProcesses();
    try {
      return await start(binaries, processes, signal, options);
    } catch (error) {
      await processes[Symbol.asyncDispose]();
      // Somebody else took a port between its choice and its use: other ports, once more.
      if (isRetry || !isPortTaken(error)) throw error;
    }
  }
}

/** The programs tell it nowhere but in their logs. */
function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('address already in use');
}

/** Nobody asks the controllers anything, and a port less is a port that cannot be taken; old ones have a second, fixed one. */
function noServing(version: string): readonly string[] {
  return ['--secure-port=0', ...(isOld(version) ? ['--port=0'] : [])];
}
/** At the default of 20 requests a second starting the controllers alone takes 5 s (measured on 1.34). */
const NO_THROTTLE = ['--kube-api-qps=1000', '--kube-api-burst=1000'];

async function start(
  binaries: Binaries,
  processes: Processes,
  signal: AbortSignal,
  { ports = freePorts, readyTimeoutMs = READY_TIMEOUT_MS }: ControlPlaneOptions,
): Promise<ControlPlane> {
  const { folder } = processes;
  const file = (name: string): string => join(folder, name);
  const authority = await createAuthority();
  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(file(name), content, { mode: 0o600 });
    return file(name);
  };
  const issue = async (name: string, commonName: string, groups: readonly string[] = []): Promise<KeyPair> => {
    const pair = await authority.issue({ commonName, groups });
    await write(`${name}.crt`, pair.certificate);
    await write(`${name}.key`, pair.key);
    return pair;
  };
  const ca = await write('ca.crt', authority.certificate);
  await issue('server', 'kube-apiserver');
  await issue('etcd-client', 'etcd-client');
  await issue('kubelet-client', KUBELET_CLIENT);
  const serviceAccounts = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await write('service-account.key', serviceAccounts.privateKey);
  await write('service-account.pub', serviceAccounts.publicKey);
  const auditPolicy = await write('audit-policy.yaml', JSON.stringify(AUDIT_POLICY));
  const [etcdPort, peerPort, apiPort] = await ports(3);
  const server = `https://127.0.0.1:${apiPort}`;
  const userConfig = async (name: string, commonName: string, groups: readonly string[] = []): Promise<string> =>
    write(`${name}.kubeconfig`, kubeconfig(server, authority.certificate, await issue(name, commonName, groups)));
  const adminPair = await issue('admin', 'admin', ['system:masters']);
  const admin = await write('admin.kubeconfig', kubeconfig(server, authority.certificate, adminPair));
  const kwokConfig = await userConfig('kwok', 'kwok', ['system:masters']);
  const controllerConfig = await userConfig('controller-manager', 'system:kube-controller-manager');
  const schedulerConfig = await userConfig('scheduler', 'system:kube-scheduler');
  await mkdir(file('etcd'), { mode: 0o700 });

  const etcd = `https://127.0.0.1:${etcdPort}`;
  processes.start('etcd', binaries.etcd, [
    '--name=test',
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=test=http://127.0.0.1:${peerPort}`,
    '--client-cert-auth',
    `--trusted-ca-file=${ca}`,
    `--cert-file=${file('server.crt')}`,
    `--key-file=${file('server.key')}`,
    // Nothing here outlives the run.
    '--unsafe-no-fsync',
  ]);
  processes.start('kube-apiserver', binaries['kube-apiserver'], [
    `--etcd-servers=${etcd}`,
    `--etcd-cafile=${ca}`,
    `--etcd-certfile=${file('etcd-client.crt')}`,
    `--etcd-keyfile=${file('etcd-client.key')}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    `--tls-cert-file=${file('server.crt')}`,
    `--tls-private-key-file=${file('server.key')}`,
    `--client-ca-file=${ca}`,
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    `--kubelet-certificate-authority=${ca}`,
    // A namespace may say which nodes its pods go to; see test/kubelet/kubelet.ts.
    '--enable-admission-plugins=PodNodeSelector,PodTolerationRestriction',
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('service-account.pub')}`,
    `--service-account-signing-key-file=${file('service-account.key')}`,
    '--allow-privileged=true',
    `--audit-policy-file=${auditPolicy}`,
    `--audit-log-path=${file('audit.log')}`,
    // Older servers would otherwise wait for a loopback lease on the default endpoint.
    '--endpoint-reconciler-type=none',
    ...(isOld(binaries.version) ? ['--insecure-port=0'] : []),
  ]);
  const controllerArgs = [
    `--kubeconfig=${controllerConfig}`,
    ...noServing(binaries.version),
    ...NO_THROTTLE,
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${file('service-account.key')}`,
    `--root-ca-file=${ca}`,
    // The autoscaler acts within seconds instead of fifteen.
    '--horizontal-pod-autoscaler-sync-period=1s',
  ];
  const schedulerArgs = [
    `--kubeconfig=${schedulerConfig}`,
    ...noServing(binaries.version),
    ...NO_THROTTLE,
    '--leader-elect=false',
  ];

  const kubectl = createKubectl(binaries.kubectl, admin, folder);
  // In this process: a kubectl for each look takes the processor from the server that is waited for.
  const agent = new Agent({ keepAlive: true, ca: authority.certificate, cert: adminPair.certificate, key: adminPair.key });
  const ready = async (what: string, path: string, isReady: (body: string) => boolean): Promise<void> => {
    const deadline = Date.now() + readyTimeoutMs;
    for (;;) {
      signal.throwIfAborted();
      processes.check();
      const { status, body } = await read(`${server}${path}`, agent);
      if (status === 200 && isReady(body)) return;
      if (Date.now() > deadline)
        throw new Error(
          `${what} was not ready after ${readyTimeoutMs / 1000} s: ${status} ${body.slice(-500)}\nThe ends of the logs:\n${processes.logs()}`,
        );
      await sleep(POLL_MS);
    }
  };
  try {
    // The controllers load while the server finishes; what they may do must be known by then.
    await ready('RBAC', '/readyz/poststarthook/rbac/bootstrap-roles', () => true);
    processes.start('kube-controller-manager', binaries['kube-controller-manager'], controllerArgs);
    processes.start('kube-scheduler', binaries['kube-scheduler'], schedulerArgs);
    // Without its lease the node counts as lost after 40 s, and every pod on it as not ready for good.
    const leases = '--node-lease-duration-seconds=40';
    processes.start('kwok', binaries.kwok, [
      `--kubeconfig=${kwokConfig}`,
      `--manage-nodes-with-label-selector=!${PROCESS_NODE_LABEL}`,
      '--manage-all-nodes=false',
      leases,
      `--config=${KWOK_STAGES}`,
    ]);
    await ready('kube-apiserver', '/readyz', () => true);
    // Unvalidated: kubectl of 1.24 would fetch the whole schema first, which takes a second.
    await kubectl(['create', '--validate=false', '-f', '-'], JSON.stringify(FAKE_NODE));
    await ready('the fake node', '/api/v1/nodes/node-1', isNodeReady);
    await ready('the default service account', '/api/v1/namespaces/default/serviceaccounts/default', () => true);
  } finally {
    agent.destroy();
  }

  const stop = async (): Promise<void> => {
    await processes[Symbol.asyncDispose]();
  };
  return {
    version: binaries.version,
    server,
    kubeconfig: admin,
    auditLog: file('audit.log'),
    kubectlPath: binaries.kubectl,
    kubectl,
    authority: ca,
    issue: async (name, commonName, groups) => {
      const config = await userConfig(name, commonName, groups);
      return { certificate: file(`${name}.crt`), key: file(`${name}.key`), kubeconfig: config };
    },
    kubeconfigForToken: (name, token) => write(`${name}.kubeconfig`, kubeconfig(server, authority.certificate, { token })),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Status 0 where the server does not answer (yet). */
function read(url: string, agent: Agent): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve({ status: 0, body: error.message });
    const request = get(url, { agent, timeout: 5_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body })).on('error', failed);
    });
    request.on('error', failed).on('timeout', () => request.destroy(new Error('no answer in 5 s')));
  });
}

function isNodeReady(body: string): boolean {
  // A Node as the API gives it.
  const node = JSON.parse(body) as { readonly status: { readonly conditions?: readonly { type: string; status: string }[] } };
  return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

const NODE_RESOURCES = { cpu: '1000', memory: '1Ti', pods: '10000' };
/** A node that kwok plays: large enough for every test. */
const FAKE_NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'node-1',
    labels: { 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
  },
  status: { capacity: NODE_RESOURCES, allocatable: NODE_RESOURCES },
};

function createKubectl(program: string, config: string, home: string): ControlPlane['kubectl'] {
  return (args, input, environment = {}) =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: config, ...environment };
      const child = execFile(program, [...args], { env, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`));
        else resolve({ stdout, stderr });
      });
      // A command that reads nothing may have ended before this is written; the promise has the way it ended.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? '');
    });
}

async function useGivenCluster(config: string): Promise<ControlPlane> {
  if (config === '')
    throw new Error('DRIFT_TEST_CLUSTER=kubeconfig needs KUBECONFIG to name the kubeconfig of the cluster to use.');
  const kubectl = createKubectl('kubectl', config, process.env['HOME'] ?? '/');
  const { stdout } = await kubectl(['version', '-o', 'json']);
  // The shape of `kubectl version -o json`.
  const { serverVersion } = JSON.parse(stdout) as { readonly serverVersion: { readonly gitVersion: string } };
  const server = (await kubectl(['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'])).stdout;
  return {
    version: serverVersion.gitVersion.replace(/^v/u, ''),
    server,
    kubeconfig: config,
    auditLog: '',
    kubectlPath: 'kubectl',
    kubectl,
    authority: '',
    issue: () => Promise.reject(new Error('a given cluster has no authority of ours')),
    kubeconfigForToken: () => Promise.reject(new Error('a given cluster has no authority of ours')),
    stop: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Ports that were free a moment ago, all different: each is held until the last is known. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
