import { type DecisionEffect, displayEffect, type ReportedDecision } from '../../domain/decision.ts';
import { commitLink, type LinkTemplates } from './links.ts';
import { escapeText } from './markdown.ts';
import { moment } from './page-table.ts';

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
export function decisionRows(decisions: readonly ReportedDecision[], links: LinkTemplates): readonly (readonly string[])[] {
  const sorted = decisions.toSorted((one, other) => ORDER.indexOf(one.effect) - ORDER.indexOf(other.effect));
  return sorted.map(({ kind, what, by, decidedAt, commit, reason, effect, detail }) => [
    kind,
    escapeText(what),
    escapeText(by),
    commitLink(moment(decidedAt.slice(0, 10)), commit, links),
    escapeText(reason),
    effect === 'no-effect' ? '**no effect**' : displayEffect(effect),
    escapeText(detail),
  ]);
}
