import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Byte for byte, as a signature is checked against it. */
  readonly body: string;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly Received[];
}

/** A server on this machine that takes webhooks; `answers` are its statuses, the last one for all that follow. */
export async function startReceiver(
  answers: readonly number[] = [204],
  more: {
    readonly tls?: { readonly key: string; readonly cert: string };
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Receiver> {
  const requests: Received[] = [];
  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const status = answers[Math.min(requests.length, answers.length - 1)] ?? 204;
      requests.push({
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      response.writeHead(status, { ...more.headers });
      response.end();
    });
  };
  const server: Server = more.tls ? createSecureServer(more.tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    url: `${more.tls ? 'https://localhost' : 'http://127.0.0.1'}:${address.port}/hooks/path-canary`,
    port: address.port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
