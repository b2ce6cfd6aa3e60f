import { ClusterError } from '../../domain/errors.ts';
import { type JsonObject, stringAt } from '../../domain/json.ts';
import { isBusy } from '../http/busy.ts';
import { persistently } from '../http/persistently.ts';
import { AnswerTooLargeError } from '../http/read-body.ts';
import { badAnswer, pageOf, type ResourceKind } from './answers.ts';
import { collectionPath } from './paths.ts';
import { type KubernetesRequest, type KubernetesResponse, type KubernetesTransport, statusError } from './transport.ts';

/** The longest wait that a server may ask for with `Retry-After`. */
const LONGEST_WAIT_MS = 10_000;
/** Objects a page: 500 keeps a page near 2 MB and the first one arrives after 0.1 s (measured on 10,020 Deployments). */
const PAGE_SIZE = 500;
/** By how much fewer objects are asked for where a page is larger than any answer may be. */
const SHRINK = 8;
/** Half a million objects: a server that names ever more pages than that does not end its list. */
const MAX_PAGES = 1_000;
/** How often an expired LIST is started over before it counts as failed. */
const LIST_RESTARTS = 2;

class BusyError extends Error {
  readonly response: KubernetesResponse;
  constructor(response: KubernetesResponse) {
    super('the API server is busy');
    this.name = 'BusyError';
    this.response = response;
  }
}

/**
 * A read, or a question that changes nothing: repeated where the server is busy or the connection was lost. A status that
 * stays is an answer.
 */
export async function readPersistently(transport: KubernetesTransport, request: KubernetesRequest): Promise<KubernetesResponse> {
  const once = async (): Promise<KubernetesResponse> => {
    const response = await transport.request(request);
    if (isBusy(response.status)) throw new BusyError(response);
    return response;
  };
  try {
    return await persistently(once, {
      mayRepeat: (error) => error instanceof BusyError || (error instanceof ClusterError && error.code === 'unavailable'),
      askedWaitMs: (error) => (error instanceof BusyError ? retryAfterMs(error.response) : 0),
      signal: request.signal,
    });
  } catch (error) {
    if (error instanceof BusyError) return error.response;
    throw error;
  }
}

function retryAfterMs({ headers }: KubernetesResponse): number {
  const asked = Number(headers['retry-after']);
  return Number.isFinite(asked) ? Math.min(asked * 1000, LONGEST_WAIT_MS) : 0;
}

export interface ListOptions {
  /** Empty for all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly signal: AbortSignal;
}

export interface ListVisitor {
  readonly onPage: (items: readonly JsonObject[]) => void;
  /** Called before a list starts again: discard the objects visited so far. */
  readonly onRestart: () => void;
}

/** Visits all objects of a kind, each once; throws where the list does not come whole. */
export async function readList(
  transport: KubernetesTransport,
  kind: ResourceKind,
  options: ListOptions,
  { onPage, onRestart }: ListVisitor,
): Promise<void> {
  for (let restarts = 0; ; restarts++) {
    const isWhole = await readPages(transport, kind, options, onPage, restarts < LIST_RESTARTS);
    if (isWhole) return;
    onRestart();
  }
}

/** False for a list that expired half way where it may: the 410 carries a token that continues inconsistently. */
async function readPages(
  transport: KubernetesTransport,
  kind: ResourceKind,
  options: ListOptions,
  onPage: ListVisitor['onPage'],
  mayExpire: boolean,
): Promise<boolean> {
  const { namespace = '', labelSelector = '', signal } = options;
  const doing = `list ${kind.plural}${namespace === '' ? '' : ` in namespace ${namespace}`}`;
  const visited = new Set<string>();
  const tokens = new Set<string>();
  let limit = PAGE_SIZE;
  for (let token = ''; tokens.size < MAX_PAGES; ) {
    const query = new URLSearchParams({ limit: String(limit) });
    if (labelSelector !== '') query.set('labelSelector', labelSelector);
    if (token !== '') query.set('continue', token);
    const path = `${collectionPath(kind, namespace)}?${query}`;
    let response: KubernetesResponse;
    try {
      response = await readPersistently(transport, { method: 'GET', path, signal });
    } catch (error) {
      const isTooLarge = error instanceof ClusterError && error.cause instanceof AnswerTooLargeError;
      if (!isTooLarge || limit === 1) throw error;
      limit = Math.ceil(limit / SHRINK);
      continue;
    }
    if (response.status === 410 && token !== '' && mayExpire) return false;
    if (response.status !== 200) throw statusError(response, doing, path);
    const { items, next } = pageOf(response.body, kind, namespace, doing, path);
    onPage(items.filter((item) => isNew(item, visited)));
    if (next === '') return true;
    if (tokens.has(next)) throw badAnswer(doing, path, 'the server names the same page of the list again and again');
    tokens.add(next);
    token = next;
  }
  throw badAnswer(doing, collectionPath(kind, namespace), `the list does not end after ${MAX_PAGES} pages`);
}

/** A page may overlap the one before. */
function isNew(item: JsonObject, visited: Set<string>): boolean {
  const before = visited.size;
  visited.add(`${stringAt(item, 'metadata', 'namespace') ?? ''}/${stringAt(item, 'metadata', 'name') ?? ''}`);
  return visited.size > before;
}
