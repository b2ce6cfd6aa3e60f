import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What a real API server can hardly be made to do on purpose: expire a list, be busy, drop a connection. */
export interface FakeApiServer extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly url: string;
  /** Path and query of each request. */
  readonly requests: readonly string[];
  /** Sockets that were opened. */
  connections(): number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly isGzip?: boolean;
}

export async function startFakeApiServer(
  answer: (url: URL, request: IncomingMessage, response: ServerResponse) => Answer | undefined,
  /** What the kubeconfig names behind the host, such as `/clusters/a`. */
  { prefix = '' } = {},
): Promise<FakeApiServer> {
  const requests: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const given = answer(new URL(request.url ?? '/', 'http://fake'), request, response);
    if (!given) return;
    const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body);
    const headers = {
      'content-type': 'application/json',
      ...(given.isGzip ? { 'content-encoding': 'gzip' } : {}),
      ...given.headers,
    };
    response.writeHead(given.status ?? 200, headers);
    response.end(given.isGzip ? gzipSync(text) : text);
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const folder = await mkdtemp(join(tmpdir(), 'drift-fake-api-'));
  const kubeconfig = join(folder, 'config');
  const cluster = { server: `http://127.0.0.1:${port}${prefix}`, 'insecure-skip-tls-verify': true };
  const config = { clusters: [{ name: 'a', cluster }], users: [{ name: 'a', user: { token: 'token-with-newline\n' } }] };
  const contexts = [{ name: 'a', context: { cluster: 'a', user: 'a' } }];
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config, contexts, 'current-context': 'a' }));
  return {
    kubeconfig,
    url: cluster.server,
    requests,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The API server's own "not found". */
export const NOT_FOUND: Answer = {
  status: 404,
  body: { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 },
};

/** A page of a list; `token` names the next one. */
export function listPage(apiVersion: string, kind: string, items: readonly object[], token = ''): Answer {
  return { body: { apiVersion, kind: `${kind}List`, metadata: { continue: token }, items } };
}

/** What a group version serves: plural, kind and whether it belongs to a namespace. */
export function served(groupVersion: string, ...kinds: readonly (readonly [string, string, boolean])[]): Answer {
  const resources = kinds.map(([name, kind, namespaced]) => ({ name, kind, namespaced }));
  return { body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources } };
}
