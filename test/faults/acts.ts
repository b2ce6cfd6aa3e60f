import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Act, Answer } from '../end-to-end/gate.ts';
import type { Fault } from './kinds.ts';

/** The acts of fixtures/faults/faults.yaml. */
export const HOWS = [
  'reset',
  'loseAnswer',
  'cut',
  'tooShort',
  'tooLong',
  'noGzip',
  'halfGzip',
  'stall',
  'stallAfter',
  'stallHalfway',
  'trickle',
  'answer',
  'answerAfter',
] as const;

const DROPS = 12;
const MS_BETWEEN_DROPS = 40;

export function actOf(fault: Fault): Act {
  const act = ACTS[fault.how];
  return (response, ask) => act(response, ask, fault);
}

/** Requests are never answered under these: only the time of the pass ends them. */
export function isStall({ how }: Fault): boolean {
  return how.startsWith('stall');
}

const ACTS: Readonly<Record<Fault['how'], (response: ServerResponse, ask: () => Promise<Answer>, fault: Fault) => unknown>> = {
  reset: (response) => reset(response),
  loseAnswer: async (response, ask) => {
    await ask();
    reset(response);
  },
  cut: async (response, ask) => {
    const answer = await ask();
    send(response, answer, { length: answer.body.length, body: half(answer.body) }, () => response.destroy());
  },
  tooShort: async (response, ask) => {
    const answer = await ask();
    send(response, answer, { length: answer.body.length + 100, body: answer.body }, () => response.destroy());
  },
  tooLong: async (response, ask) => {
    const answer = await ask();
    send(response, answer, { length: half(answer.body).length, body: answer.body }, () => response.end());
  },
  noGzip: async (response, ask) => {
    const { status, headers, body } = await ask();
    const plain = unpacked(headers, body);
    const claimed = { ...headers, 'content-encoding': 'gzip' };
    send(response, { status, headers: claimed }, { length: plain.length, body: plain }, () => response.end());
  },
  halfGzip: async (response, ask) => {
    const { status, headers, body } = await ask();
    const packed = half(gzipSync(unpacked(headers, body)));
    const claimed = { ...headers, 'content-encoding': 'gzip' };
    send(response, { status, headers: claimed }, { length: packed.length, body: packed }, () => response.end());
  },
  stall: () => undefined,
  stallAfter: async (_, ask) => {
    await ask();
  },
  stallHalfway: async (response, ask) => {
    const answer = await ask();
    send(response, answer, { length: answer.body.length, body: half(answer.body) }, () => undefined);
  },
  trickle: async (response, ask) => {
    const answer = await ask();
    const size = Math.ceil(answer.body.length / DROPS);
    response.writeHead(answer.status, withLength(answer.headers, answer.body.length));
    for (let at = 0; at < answer.body.length; at += size) {
      response.write(answer.body.subarray(at, at + size));
      await pause(MS_BETWEEN_DROPS);
    }
    response.end();
  },
  answer: (response, _, fault) => answerWith(response, fault),
  answerAfter: async (response, ask, fault) => {
    await ask();
    answerWith(response, fault);
  },
};

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function answerWith(response: ServerResponse, { status = 200, type = 'application/json', headers = {}, body = '' }: Fault): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

function send(
  response: ServerResponse,
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  { length, body }: { readonly length: number; readonly body: Buffer },
  then: () => void,
): void {
  response.writeHead(status, withLength(headers, length));
  response.write(body, then);
}

function withLength(headers: Answer['headers'], length: number): OutgoingHttpHeaders {
  const { 'transfer-encoding': _, ...others } = headers;
  return { ...others, 'content-length': length };
}

function unpacked(headers: Answer['headers'], body: Buffer): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}
