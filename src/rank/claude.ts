import { setTimeout as sleep } from 'node:timers/promises';
import { Anthropic, APIError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { messageOf } from '../types/errors.ts';
import type { Secret } from '../types/secret.ts';
import { answerSchema } from './answer.ts';
import type { Fact } from './facts.ts';
import { SYSTEM_PROMPT } from './prompt.ts';

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
  /** `isFinal`: asking again in this pass cannot help, as with a refused key. */
  | { readonly ok: false; readonly reason: string; readonly isFinal: boolean };

/** Asks for the ranking of one chunk of facts; never throws, since a pass goes on without it. */
export type AskClaude = (facts: readonly Fact[], signal: AbortSignal) => Promise<ClaudeReply>;

const TRIES = 2;
const RETRY_WAIT_MS = { default: 1_000, longest: 20_000 } as const;
/** Statuses that no second try mends: key, billing, access, model name, size. */
const FINAL = new Set([400, 401, 402, 403, 404, 413]);
const RETRIED = new Set([408, 409, 429]);

/** Thinking and effort are sent only where they are known to be accepted (SDK 1.12, API version 2026-10-21). */
const MODEL_SETTINGS: Readonly<Record<string, Partial<Anthropic.MessageCreateParamsNonStreaming>>> = {
  'claude-haiku-5-5': { thinking: { type: 'disabled' } },
};
const MODEL_EFFORT: Readonly<Record<string, 'low' | 'medium'>> = { 'claude-haiku-5-5': 'low', 'claude-sonnet-5-5': 'medium' };

export function createAskClaude(options: ClaudeOptions): AskClaude {
  const client = new Anthropic({
    apiKey: options.apiKey.reveal().trim(),
    // Always explicit, so that no environment variable sends prompts elsewhere.
    baseURL: options.baseUrl,
    timeout: 30_000,
    // Retries are ours: the client would obey a Retry-After of any length.
    maxRetries: 0,
    // A redirect would post the whole prompt to another host.
    fetchOptions: { redirect: 'error' },
    logLevel: 'off',
  });

  async function once(facts: readonly Fact[], signal: AbortSignal): Promise<ClaudeReply> {
    const effort = MODEL_EFFORT[options.model];
    const message = await client.messages.create(
      {
        model: options.model,
        max_tokens: 400 + 90 * facts.length,
        system: [{ type: 'text', text: SYSTEM_PROMPT }],
        messages: [{ role: 'user', content: [{ type: 'text', text: JSON.stringify({ findings: facts }) }] }],
        output_config: { format: zodOutputFormat(answerSchema), ...(effort ? { effort } : {}) },
        ...MODEL_SETTINGS[options.model],
      },
      { signal },
    );
    if (message.stop_reason !== 'end_turn')
      return { ok: false, reason: `the model stopped with ${message.stop_reason ?? 'nothing'}`, isFinal: false };
    const texts = message.content.filter((block) => block.type === 'text');
    const [only] = texts;
    if (texts.length !== 1 || !only) return { ok: false, reason: 'the answer is not one text', isFinal: false };
    return {
      ok: true,
      text: only.text,
      requestId: message._request_id ?? '',
      inputTokens:
        message.usage.input_tokens +
        (message.usage.cache_read_input_tokens ?? 0) +
        (message.usage.cache_creation_input_tokens ?? 0),
      outputTokens: message.usage.output_tokens,
    };
  }

  return async (facts, signal) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(facts, signal);
      } catch (error) {
        if (signal.aborted) return { ok: false, reason: 'the deadline for ranking passed', isFinal: true };
        const status = error instanceof APIError ? error.status : undefined;
        // The message of a server error may be a whole page; the status says enough.
        const reason = status === undefined ? `no usable answer: ${messageOf(error).slice(0, 120)}` : `Claude answered ${status}`;
        const isPassing = error instanceof APIError && (status === undefined || RETRIED.has(status) || status >= 500);
        if (attempt === TRIES || !isPassing) return { ok: false, reason, isFinal: status !== undefined && FINAL.has(status) };
        try {
          await sleep(retryWaitMs(error), undefined, { signal });
        } catch {
          return { ok: false, reason: 'the deadline for ranking passed', isFinal: true };
        }
      }
    }
  };
}

function retryWaitMs(error: APIError): number {
  const exact = Number(error.headers?.get('retry-after-ms') ?? Number.NaN);
  const seconds = Number(error.headers?.get('retry-after') ?? Number.NaN);
  const asked = Number.isNaN(exact) ? seconds * 1000 : exact;
  return Math.min(Number.isNaN(asked) ? RETRY_WAIT_MS.default : asked, RETRY_WAIT_MS.longest);
}
