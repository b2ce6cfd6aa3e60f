import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import { makeFolder } from '../clients/files/make-folder.ts';
import { listen } from '../clients/http/listen.ts';
import { type Account, ROLES } from './accounts.ts';
import type { Hub } from './context.ts';
import type { QueuedOperation } from './entities/queued-operation.ts';
import { generationRules, type HubGeneration } from './generation.ts';
import { hubApp } from './routes/app.ts';
import { allowedHosts } from './routes/origin.ts';
import { Database } from './storage/database.ts';
import { privateDatabase } from './storage/private-files.ts';
import { openStore } from './storage/store.ts';
import { type KeptToken, keptToken } from './storage/token-files.ts';
import type { ClusterFor } from './worker/cluster.ts';
import { startWorker } from './worker/worker.ts';

export interface HubOptions {
  /** A directory, made where it is missing, or `:memory:` for a hub that forgets everything when it stops. */
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback where absent. */
  readonly host?: string;
  /** Hosts by which it is reached besides loopback and `host`, as clients send them: `hub.example`, `hub.example:8090`. */
  readonly allowedHosts?: readonly string[];
  /** For a role that none of them has, an account is added whose token is kept in the data directory; nothing is kept in `:memory:`. */
  readonly accounts?: readonly Account[];
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
  /** Of the accounts whose tokens are kept in the data directory. */
  readonly keptTokens: readonly KeptToken[];
  close(): Promise<void>;
}

/** A `where` that names some thousand units is in the address, which counts as a header. */
const MAX_ADDRESS_BYTES = 256 * 1024;

/** Longer than clients keep a connection: one that ends just as a write is sent leaves its client not knowing whether it was done. */
const KEEP_ALIVE_MS = 75_000;

/** Starts the embedded ConfigHub; resolves when it listens. */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const { log, host = '127.0.0.1', clock = () => new Date() } = options;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await openDatabase(options.dataDir));
  // After the database, which no two hubs have open at once: neither makes a token over the other's.
  const { accounts, kept } = await readAccounts(options);
  // The worker needs the hub to write, and the hub needs the worker for queued operations.
  let enqueue: (operations: readonly QueuedOperation[]) => void = () => {};
  const hub: Hub = {
    store: openStore(database, generationRules(options.apiGeneration ?? 'all')),
    now: () => clock().toISOString(),
    newId: randomUUID,
    enqueue: (operations) => enqueue(operations),
  };
  const worker = startWorker(hub, options.clusterFor ?? noCluster, log);
  enqueue = worker.enqueue;
  opened.defer(() => worker.stop());

  let hosts: ReadonlySet<string> = new Set();
  const server = createAdaptorServer({
    fetch: hubApp(hub, { accounts, hosts: () => hosts, log }).fetch,
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
    await running.disposeAsync();
  };
  const onAbort = (): void => {
    close().catch((error: unknown) => log.error({ err: error }, 'the hub did not stop cleanly'));
  };
  options.signal?.throwIfAborted();
  // createAdaptorServer makes a node:http server by default.
  const { port, url } = await listen(server as Server, options.port, host);
  const running = opened.move();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  hosts = allowedHosts(host, port, options.allowedHosts ?? []);
  log.info({ event: 'hub-listening', url, dataDir: options.dataDir }, `embedded ConfigHub listens on ${url}`);
  return { url, keptTokens: kept, close, [Symbol.asyncDispose]: close };
}

async function openDatabase(dataDir: string): Promise<Database> {
  if (dataDir === ':memory:') return new Database(dataDir);
  await makeFolder(dataDir);
  const file = privateDatabase(dataDir);
  try {
    return new Database(file);
  } catch (error) {
    throw new Error(`cannot open the hub's data in ${dataDir}; is another hub running on it?`, { cause: error });
  }
}

/** The accounts that were given, and one for each other role. Throws for a token that no request could carry. */
async function readAccounts({
  dataDir,
  accounts: given = [],
  signal = new AbortController().signal,
}: HubOptions): Promise<{ readonly accounts: readonly Account[]; readonly kept: readonly KeptToken[] }> {
  const kept: KeptToken[] = [];
  const missing = dataDir === ':memory:' ? [] : ROLES.filter((name) => !given.some((account) => account.role === name));
  for (const role of missing) kept.push(await keptToken(dataDir, role, signal));
  const accounts = [...given, ...kept.map(({ role, token }) => ({ name: role, role, token: token.reveal() }))];
  const unusable = accounts.find(({ token }) => !/^[\x21-\x7e]+$/u.test(token));
  if (unusable) throw new Error(`the token of ${unusable.name} must be one line of visible ASCII characters`);
  return { accounts, kept };
}

async function noCluster(): Promise<never> {
  throw new Error('this hub was started without access to a cluster');
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
