import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from './certificates.ts';
import type { ControlPlane } from './control-plane.ts';

/** What one pod uses, as metrics-server tells it. */
export interface MeasuredPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By container: quantities such as `12345678n` and `30Ki`. */
  readonly containers: Readonly<Record<string, { readonly cpu: string; readonly memory: string }>>;
}

export interface MetricsApi extends AsyncDisposable {
  /** Paths of the lists that were asked for. */
  readonly lists: readonly string[];
}

const HOME = 'kube-system';
const NAME = 'metrics-server';
const GROUP_VERSION = 'metrics.k8s.io/v1beta1';
const API_SERVICE = 'v1beta1.metrics.k8s.io';
const DEADLINE_MS = 30_000;

/**
 * Serves metrics.k8s.io, with 500 where `podsIn` throws, behind the real API server, which checks the certificate and hands requests on as it does for
 * metrics-server. Its Service is a name for this machine.
 */
export async function startMetricsApi(
  plane: ControlPlane,
  podsIn: (namespace: string) => readonly MeasuredPod[],
): Promise<MetricsApi> {
  const authority = await createAuthority();
  const { certificate: cert, key } = await authority.issue({ commonName: NAME, hosts: [`${NAME}.${HOME}.svc`] });
  const lists: string[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://server');
    if (pathname.endsWith('/pods')) lists.push(pathname);
    let body: object | undefined;
    try {
      body = answerTo(pathname, podsIn);
    } catch {
      response.writeHead(500).end('broken');
      return;
    }
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  // A TCP server's address is never a path.
  const { port } = server.address() as AddressInfo;
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: HOME },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  };
  const apiService = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: API_SERVICE },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { name: NAME, namespace: HOME, port },
      caBundle: Buffer.from(authority.certificate).toString('base64'),
    },
  };
  const list = { apiVersion: 'v1', kind: 'List', items: [service, apiService] };
  await plane.kubectl(['apply', '-f', '-'], JSON.stringify(list));
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isServed(plane))) {
    if (Date.now() > deadline) throw new Error(`${API_SERVICE} was not available within ${DEADLINE_MS / 1000} s`);
    await sleep(50);
  }
  return {
    lists,
    async [Symbol.asyncDispose]() {
      await plane.kubectl(['delete', 'apiservice', API_SERVICE, '--ignore-not-found']);
      await plane.kubectl(['delete', 'service', NAME, '-n', HOME, '--ignore-not-found']);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Through the API server, which answers 503 until it has found the service available. */
async function isServed(plane: ControlPlane): Promise<boolean> {
  return plane.kubectl(['get', '--raw', `/apis/${GROUP_VERSION}`]).then(
    () => true,
    () => false,
  );
}

function answerTo(path: string, podsIn: (namespace: string) => readonly MeasuredPod[]): object | undefined {
  if (path === `/apis/${GROUP_VERSION}`) {
    const pods = { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] };
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: GROUP_VERSION, resources: [pods] };
  }
  const [, namespace] = new RegExp(`^/apis/${GROUP_VERSION}/namespaces/([^/]+)/pods$`, 'u').exec(path) ?? [];
  if (namespace === undefined) return undefined;
  const items = podsIn(namespace).map(({ name, labels, containers }) => ({
    metadata: { name, namespace, labels, creationTimestamp: '2026-11-27T12:00:00Z' },
    timestamp: '2026-11-27T12:00:00Z',
    window: '15s',
    containers: Object.entries(containers).map(([container, usage]) => ({ name: container, usage })),
  }));
  return { kind: 'PodMetricsList', apiVersion: GROUP_VERSION, metadata: {}, items };
}
