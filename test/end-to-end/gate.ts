import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';

/** One request that came to the gate, in the order of arrival. */
export interface Passage {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string;
  /** Of the answer; 0 while there is none. */
  status: number;
}

export type Matches = (request: Pick<Passage, 'method' | 'path' | 'body'>) => boolean;

/** What the server says, as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers a request, or does not. `ask` passes it on; before that nothing of it has reached the server. */
export type Act = (response: http.ServerResponse, ask: () => Promise<Answer>) => unknown;

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
  /** Leaves requests that match to `act`, until it is disposed of. */
  disturb(matches: Matches, act: Act): Disposable;
}

/** `authority`: the certificate, in PEM, that a server behind https is known by. */
export async function startGate(target: string, authority = ''): Promise<Gate> {
  const passages: Passage[] = [];
  const waiting: { readonly matches: Matches; readonly arrived: (held: Held) => void }[] = [];
  const disturbances = new Set<{ readonly matches: Matches; readonly act: Act }>();
  const agent = target.startsWith('https:')
    ? new https.Agent({ keepAlive: true, ca: authority })
    : new http.Agent({ keepAlive: true });

  async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const sent = await buffer(request);
    const passage: Passage = { method: request.method ?? '', path: request.url ?? '', body: sent.toString(), status: 0 };
    passages.push(passage);
    const ask = async (): Promise<Answer> => {
      const onward = (target.startsWith('https:') ? https : http).request(`${target}${passage.path}`, {
        method: passage.method,
        headers: { ...request.headers, host: new URL(target).host },
        agent,
      });
      response.on('close', () => onward.destroy());
      onward.end(sent);
      const [answer]: http.IncomingMessage[] = await once(onward, 'response');
      if (answer === undefined) throw new Error('no answer');
      passage.status = answer.statusCode ?? 0;
      return { status: passage.status, headers: answer.headers, body: await buffer(answer) };
    };
    const disturbance = [...disturbances].find(({ matches }) => matches(passage));
    if (disturbance) {
      await disturbance.act(response, ask);
      return;
    }
    const index = waiting.findIndex(({ matches }) => matches(passage));
    const [held] = index < 0 ? [] : waiting.splice(index, 1);
    if (held) await new Promise<void>((release) => held.arrived({ path: passage.path, release }));
    // Whoever gave up meanwhile wants nothing done any more.
    if (response.destroyed) return;
    const { status, headers, body } = await ask();
    response.writeHead(status, headers).end(body);
  }

  const server = http.createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
    // Either side may go away in the middle.
    pass(request, response).catch(() => response.destroy());
  });
  const disturb: Gate['disturb'] = (matches, act) => {
    const disturbance = { matches, act };
    disturbances.add(disturbance);
    return { [Symbol.dispose]: () => disturbances.delete(disturbance) };
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    passages,
    hold: (matches) => new Promise((arrived) => waiting.push({ matches, arrived })),
    disturb,
    refuse: (matches, status, body) =>
      disturb(matches, (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
