import * as z from 'zod';
import { ConfigHubError, messageOf } from '../../domain/errors.ts';
import { faultOfCredential, ownSecret, type Secret } from '../../domain/secret.ts';
import { isBusy } from '../http/busy.ts';
import { readBody } from '../http/read-body.ts';

/** Whom the requests are made as. */
export interface Session {
  /** The bearer token; logs in where there is none yet. */
  token(signal: AbortSignal): Promise<Secret<string>>;
  /** Called when the server rejects the token: true if `token` may return another one next. */
  renew(): boolean;
}

export function tokenSession(token: Secret<string>): Session {
  return { token: async () => token, renew: () => false };
}

export interface WorkerLogin {
  readonly url: string;
  readonly workerId: string;
  readonly workerSecret: Secret<string>;
  readonly userAgent: string;
}

const LOGIN_TIMEOUT_MS = 30_000;

/** The unattended login: a worker's id and secret for a token, again when it has expired (`POST /auth/worker`, not below /api). */
export function workerSession(login: WorkerLogin): Session {
  let current: Promise<Secret<string>> | undefined;
  return {
    token(signal) {
      current ??= logIn(login, signal).catch((error: unknown) => {
        current = undefined;
        throw error;
      });
      return current;
    },
    renew() {
      current = undefined;
      return true;
    },
  };
}

async function logIn({ url, workerId, workerSecret, userAgent }: WorkerLogin, signal: AbortSignal): Promise<Secret<string>> {
  const subject = `POST ${url}/auth/worker`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}/auth/worker`, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': userAgent },
      body: JSON.stringify({ worker_id: workerId, worker_secret: workerSecret.reveal() }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(LOGIN_TIMEOUT_MS)]),
    });
    text = (await readBody(response.body ?? [])).toString('utf8');
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ConfigHubError(`no answer from ConfigHub to the login: ${messageOf(error)}`, {
      code: 'unavailable',
      subject,
      remedy: 'Check CONFIGHUB_URL and the network, then run the pass again.',
      cause: error,
    });
  }
  if (!response.ok) {
    const mayPass = isBusy(response.status);
    throw new ConfigHubError(`ConfigHub refuses the login of worker ${workerId}: HTTP ${response.status}`, {
      code: mayPass ? 'unavailable' : 'permission',
      subject,
      status: response.status,
      remedy: mayPass ? 'Run the pass again later.' : 'Check CONFIGHUB_WORKER_ID and CONFIGHUB_WORKER_SECRET.',
    });
  }
  const answer = z.object({ access_token: z.string() }).safeParse(parsed(text));
  const fault = answer.success ? faultOfCredential(answer.data.access_token) : 'is missing';
  if (answer.success && fault === undefined) return ownSecret(answer.data.access_token);
  throw new ConfigHubError(`the access_token in ConfigHub's answer to the login ${fault}`, {
    code: 'bad-answer',
    subject,
    remedy: 'Check that CONFIGHUB_URL is a ConfigHub server and not a page in front of it.',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const claims = z.object({ exp: z.number() });

/** When a token ends by its own word (RFC 7519 `exp`); `undefined` for a token that does not say. */
export function tokenExpiry(token: Secret<string>): Date | undefined {
  const [, payload, ...more] = token.reveal().split('.');
  if (payload === undefined || more.length !== 1) return undefined;
  const found = claims.safeParse(parsed(Buffer.from(payload, 'base64url').toString('utf8')));
  return found.success ? new Date(found.data.exp * 1000) : undefined;
}

const DAY_MS = 86_400_000;
const WARN_DAYS = 7;

/** What to say of a token that ends soon, or has ended; empty for one that lasts. */
export function expiryWarning(token: Secret<string>, now: Date): string {
  const expiry = tokenExpiry(token);
  if (!expiry) return '';
  const days = Math.ceil((expiry.getTime() - now.getTime()) / DAY_MS);
  if (days > WARN_DAYS) return '';
  const when = expiry.toISOString().replace('.000', '');
  const state = days <= 0 ? `ended at ${when}` : `ends at ${when}, ${days === 1 ? 'within a day' : `in ${days} days`}`;
  return `the token for ConfigHub ${state}: renew CUB_TOKEN, or log in as a worker (CONFIGHUB_WORKER_ID, CONFIGHUB_WORKER_SECRET), which needs no renewal`;
}
