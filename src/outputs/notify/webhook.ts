import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { isBusy } from '../../clients/http/busy.ts';
import { persistently } from '../../clients/http/persistently.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import { hostOf } from '../../domain/this-machine.ts';
import { pinAddressUntil } from './address.ts';

export interface WebhookOptions {
  /** Its path is often all that keeps others from posting there. */
  readonly url: Secret<string>;
  readonly secret: Secret<string> | undefined;
  readonly userAgent: string;
  /** The same for each try to deliver the same, so that a receiver may drop repetitions. */
  readonly delivery: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** All tries together, in milliseconds. */
const DEADLINE_MS = 15_000;
const TRY_MS = 6_000;
const TRIES = 3;

/** Headers by which a receiver can tell that the body is ours and when it was sent. */
function signatureHeaders(body: string, secret: Secret<string> | undefined, time: Date): Record<string, string> {
  const timestamp = String(Math.floor(time.getTime() / 1000));
  const headers = { 'x-drift-timestamp': timestamp };
  if (!secret) return headers;
  const signature = createHmac('sha256', secret.reveal()).update(`${timestamp}.${body}`).digest('hex');
  return { ...headers, 'x-drift-signature': `sha256=${signature}` };
}

/** Posts a JSON body. Throws where it was not taken, with a message that does not hold the URL. */
export async function postWebhook(body: object, options: WebhookOptions): Promise<void> {
  const text = JSON.stringify(body);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(DEADLINE_MS)]);
  let answer: Answer = { status: 0, error: signal.reason };
  const deliver = async (): Promise<void> => {
    answer = await post(text, options, signal).catch((error: unknown) => ({ status: 0, error }));
    if (answer.status < 200 || answer.status >= 300) throw failure(answer);
  };
  const mayRepeat = (): boolean => answer.status === 0 || isBusy(answer.status);
  try {
    await persistently(deliver, { mayRepeat, tries: TRIES, signal });
  } catch {
    // The receiver's last answer, also after the deadline.
    throw failure(answer);
  }
}

interface Answer {
  readonly status: number;
  readonly error?: unknown;
}

function failure({ status, error }: Answer): Error {
  // The error names at most the host: the URL may be a secret.
  if (status === 0) return new Error(`the receiver was not reached: ${messageOf(error)}`, { cause: error });
  const redirected = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return new Error(`the receiver answered ${status}${redirected}`);
}

async function post(text: string, options: WebhookOptions, stop: AbortSignal): Promise<Answer> {
  const url = new URL(options.url.reveal());
  const signal = AbortSignal.any([stop, AbortSignal.timeout(TRY_MS)]);
  const pinned = await pinAddressUntil(hostOf(url), signal);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'user-agent': options.userAgent,
    'x-drift-delivery': options.delivery,
    ...signatureHeaders(text, options.secret, options.now()),
  };
  const request: http.RequestOptions = {
    method: 'POST',
    headers,
    // A connection of its own, which nothing else has opened to another address.
    agent: false,
    signal,
    // The address that was checked, whatever the name resolves to by now; the certificate is still checked by name.
    lookup: (_host, { all }, found) => {
      if (all) found(null, [pinned]);
      else found(null, pinned.address, pinned.family);
    },
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? https.request : http.request;
    const sent = send(url, request, (response) => {
      resolve({ status: response.statusCode ?? 0 });
      // The rest of the answer is not needed, and may have no end.
      response.destroy();
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
