import * as z from 'zod';
import { ConfigHubError, messageOf } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { type Json, stringAt } from '../../domain/json.ts';
import { isBusy } from '../http/busy.ts';
import { persistently } from '../http/persistently.ts';
import { AnswerTooLargeError, readBody } from '../http/read-body.ts';
import type { Session } from './session.ts';

/** Deadline of one request, in milliseconds; listing 10,000 units with their data takes a few seconds. */
const REQUEST_TIMEOUT_MS = 60_000;
/** The longest wait that a server may ask for with `Retry-After`; a longer one is left to the next pass. */
const LONGEST_WAIT_MS = 60_000;
/** Names the next page of a list (API of late 2026; harmless before). */
const CONTINUE_HEADER = 'confighub-continue';
/** Of 500 elements each where a page size is asked for: a server that names ever more pages does not end its list. */
const MAX_PAGES = 1_000;

/** Keeps a byte order mark, which is a part of configuration like any other character. */
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

export interface ConfigHubConnection {
  /** `scheme://host[:port]`, without `/api`. */
  readonly url: string;
  readonly session: Session;
  readonly userAgent: string;
}

export type Query = Readonly<Record<string, string | undefined>>;

interface HubRead {
  /** Below `/api`. */
  readonly path: string;
  readonly query?: Query;
  /** What it is about, as people name it, such as `unit dev/web`; an error says it. */
  readonly about?: string | undefined;
}

interface HubWrite extends HubRead {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A JSON body; `null` is one too. */
  readonly body?: unknown;
  /** A body of bytes instead, sent only while the data has the hash that `ifMatch` names. */
  readonly text?: { readonly value: string; readonly ifMatch: string };
}

/**
 * Requests below `/api`, answers parsed; every failure is a `ConfigHubError` that names what was asked, and so is an answer of
 * another shape, or one larger than `MAX_ANSWER_BYTES` (its cause is an `AnswerTooLargeError`).
 */
export interface ConfigHubTransport {
  readonly url: string;
  /** Repeated when the server is busy or was not reached. */
  get<S extends z.ZodType>(request: HubRead, schema: S, signal: AbortSignal): Promise<z.output<S>>;
  /** Every element of a list, page by page where the server gives pages. */
  list<S extends z.ZodType>(request: HubRead, element: S, signal: AbortSignal): Promise<z.output<S>[]>;
  /** A body that is not JSON, such as the data of a revision. */
  text(request: HubRead, signal: AbortSignal): Promise<string>;
  /** Repeated only after 429 with `Retry-After`, which says that nothing was done; any other failed write may have happened. */
  send<S extends z.ZodType>(request: HubWrite, schema: S, signal: AbortSignal): Promise<z.output<S>>;
}

/** Either of them, as it goes over the wire. */
type HubRequest = HubWrite | (HubRead & { readonly method: 'GET'; readonly body?: undefined; readonly text?: undefined });

interface Answer {
  readonly text: string;
  readonly contentType: string;
  /** What was asked, with the server's name for the request. */
  readonly subject: string;
  readonly next: string | undefined;
}

