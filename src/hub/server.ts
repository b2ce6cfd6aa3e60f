import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import type { Hub } from './context.ts';
import type { QueuedOperation } from './entities/queued-operation.ts';
import { generationRules, type HubGeneration } from './generation.ts';
import { hubApp } from './routes/app.ts';
import type { Access } from './routes/auth.ts';
import { Database } from './storage/database.ts';
import { openStore } from './storage/store.ts';
import type { ClusterFor } from './worker/cluster.ts';
import { startWorker } from './worker/worker.ts';

export interface HubOptions {
  /** A directory, made where it is missing, or `:memory:` for a hub that forgets everything when it stops. */
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback where absent. */
  readonly host?: string;
  /** Username to bearer token. Where absent, any token is good, and the hub listens on loopback only. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** The cluster of a target; where absent, every apply fails and says so. */
  readonly clusterFor?: ClusterFor;
  /** The API that it speaks; everything of all generations where absent. */
  readonly apiGeneration?: HubGeneration;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** Stops the hub. */
  readonly signal?: AbortSignal;
}

export interface RunningHub extends AsyncDisposable {
  /** `http://127.0.0.1:8080`, without a slash at the end: cub's CONFIGHUB_URL as it is. */
  readonly url: string;
  close(): Promise<void>;
}

/** A `where` that names some thousand units stands in the address, which counts as a header. */
const MAX_ADDRESS_BYTES = 256 * 1024;

/** Longer than clients keep a connection: one that ends just as a write is sent leaves its client not knowing whether it was done. */
const KEEP_ALIVE_MS = 75_000;

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** Starts the embedded ConfigHub; resolves when it listens. */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const { log, host = '127.0.0.1', clock = () => new Date() } = options;
  const access: Access = options.tokens ? { kind: 'tokens', tokens: options.tokens } : { kind: 'anyone' };
  if (access.kind === 'anyone' && !loopback.has(host)) {
    throw new Error(
      `a hub without tokens lets everybody in, so it does not listen on ${host}: give it tokens, or let it listen on 127.0.0.1`,
    );
  }
  if (Object.values(options.tokens ?? {}).some((token) => !/^\S+$/u.test(token)))
    throw new Error('a token that is empty or has spaces in it cannot be sent by anybody');
  const database = openDatabase(options.dataDir);
  // The worker needs the hub to write, the hub the worker to hand over what was queued.
  let enqueue: (operations: readonly QueuedOperation[]) => void = () => {};
  const hub: Hub = {
    store: openStore(database, generationRules(options.apiGeneration ?? 'all')),
    now: () => clock().toISOString(),
    newId: randomUUID,
    enqueue: (operations) => enqueue(operations),
  };
  const worker = startWorker(hub, options.clusterFor ?? noCluster, log);
  enqueue = worker.enqueue;

  const server = createAdaptorServer({
    fetch: hubApp(hub, access, log).fetch,
    hostname: host,
    serverOptions: { maxHeaderSize: MAX_ADDRESS_BYTES, keepAliveTimeout: KEEP_ALIVE_MS },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= stop();
    return closing;
  };
  const stop = async (): Promise<void> => {
    options.signal?.removeEventListener('abort', onAbort);
    await stopListening(server as Server);
    await worker.stop();
    database[Symbol.dispose]();
  };
  const onAbort = (): void => {
    close().catch((error: unknown) => log.error({ err: error }, 'the hub did not stop cleanly'));
  };
  try {
    options.signal?.throwIfAborted();
    // createAdaptorServer makes a node:http server unless told otherwise.
    await listen(server as Server, options.port, host);
  } catch (error) {
    await worker.stop();
    database[Symbol.dispose]();
    throw error;
  }
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  log.info({ event: 'hub-listening', url, dataDir: options.dataDir }, `embedded ConfigHub listens on ${url}`);
  return { url, close, [Symbol.asyncDispose]: close };
}

function openDatabase(dataDir: string): Database {
  if (dataDir === ':memory:') return new Database(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    return new Database(join(dataDir, 'hub.sqlite'));
  } catch (error) {
    throw new Error(`cannot open the hub's data in ${dataDir}; is another hub running on it?`, { cause: error });
  }
}

async function noCluster(): Promise<never> {
  throw new Error('this hub was started without access to a cluster');
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** How long answers that are being read may take when the hub stops. */
const LAST_ANSWERS_MS = 5_000;

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A client that reads slowly, or not at all, would hold the hub for as long as it likes.
    const end = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
    server.close(() => {
      clearTimeout(end);
      resolve();
    });
    // Keep-alive connections would hold the server open for as long as their clients like.
    server.closeIdleConnections();
  });
}
