import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonArray, isJsonObject, type Json, type JsonObject, numberAt, stringAt } from '../../src/domain/json.ts';

/** A request as it came over the wire. */
export interface CapturedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body's text, byte for byte. */
  readonly body: string;
  readonly json: JsonObject;
  /** The rows of `findings` in the user's turn. */
  readonly facts: readonly JsonObject[];
  /** The text of the system prompt. */
  readonly system: string;
}

/** Answers one request, whichever way: a step may also leave it without an answer. */
export type Step = (request: CapturedRequest, response: ServerResponse) => void | Promise<void>;

export interface FakeClaude extends AsyncDisposable {
  readonly url: string;
  /** Every request that came, those that the server itself refused among them. */
  readonly requests: readonly CapturedRequest[];
  /** What the server itself refused with 400, and why: a wrong request fails here as it would in production. */
  readonly refusals: readonly string[];
}

/** Top-level fields of `POST /v1/messages` in API version 2026-10-21; the sampling knobs are no longer among them. */
const KNOWN_FIELDS = new Set([
  'model',
  'max_tokens',
  'system',
  'messages',
  'output_config',
  'thinking',
  'metadata',
  'service_tier',
  'stop_sequences',
  'stream',
  'tools',
  'tool_choice',
]);
/** Models whose thinking cannot be switched off. */
const ALWAYS_THINKING = /opus|fable|sonnet-5-5/u;

/**
 * A loopback server that answers like the Messages API. The steps answer one request each, in order; the last one
 * answers all that follow. Requests that the real API refuses never reach a step.
 */
export async function startFakeClaude(steps: readonly Step[]): Promise<FakeClaude> {
  const requests: CapturedRequest[] = [];
  const refusals: string[] = [];
  let next = 0;
  const server = createServer((incoming, response) => {
    void (async () => {
      const request = await capture(incoming);
      requests.push(request);
      const refusal = refuse(request);
      if (refusal) {
        refusals.push(refusal.message);
        answerError(response, refusal.status, refusal.type, refusal.message);
        return;
      }
      const step = steps[Math.min(next++, steps.length - 1)];
      if (!step) throw new Error('the fake has no step to answer with');
      await step(request, response);
    })().catch((error: unknown) => {
      refusals.push(`the fake itself failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    refusals,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function capture(incoming: IncomingMessage): Promise<CapturedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString('utf8');
  const parsed = parseJson(body);
  const json = isJsonObject(parsed) ? parsed : {};
  const user = parseJson(stringAt(firstOf(firstOf(json['messages'])?.['content']), 'text') ?? '');
  const findings = isJsonObject(user) && isJsonArray(user['findings']) ? user['findings'].filter(isJsonObject) : [];
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers,
    body,
    json,
    facts: findings,
    system: stringAt(firstOf(json['system']), 'text') ?? '',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstOf(list: Json | undefined): JsonObject | undefined {
  const first = isJsonArray(list) ? list[0] : undefined;
  return isJsonObject(first) ? first : undefined;
}

interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** What the API itself would refuse. */
function refuse({ method, path, headers, json }: CapturedRequest): Refusal | undefined {
  const invalid = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message });
  const isModel = method === 'GET' && /^\/v1\/models\/[^/]+$/u.test(path);
  if (!isModel && (method !== 'POST' || path !== '/v1/messages'))
    return { status: 404, type: 'not_found_error', message: `${method} ${path} does not exist` };
  if (!/^Bearer (?!undefined$)\S+$/u.test(headers['authorization'] ?? '')) return invalid('a bearer token is required');
  if (!headers['anthropic-version']) return invalid('anthropic-version: header is required');
  if (isModel) return undefined;
  if (!headers['content-type']?.startsWith('application/json')) return invalid('content-type must be application/json');
  const unknown = Object.keys(json).find((name) => !KNOWN_FIELDS.has(name));
  if (unknown !== undefined) return invalid(`${unknown}: Extra inputs are not permitted`);
  if (json['messages'] === undefined || json['model'] === undefined) return invalid('model and messages are required');
  if ((numberAt(json, 'max_tokens') ?? 0) < 1) return invalid('max_tokens: must be at least 1');
  if (stringAt(json['thinking'], 'type') === 'disabled' && ALWAYS_THINKING.test(stringAt(json, 'model') ?? ''))
    return invalid('thinking: disabled is not supported by this model');
  return undefined;
}

let answered = 0;

function answerError(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req_${++answered}` });
  response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: `req_${answered}` }));
}

interface MessageParts {
  readonly stopReason?: string;
  readonly content?: readonly JsonObject[];
}

/** A whole `Message`, every field there, as the API sends it. */
function messageBody({ json, body }: CapturedRequest, text: string, parts: MessageParts): string {
  return JSON.stringify({
    id: `msg_${++answered}`,
    type: 'message',
    role: 'assistant',
    model: json['model'] ?? null,
    content: parts.content ?? [{ type: 'text', text, citations: null }],
    stop_reason: parts.stopReason ?? 'end_turn',
    stop_sequence: null,
    stop_details: parts.stopReason === 'refusal' ? { type: 'refusal', category: 'cyber', explanation: null } : null,
    container: null,
    usage: {
      input_tokens: Math.ceil(body.length / 4),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: Math.ceil(text.length / 4),
      server_tool_use: null,
      service_tier: 'standard',
    },
  });
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'request-id': `req_${++answered}` });
  response.end(text);
}