export function connectConfigHub(connection: ConfigHubConnection): ConfigHubTransport {
  const { session } = connection;

  async function once(request: HubRequest, signal: AbortSignal): Promise<Answer> {
    const token = await session.token(signal);
    const url = new URL(`${connection.url}/api${request.path}`);
    for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) url.searchParams.set(name, value);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: request.method,
        // The token would travel to whatever host a redirect names.
        redirect: 'manual',
        headers: { authorization: `Bearer ${token.reveal()}`, 'user-agent': connection.userAgent, ...bodyHeaders(request) },
        ...bodyOf(request),
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      });
      // Within the same try: the connection may also end in the middle of the answer.
      text = UTF8.decode(await readBody(response.body ?? []));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof AnswerTooLargeError)
        throw badAnswer(`is ${error.message}`, subjectOf(connection.url, request, null), error);
      throw unreached(connection.url, error);
    }
    const { status, headers } = response;
    const subject = subjectOf(connection.url, request, headers.get('x-request-id'));
    // Some of a bulk write may succeed.
    const isAnswer = status === 200 || (status === 207 && request.method !== 'GET');
    if (!isAnswer) throw refused(response, text, subject);
    return { text, contentType: headers.get('content-type') ?? '', subject, next: headers.get(CONTINUE_HEADER) ?? undefined };
  }

  /** The same request with a new token, where the old one has run out: a refused login has done nothing. */
  async function loggedIn(request: HubRequest, signal: AbortSignal): Promise<Answer> {
    try {
      return await once(request, signal);
    } catch (error) {
      if (!(error instanceof ConfigHubError) || error.status !== 401 || !session.renew()) throw error;
      return once(request, signal);
    }
  }

  function ask(request: HubRequest, signal: AbortSignal): Promise<Answer> {
    return persistently(() => loggedIn(request, signal), {
      mayRepeat: (error) => mayRepeat(request.method, error),
      askedWaitMs: (error) => (error instanceof RefusedForNow ? error.waitMs : 0),
      signal,
    });
  }

  function parse<S extends z.ZodType>(schema: S, { text, subject }: Pick<Answer, 'text' | 'subject'>): z.output<S> {
    let value: unknown;
    try {
      value = text === '' ? null : JSON.parse(text);
    } catch (error) {
      throw badAnswer(`is not JSON: ${messageOf(error)}`, subject, error);
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const where = foreignText(`${issue?.path.join('.')}: ${issue?.message}`);
    throw badAnswer(`has another shape than expected: ${where}`, subject);
  }

  return {
    url: connection.url,
    async get(request, schema, signal) {
      return parse(schema, await ask({ ...request, method: 'GET' }, signal));
    },
    async list(request, element, signal) {
      const all: z.output<typeof element>[] = [];
      const tokens = new Set<string>();
      for (let next: string | undefined; tokens.size < MAX_PAGES; ) {
        const asked = { ...request, method: 'GET', query: { ...request.query, continue: next } } as const;
        const answer = await ask(asked, signal);
        for (const entry of parse(z.array(element), answer)) all.push(entry);
        next = answer.next;
        if (next === undefined || next === '') return all;
        if (tokens.has(next)) throw badAnswer('names the same page of a list again and again', answer.subject);
        tokens.add(next);
      }
      throw badAnswer(`does not end after ${MAX_PAGES} pages`, subjectOf(connection.url, { ...request, method: 'GET' }, null));
    },
    async text(request, signal) {
      const { text, contentType, subject } = await ask({ ...request, method: 'GET' }, signal);
      if (contentType.includes('html')) throw badAnswer('is a page of HTML', subject);
      return text;
    },
    async send(request, schema, signal) {
      return parse(schema, await ask(request, signal));
    },
  };
}

/** What was asked for did not come, though the server says that it did. */
export function badAnswer(found: string, subject: string, cause?: unknown): ConfigHubError {
  return new ConfigHubError(`ConfigHub's answer ${found}`, {
    code: 'bad-answer',
    subject,
    remedy: 'Check that CONFIGHUB_URL is a ConfigHub server and not a page in front of it; if so, report this message as a bug.',
    cause,
  });
}

