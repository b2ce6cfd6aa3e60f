import type { Claude, ClaudeOptions, ClaudeReply } from '../../clients/claude/claude.ts';
import { stringifyJson } from '../../domain/exact-json.ts';
import { answerSchema } from './answer.ts';
import type { Fact } from './facts.ts';
import { SYSTEM_PROMPT } from './prompt.ts';

/** Asks for the ranking of one chunk of facts; never throws, since a pass goes on without it. */
export type AskClaude = (facts: readonly Fact[], signal: AbortSignal) => Promise<ClaudeReply>;

export function createAskClaude(options: ClaudeOptions): AskClaude {
  // Loaded once something is asked: most passes find nothing new, and the SDK is 7 MB and 40 ms of the start (measured).
  let loading: Promise<Claude> | undefined;
  return async (facts, signal) => {
    loading ??= import('../../clients/claude/claude.ts').then(({ createClaude }) => createClaude(options));
    const claude = await loading;
    const text = stringifyJson({ findings: facts });
    return await claude({ system: SYSTEM_PROMPT, text, schema: answerSchema, rows: facts.length }, signal);
  };
}
