import { Anthropic, APIError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import type * as z from 'zod';
import { messageOf } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import type { Secret } from '../../domain/secret.ts';
import { persistently } from '../http/persistently.ts';
import { fetchWithin } from '../http/read-body.ts';

export interface ClaudeOptions {
  readonly apiKey: Secret<string>;
  readonly baseUrl: string;
  readonly model: string;
}

export type ClaudeReply =
  | {
      readonly ok: true;
      readonly text: string;
      readonly requestId: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  /** `isFinal`: asking again in this pass cannot help, as with a refused key. `isTooLong`: fewer findings may succeed. */
  | { readonly ok: false; readonly reason: string; readonly isFinal: boolean; readonly isTooLong: boolean };

interface Question {
  readonly system: string;
  readonly text: string;
  /** What the answer has to look like. */
  readonly schema: z.ZodType;
  /** Entries that the answer will have, which bounds its length. */
  readonly rows: number;
}

/** Asks once, and again where that may help; never throws, since a pass goes on without it. */
export type Claude = (question: Question, signal: AbortSignal) => Promise<ClaudeReply>;

const TRIES = 2;
/** Of a whole answer after unpacking: 60 rows are some 10 kB. */
const MAX_ANSWER_BYTES = 1_000_000;
const RETRY_WAIT_MS = { default: 1_000, longest: 20_000 } as const;
/** Statuses that no second try mends: key, billing, access, model name. */
const FINAL = new Set([400, 401, 402, 403, 404]);
const TOO_LARGE = 413;
const RETRIED = new Set([408, 409, 429]);

/** Thinking and effort are sent only where they are known to be accepted (SDK 1.12, API version 2026-10-21). */
const MODEL_SETTINGS: Readonly<Record<string, Partial<Anthropic.MessageCreateParamsNonStreaming>>> = {
  'claude-haiku-5-5': { thinking: { type: 'disabled' } },
};
/** Tokens of an answer: a row's share, and what a model that cannot stop thinking uses up before it (it counts as well). */
const ANSWER_TOKENS = { fixed: 400, row: 90, thinking: 4_000 } as const;
const MODEL_EFFORT: Readonly<Record<string, 'low' | 'medium'>> = { 'claude-haiku-5-5': 'low', 'claude-sonnet-5-5': 'medium' };

function clientOf({ apiKey, baseUrl }: ClaudeOptions): Anthropic {
  return new Anthropic({
    apiKey: apiKey.reveal().trim(),
    // Always explicit, so that no environment variable sends prompts elsewhere.
    baseURL: baseUrl,
    timeout: 30_000,
    // Retries are ours: the client would obey a Retry-After of any length.
    maxRetries: 0,
    // A redirect would post the whole prompt to another host.
    fetchOptions: { redirect: 'error' },
    fetch: fetchWithin(MAX_ANSWER_BYTES),
    logLevel: 'off',
  });
}

/** `status` is that of the answer; absent where there was none. */
export type ModelCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly status: number | undefined };

/** Whether the key is accepted and the model is there: asks for its description, which costs nothing. */
export async function checkModel(options: ClaudeOptions, signal: AbortSignal): Promise<ModelCheck> {
  try {
    await clientOf(options).models.retrieve(options.model, {}, { signal });
    return { ok: true };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { ok: false, ...complaintOf(error) };
  }
}

/** The message of a server error may be a whole page; the status says enough. */
function complaintOf(error: unknown): { readonly reason: string; readonly status: number | undefined } {
  const status = error instanceof APIError ? error.status : undefined;
  const reason = status === undefined ? `no usable answer: ${foreignText(messageOf(error), 120)}` : `Claude answered ${status}`;
  return { reason, status };
}

export function createClaude(options: ClaudeOptions): Claude {
  const client = clientOf(options);

  async function once({ system, text, schema, rows }: Question, signal: AbortSignal): Promise<ClaudeReply> {
    const effort = MODEL_EFFORT[options.model];
    const settings = MODEL_SETTINGS[options.model];
    const thinkingTokens = settings?.thinking?.type === 'disabled' ? 0 : ANSWER_TOKENS.thinking;
    const message = await client.messages.create(
      {
        model: options.model,
        max_tokens: ANSWER_TOKENS.fixed + ANSWER_TOKENS.row * rows + thinkingTokens,
        system: [{ type: 'text', text: system }],
        messages: [{ role: 'user', content: [{ type: 'text', text }] }],
        output_config: { format: zodOutputFormat(schema), ...(effort ? { effort } : {}) },
        ...settings,
      },
      { signal },
    );
    if (message.stop_reason !== 'end_turn') {
      const stop = message.stop_reason ?? 'nothing';
      return failed(`the model stopped with ${foreignText(stop, 100)}`, { isTooLong: stop === 'max_tokens' });
    }
    const texts = message.content.filter((block) => block.type === 'text');
    const [only] = texts;
    if (texts.length !== 1 || !only) return failed('the answer is not one text');
    return {
      ok: true,
      text: only.text,
      requestId: foreignText(message._request_id ?? '', 100),
      inputTokens:
        message.usage.input_tokens +
        (message.usage.cache_read_input_tokens ?? 0) +
        (message.usage.cache_creation_input_tokens ?? 0),
      outputTokens: message.usage.output_tokens,
    };
  }

  return async (question, signal) => {
    try {
      return await persistently(() => once(question, signal), { mayRepeat: isPassing, askedWaitMs, tries: TRIES, signal });
    } catch (error) {
      if (signal.aborted) return failed('the deadline for ranking passed', { isFinal: true });
      const { status, reason } = complaintOf(error);
      return failed(reason, { isFinal: status !== undefined && FINAL.has(status), isTooLong: status === TOO_LARGE });
    }
  };
}

function isPassing(error: unknown): boolean {
  return error instanceof APIError && (error.status === undefined || RETRIED.has(error.status) || error.status >= 500);
}

function failed(reason: string, { isFinal = false, isTooLong = false } = {}): ClaudeReply {
  return { ok: false, reason, isFinal, isTooLong };
}

function askedWaitMs(error: unknown): number {
  const headers = error instanceof APIError ? error.headers : undefined;
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  const asked = Number.isNaN(exact) ? seconds * 1000 : exact;
  return Math.min(Number.isNaN(asked) ? RETRY_WAIT_MS.default : asked, RETRY_WAIT_MS.longest);
}