/** Whether a list, or what else was asked for, is larger than any answer may be. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof ConfigHubError && error.cause instanceof AnswerTooLargeError;
}

function bodyHeaders(request: HubRequest): Record<string, string> {
  if (request.text) {
    const { ifMatch } = request.text;
    return { 'content-type': 'application/octet-stream', ...(ifMatch === '' ? {} : { 'if-match': `"${ifMatch}"` }) };
  }
  const accept = { accept: 'application/json' };
  if (request.body === undefined) return accept;
  // Bulk creates are merge patches for the new entities (reference: `POST /unit`).
  const isPatch = request.method === 'PATCH' || (request.method === 'POST' && request.path === '/unit');
  return { ...accept, 'content-type': isPatch ? 'application/merge-patch+json' : 'application/json' };
}

function bodyOf(request: HubRequest): { readonly body?: string } {
  if (request.text) return { body: request.text.value };
  return request.body === undefined ? {} : { body: JSON.stringify(request.body) };
}

function subjectOf(url: string, request: HubRequest, requestId: string | null): string {
  const address = `${request.method} ${url}/api${request.path}`;
  const asked = request.about === undefined ? address : `${request.about}: ${address}`;
  return requestId ? `${asked} (request ${foreignText(requestId, 100)})` : asked;
}

/** A refusal that the server itself says is one for now. */
class RefusedForNow extends ConfigHubError {
  readonly waitMs: number;
  constructor(message: string, detail: ConstructorParameters<typeof ConfigHubError>[1], waitMs: number) {
    super(message, detail);
    this.waitMs = waitMs;
  }
}

function mayRepeat(method: string, error: unknown): boolean {
  if (!(error instanceof ConfigHubError) || error.code !== 'unavailable') return false;
  if (error instanceof RefusedForNow && error.waitMs > LONGEST_WAIT_MS) return false;
  // A 429 with a time to wait was turned away before anything was done (RFC 6585); no other failed write is known not to have happened.
  return method === 'GET' || (error instanceof RefusedForNow && error.status === 429);
}

function unreached(url: string, error: unknown): ConfigHubError {
  const { cause } = error instanceof Error ? error : {};
  const reason = messageOf(cause instanceof Error && cause.message !== '' ? cause : (cause ?? error));
  return new ConfigHubError(`no answer from ConfigHub: ${reason}`, {
    code: 'unavailable',
    subject: url,
    remedy: 'Check CONFIGHUB_URL and the network, then run the pass again.',
    cause: error,
  });
}

function refused(response: Response, text: string, subject: string): ConfigHubError {
  let body: Json = null;
  try {
    body = JSON.parse(text) as Json;
  } catch {
    // An error page of a proxy; the status says enough.
  }
  const message = foreignText(stringAt(body, 'Message') || httpStatus(response.status));
  const { code, remedy } = explain(response.status);
  const detail = {
    subject,
    status: response.status,
    code,
    remedy,
  };
  const waitMs = retryAfterMs(response.headers.get('retry-after'));
  return waitMs === undefined
    ? new ConfigHubError(`ConfigHub refuses: ${message}`, detail)
    : new RefusedForNow(`ConfigHub refuses: ${message}`, detail, waitMs);
}

function httpStatus(status: number): string {
  return status >= 300 && status < 400 ? `HTTP ${status}, a redirect` : `HTTP ${status}`;
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const ms = /^\d+$/u.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function explain(status: number): { readonly code: ConfigHubError['code']; readonly remedy: string } {
  if (status === 401)
    return {
      code: 'permission',
      remedy: 'Renew the token in CUB_TOKEN or CONFIGHUB_TOKEN, or set CONFIGHUB_WORKER_ID and CONFIGHUB_WORKER_SECRET.',
    };
  if (status === 403) return { code: 'permission', remedy: 'Give the token access to this space.' };
  if (status === 404) return { code: 'not-found', remedy: 'Check the names of spaces, filters and changesets.' };
  if (status === 409 || status === 412)
    return {
      code: 'conflict',
      remedy: 'Another change or lock came first (see the message); the next pass compares again.',
    };
  if (status >= 300 && status < 400)
    return { code: 'bad-answer', remedy: 'Set CONFIGHUB_URL to the URL of the server itself: redirects are not followed.' };
  if (isBusy(status)) return { code: 'unavailable', remedy: 'Run the pass again later.' };
  return { code: 'invalid', remedy: 'See the message for what the server does not accept.' };
}
