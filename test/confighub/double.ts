import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ConfigHubClient, createConfigHubClient } from '../../src/clients/confighub/client.ts';
import { abilitiesOf } from '../../src/clients/confighub/generation.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { type ConfigHubTransport, connectConfigHub } from '../../src/clients/confighub/transport.ts';
import { Secret } from '../../src/domain/secret.ts';

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
export type Answer = (request: SeenRequest, response: ServerResponse) => void;

export interface HubDouble extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly transport: ConfigHubTransport;
  readonly client: ConfigHubClient;
}

/** A server that answers one request after the other by these answers, the last one for all that follow. */
export async function startHubDouble(...answers: readonly Answer[]): Promise<HubDouble> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '', 'http://hub');
      const request = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(request);
      answers[Math.min(requests.length, answers.length) - 1]?.(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double has no port');
  const url = `http://127.0.0.1:${address.port}`;
  const session = tokenSession(new Secret('token-canary'));
  const transport = connectConfigHub({ url, session, userAgent: 'drift-detector/test' });
  return {
    url,
    requests,
    transport,
    client: createConfigHubClient(transport, abilitiesOf('B')),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(value: unknown, status = 200): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-7' });
    response.end(JSON.stringify(value));
  };
}

/** An error as ConfigHub writes it. */
export function refuses(status: number, message: string): Answer {
  return json({ Code: String(status), Message: message }, status);
}

export function html(status: number): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<html><title>Sign in</title></html>');
  };
}
