import { type DecisionEffect, displayEffect, type ReportedDecision } from '../../domain/decision.ts';
import { escapeText } from './markdown.ts';

export const DECISION_HEADER = ['decision', 'what', 'by', 'when', 'reason', 'effect', 'detail'];

/** What needs a person comes first, what is done last. */
const ORDER: readonly DecisionEffect[] = [
  'no-effect',
  'refused',
  'waiting',
  'expired',
  'unused',
  'staged',
  'planned',
  'active',
  'spent',
];

/** A row for each decision by commit and what became of it. */
export function decisionRows(decisions: readonly ReportedDecision[]): readonly (readonly string[])[] {
  const sorted = decisions.toSorted((one, other) => ORDER.indexOf(one.effect) - ORDER.indexOf(other.effect));
  return sorted.map(({ kind, what, by, decidedAt, reason, effect, detail }) => [
    kind,
    escapeText(what),
    escapeText(by),
    escapeText(decidedAt.slice(0, 10)),
    escapeText(reason),
    effect === 'no-effect' ? '**no effect**' : displayEffect(effect),
    escapeText(detail),
  ]);
}