/** One row of an answer. */
export interface Row {
  readonly id: string;
  readonly severity: string;
  readonly rank: number;
  readonly action: string;
  readonly cause: string;
  readonly advice: string;
  readonly confidence: string;
}

/** A sensible row for a fact: the heuristic's severity, the order as given. */
export function rowFor(fact: JsonObject, index: number): Row {
  return {
    id: String(fact['id']),
    severity: String(fact['heuristicSeverity']),
    rank: index + 1,
    action: 'apply',
    cause: 'Changed by hand.',
    advice: 'Carry the change into the unit if it is wanted.',
    confidence: 'medium',
  };
}

/** Answers every finding of the request as `change` wants its row; without it sensibly, in the order that it was given. */
export function rankAll(
  change: (row: Row, fact: JsonObject) => Row | undefined = (row) => row,
  summary = 'Manual changes.',
): Step {
  return ok((request) => ({ items: request.facts.flatMap((fact, index) => change(rowFor(fact, index), fact) ?? []), summary }));
}

/** 200 with this answer as its text. */
export function ok(answer: Json | ((request: CapturedRequest) => unknown)): Step {
  return (request, response) => {
    const json: unknown = typeof answer === 'function' ? answer(request) : answer;
    send(response, messageBody(request, JSON.stringify(json), {}));
  };
}

/** 200 with exactly this text, JSON or not. */
export function text(answer: string): Step {
  return (request, response) => send(response, messageBody(request, answer, {}));
}

/** The description of a model, where that is what was asked for. */
export const describeModel: Step = ({ path }, response) => {
  const model = { type: 'model', id: path.split('/').at(-1), display_name: 'A model', created_at: '2026-10-21T00:00:00Z' };
  send(response, JSON.stringify(model));
};

function allRows(request: CapturedRequest): string {
  return JSON.stringify({ items: request.facts.map(rowFor), summary: 'Manual changes.' });
}

/** A good answer after a block of thinking. */
export const withThinking: Step = (request, response) => {
  const answer = allRows(request);
  const content = [
    { type: 'thinking', thinking: 'The replicas were raised by hand.', signature: 'c2lnbmF0dXJl' },
    { type: 'text', text: answer, citations: null },
  ];
  send(response, messageBody(request, answer, { content }));
};

/** The safety classifier stopped the answer; `partial` is the answer until then. */
export function refusal(partial?: string): Step {
  return (request, response) => {
    const content = partial === undefined ? [] : [{ type: 'text', text: partial, citations: null }];
    send(response, messageBody(request, partial ?? '', { stopReason: 'refusal', content }));
  };
}

/** The answer was cut in the middle. */
export const maxTokens: Step = (request, response) => {
  const answer = allRows(request);
  send(response, messageBody(request, answer.slice(0, answer.length / 2), { stopReason: 'max_tokens' }));
};

/** A good answer inside a Markdown fence. */
export const fencedJson: Step = (request, response) =>
  send(response, messageBody(request, `\`\`\`json\n${allRows(request)}\n\`\`\``, {}));

/** An error of the API with its status, type and headers. */
export function fails(status: number, type: string, headers: Readonly<Record<string, string>> = {}): Step {
  return (_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answerError(response, status, type, `${type} (${status})`);
  };
}

export const rateLimited: Step = fails(429, 'rate_limit_error', { 'retry-after-ms': '20' });
export const overloaded: Step = fails(529, 'overloaded_error', { 'retry-after-ms': '20' });
export const unauthorized: Step = fails(401, 'authentication_error');

/** A page of a proxy instead of the API's JSON. */
export function html(status: number): Step {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html', 'retry-after-ms': '20' });
    response.end('<html><body><h1>It works, or it does not</h1></body></html>');
  };
}

/** 200 and the first half of a good body, declared as whole. */
export const truncatedJson: Step = (request, response) => {
  const whole = messageBody(request, allRows(request), {});
  send(response, whole.slice(0, whole.length / 2));
};

/** 200 and a body that never ends. */
export const endless: Step = async (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  while (!response.destroyed) {
    response.write(' '.repeat(100_000));
    await sleep(1, undefined, { ref: false });
  }
};

/** Headers, a first byte, and then nothing: the client's own timeout does not end this. */
export const headersThenSilence: Step = async (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{');
  await sleep(60_000, undefined, { ref: false });
};

export const silence: Step = async () => {
  await sleep(60_000, undefined, { ref: false });
};

export const reset: Step = (_, response) => {
  response.socket?.resetAndDestroy();
};

/** Sends the client, and with it the whole prompt, to another host. */
export function redirect(location: string): Step {
  return (_, response) => {
    response.writeHead(307, { location });
    response.end();
  };
}
