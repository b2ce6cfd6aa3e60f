import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

/** One request that came to the gate, in the order of arrival. */
export interface Passage {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Of the answer; 0 while there is none. */
  status: number;
}

export type Matches = (request: Pick<Passage, 'method' | 'path'>) => boolean;

/** A request that waits at the gate: nothing of it has reached the server. */
export interface Held {
  readonly path: string;
  release(): void;
}

/** A proxy before a server, which tells what went through and lets a test hold or refuse what it names. */
export interface Gate extends AsyncDisposable {
  readonly url: string;
  readonly passages: readonly Passage[];
  /** Resolves when the next request that matches has arrived; it waits there for its release. */
  hold(matches: Matches): Promise<Held>;
  /** Answers requests that match in the server's place, until it is disposed of. */
  refuse(matches: Matches, status: number, body: string): Disposable;
}

/** `authority`: the certificate, in PEM, that a server behind https is known by. */
export async function startGate(target: string, authority = ''): Promise<Gate> {
  const passages: Passage[] = [];
  const waiting: { readonly matches: Matches; readonly arrived: (held: Held) => void }[] = [];
  const refusals = new Set<{ readonly matches: Matches; readonly status: number; readonly body: string }>();
  const agent = target.startsWith('https:')
    ? new https.Agent({ keepAlive: true, ca: authority })
    : new http.Agent({ keepAlive: true });

  async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const passage: Passage = { method: request.method ?? '', path: request.url ?? '', status: 0 };
    passages.push(passage);
    const refusal = [...refusals].find(({ matches }) => matches(passage));
    if (refusal) {
      passage.status = refusal.status;
      response.writeHead(refusal.status, { 'content-type': 'application/json' }).end(refusal.body);
      return;
    }
    const index = waiting.findIndex(({ matches }) => matches(passage));
    const [held] = index < 0 ? [] : waiting.splice(index, 1);
    if (held) await new Promise<void>((release) => held.arrived({ path: passage.path, release }));
    // Whoever gave up meanwhile wants nothing done any more.
    if (response.destroyed) return;
    const onward = (target.startsWith('https:') ? https : http).request(
      `${target}${passage.path}`,
      { method: passage.method, headers: { ...request.headers, host: new URL(target).host }, agent },
      (answer) => {
        passage.status = answer.statusCode ?? 0;
        response.writeHead(passage.status, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  const server = http.createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
    pass(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    passages,
    hold: (matches) => new Promise((arrived) => waiting.push({ matches, arrived })),
    refuse(matches, status, body) {
      const refusal = { matches, status, body };
      refusals.add(refusal);
      return { [Symbol.dispose]: () => refusals.delete(refusal) };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
