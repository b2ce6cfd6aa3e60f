import { type ClaudeOptions, type ClaudeReply, createClaude } from '../../clients/claude/claude.ts';
import { stringifyJson } from '../../domain/exact-json.ts';
import { answerSchema } from './answer.ts';
import type { Fact } from './facts.ts';
import { SYSTEM_PROMPT } from './prompt.ts';

/** Asks for the ranking of one chunk of facts; never throws, since a pass goes on without it. */
export type AskClaude = (facts: readonly Fact[], signal: AbortSignal) => Promise<ClaudeReply>;

export function createAskClaude(options: ClaudeOptions): AskClaude {
  const claude = createClaude(options);
  return (facts, signal) =>
    claude({ system: SYSTEM_PROMPT, text: stringifyJson({ findings: facts }), schema: answerSchema, rows: facts.length }, signal);
}
