import pRetry from 'p-retry';
import type { z } from 'zod';
import { cutText, sanitize } from '../types/describe.ts';
import { ConfigHubError, messageOf } from '../types/errors.ts';
import { type Json, stringAt } from '../types/json.ts';
import type { Secret } from '../types/secret.ts';

/** Deadline of one request, in milliseconds; listing 10,000 units with their data takes a few seconds. */
const REQUEST_TIMEOUT_MS = 60_000;
const READ_RETRIES = 3;

export interface ConfigHubConnection {
  /** `scheme://host[:port]`, without `/api`. */
  readonly url: string;
  readonly token: Secret<string>;
  readonly userAgent: string;
}

export type Query = Readonly<Record<string, string | undefined>>;

/** Requests below `/api`, answers parsed; every failure is a `ConfigHubError` that names what was asked. */
export interface ConfigHubTransport {
  readonly url: string;
  /** Repeated when the server is busy or was not reached. */
  get<S extends z.ZodType>(path: string, query: Query, schema: S, signal: AbortSignal): Promise<z.output<S>>;
  /** Never repeated: a write that got no answer may have happened. */
  send<S extends z.ZodType>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    query: Query,
    body: unknown,
    schema: S,
    signal: AbortSignal,
  ): Promise<z.output<S>>;
}

export function connectConfigHub(connection: ConfigHubConnection): ConfigHubTransport {
  async function once(method: string, path: string, query: Query, body: unknown, signal: AbortSignal): Promise<unknown> {
    const url = new URL(`${connection.url}/api${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const subject = `${method} ${connection.url}/api${path}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        // The token would travel to whatever host a redirect names.
        redirect: 'error',
        headers: {
          authorization: `Bearer ${connection.token.reveal()}`,
          accept: 'application/json',
          'user-agent': connection.userAgent,
          ...(body === undefined
            ? {}
            : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      });
      // Within the same try: the connection may also end in the middle of the answer.
      text = await response.text();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const reason =
        error instanceof Error && error.cause instanceof Error ? error.cause.message || String(error.cause) : messageOf(error);
      throw new ConfigHubError(`no answer from ConfigHub: ${reason}`, {
        code: 'unavailable',
        subject: connection.url,
        remedy: 'Check that CONFIGHUB_URL is right and the server can be reached from here, then run the pass again.',
        cause: error,
      });
    }
    if (response.status !== 200 && response.status !== 207) throw failed(response, text, subject);
    try {
      return text === '' ? null : JSON.parse(text);
    } catch (error) {
      throw new ConfigHubError(`ConfigHub's answer is not JSON: ${messageOf(error)}`, {
        code: 'bad-answer',
        subject,
        remedy: 'Check that CONFIGHUB_URL names a ConfigHub server and not a page in front of it.',
        cause: error,
      });
    }
  }

  function parse<S extends z.ZodType>(schema: S, value: unknown, subject: string): z.output<S> {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw new ConfigHubError(`ConfigHub's answer has another shape than expected: ${issue?.path.join('.')}: ${issue?.message}`, {
      code: 'bad-answer',
      subject,
      remedy: 'Check that the server speaks the ConfigHub API; report this message if it does.',
    });
  }

  return {
    url: connection.url,
    get: (path, query, schema, signal) =>
      pRetry(async () => parse(schema, await once('GET', path, query, undefined, signal), path), {
        retries: READ_RETRIES,
        minTimeout: 200,
        maxTimeout: 2_000,
        randomize: true,
        signal,
        // Only a server that is busy or out of reach may be better off a moment later.
        shouldRetry: ({ error }) => error instanceof ConfigHubError && error.code === 'unavailable',
      }),
    send: async (method, path, query, body, schema, signal) => parse(schema, await once(method, path, query, body, signal), path),
  };
}

function failed(response: Response, text: string, subject: string): ConfigHubError {
  let body: Json = null;
  try {
    body = JSON.parse(text) as Json;
  } catch {
    // An error page of a proxy; the status says enough.
  }
  const requestId = response.headers.get('x-request-id');
  const message = cutText(sanitize(stringAt(body, 'Message') || `HTTP ${response.status}`), 500);
  const detail = { subject: requestId ? `${subject} (request ${requestId})` : subject, status: response.status };
  const sentence = `ConfigHub refuses: ${message}`;
  const { code, remedy } = explain(response.status);
  return new ConfigHubError(sentence, { ...detail, code, remedy });
}

function explain(status: number): { readonly code: ConfigHubError['code']; readonly remedy: string } {
  if (status === 401) return { code: 'permission', remedy: 'Renew the token in CUB_TOKEN or CONFIGHUB_TOKEN.' };
  if (status === 403) return { code: 'permission', remedy: 'Give the token access to this space.' };
  if (status === 404) return { code: 'not-found', remedy: 'Check the names of spaces, filters and changesets.' };
  if (status === 409 || status === 412)
    return { code: 'conflict', remedy: 'Nothing to do: somebody was faster and the next pass judges it anew.' };
  if (status === 429 || status >= 500) return { code: 'unavailable', remedy: 'Run the pass again later.' };
  return { code: 'invalid', remedy: 'See the message; it names what the server does not accept.' };
}
