import { spawn } from 'node:child_process';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from '../control-plane/certificates.ts';
import { ENVIRONMENT } from './repositories.ts';

/** What goes wrong with one request. */
export type Fault =
  | { readonly status: number; readonly text?: string; readonly location?: string }
  /** The connection ends before anything is done. */
  | 'cut'
  /** Everything is done, and the connection ends before the answer. */
  | 'lose-answer'
  /** Nothing is ever answered. */
  | 'stall';

export interface GitRequest {
  /** `fetch` or `push`, in either of the two requests that Git makes for it. */
  readonly service: 'fetch' | 'push';
  /** Whether it is the one that moves data, rather than the one that lists branches. */
  readonly isTransfer: boolean;
  /** With the query. */
  readonly path: string;
  /** Value of the header, as it came. */
  readonly authorization: string | undefined;
}

export interface GitHttpOptions {
  /** The folder whose repositories are served. */
  readonly folder: string;
  /** The password of every user; none asked for without it. */
  readonly token?: string;
  readonly tls?: KeyPair;
  /** Sends on what is asked below the first path to the second, before any password. */
  readonly moved?: { readonly from: string; readonly to: string };
  /** Asked for every request that has the right password. */
  readonly fault?: (request: GitRequest) => Fault | undefined | Promise<Fault | undefined>;
}

export interface GitHttpServer extends AsyncDisposable {
  readonly url: string;
  /** Every request so far, also those that were turned away. */
  readonly requests: readonly GitRequest[];
}

/** A Git host: git-http-backend(1) behind Node's server, which checks the password as hosts do. */
export async function startGitHttp(options: GitHttpOptions): Promise<GitHttpServer> {
  const requests: GitRequest[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://host');
    const of = {
      service:
        url.searchParams.get('service') === 'git-receive-pack' || url.pathname.endsWith('git-receive-pack') ? 'push' : 'fetch',
      isTransfer: request.method === 'POST',
      path: request.url ?? '/',
      authorization: request.headers.authorization,
    } as const;
    requests.push(of);
    if (options.moved && of.path.startsWith(options.moved.from)) {
      response.writeHead(301, { location: of.path.replace(options.moved.from, options.moved.to) }).end();
      return;
    }
    if (options.token !== undefined && passwordOf(of.authorization) !== options.token) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="Git"' }).end();
      return;
    }
    const fault = await options.fault?.(of);
    if (fault === 'stall') return;
    if (fault === 'cut') request.socket.destroy();
    else if (typeof fault === 'object') {
      const { status, location } = fault;
      response
        .writeHead(status, { 'content-type': 'text/plain', ...(location === undefined ? {} : { location }) })
        .end(fault.text ?? '');
    } else runBackend(options.folder, url, request, response, fault === 'lose-answer');
  };
  const server = options.tls
    ? createTlsServer({ cert: options.tls.certificate, key: options.tls.key }, (...given) => void handle(...given))
    : createPlainServer((...given) => void handle(...given));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is never a path.
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function passwordOf(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic (.+)$/u.exec(authorization ?? '') ?? [];
  return (
    encoded &&
    Buffer.from(encoded, 'base64')
      .toString()
      .replace(/^[^:]*:/u, '')
  );
}

/** Runs git-http-backend as CGI (RFC 3875). */
function runBackend(folder: string, url: URL, request: IncomingMessage, response: ServerResponse, isLost: boolean): void {
  const child = spawn('git', ['http-backend'], {
    env: {
      ...ENVIRONMENT,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'pusher',
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    if (isLost) {
      request.socket.destroy();
      return;
    }
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of answer.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/su);
      if (name.toLowerCase() === 'status') status = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.writeHead(status).end(answer.subarray(end + 4));
  });
}
