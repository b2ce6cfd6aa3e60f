import * as z from 'zod';
import { foreignText, hideSecrets } from '../../domain/foreign-text.ts';
import { type Opinion, SEVERITIES, type Severity, severityOrder } from '../../domain/ranking.ts';
import type { RankInput } from './facts.ts';
import { PROMPT_VERSION } from './prompt.ts';

/** Longest answer that is read, in bytes: 60 rows are some 10 kB. */
const MAX_ANSWER_BYTES = 64 << 10;
/** Below this share of answered findings the whole answer is refused. */
const MIN_COVERAGE = 0.8;

const itemSchema = z
  .object({
    id: z.string().regex(/^f[0-9]{1,4}$/u),
    severity: z.enum(SEVERITIES),
    rank: z.number().int().min(1).max(9999),
    action: z.enum(['apply', 'hold', 'review']),
    cause: z.string().max(240),
    advice: z.string().max(240),
    confidence: z.enum(['high', 'medium', 'low']),
  })
  .strict();
/** What the model may say. It can name no patch, path or value, and no dollars: those are computed. */
export const answerSchema = z.object({ items: z.array(itemSchema).max(60), summary: z.string().max(600) }).strict();

export type CheckedAnswer =
  | { readonly ok: true; readonly opinions: ReadonlyMap<number, Opinion>; readonly summary: string; readonly refused: number }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads the model's answer as hostile input: unknown and repeated ids are dropped, a severity may rise, or fall by one
 * step but not below the floor. What it holds is bounded over all answers (`boundHolds`). Opinions are keyed by position in
 * `inputs`.
 */
export function checkAnswer(text: string, inputs: readonly RankInput[]): CheckedAnswer {
  if (Buffer.byteLength(text) > MAX_ANSWER_BYTES) return { ok: false, reason: 'the answer is too long' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the answer is not JSON' };
  }
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success)
    return {
      ok: false,
      reason: `the answer does not fit its schema at ${foreignText(parsed.error.issues[0]?.path.join('.') ?? '')}`,
    };

  const opinions = new Map<number, Opinion>();
  let refused = 0;
  for (const item of parsed.data.items) {
    const position = Number(item.id.slice(1)) - 1;
    const input = inputs[position];
    if (!input || opinions.has(position)) {
      refused++;
      continue;
    }
    const severity = boundSeverity(item.severity, input);
    if (severity !== item.severity) refused++;
    opinions.set(position, {
      severity,
      rank: item.rank,
      isHeld: item.action === 'hold',
      advice: { cause: plainText(item.cause), advice: plainText(item.advice), confidence: item.confidence },
      promptVersion: PROMPT_VERSION,
    });
  }
  if (opinions.size < inputs.length * MIN_COVERAGE)
    return { ok: false, reason: `only ${opinions.size} of ${inputs.length} findings were answered` };
  return { ok: true, opinions, summary: plainText(parsed.data.summary), refused };
}

function boundSeverity(wanted: Severity, input: RankInput): Severity {
  const lowest = Math.min(severityOrder(input.severity) + 1, severityOrder(input.floor));
  return SEVERITIES[Math.min(severityOrder(wanted), lowest)] ?? input.severity;
}

/** The model's text without what a page, a terminal or Git could act on. */
function plainText(text: string): string {
  return hideSecrets(text)
    .replaceAll(/!?\[([^[\]]*)\]\([^()]*\)/gu, '$1')
    .replaceAll(/(?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/\S+/giu, '(link)')
    .replaceAll(/<[^<>]*>/gu, '')
    .replaceAll(/[`<>\p{Cc}\p{Cf}]/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
