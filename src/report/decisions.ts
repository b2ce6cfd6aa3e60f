import type { DecisionEffect, ReportedDecision } from '../types/decision.ts';
import { escapeText, table } from './markdown.ts';

const SHOWN = 50;

/** What needs somebody's hand first, what is over last. */
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

/** The section about what people decided by commit; nothing where nobody did. */
export function renderDecisions(decisions: readonly ReportedDecision[]): readonly string[] {
  if (decisions.length === 0) return [];
  const sorted = decisions.toSorted((one, other) => ORDER.indexOf(one.effect) - ORDER.indexOf(other.effect));
  const rows = sorted
    .slice(0, SHOWN)
    .map(({ kind, what, by, decidedAt, reason, effect, detail }) => [
      kind === '' ? '' : kind,
      escapeText(what),
      escapeText(by),
      escapeText(decidedAt.slice(0, 10)),
      escapeText(reason),
      effect === 'no-effect' ? '**no effect**' : effect,
      escapeText(detail),
    ]);
  const more = decisions.length - rows.length;
  return [
    '## Decisions',
    'What people decided in [decisions.yaml](decisions.yaml). Entries that are spent, expired or unused can be removed.',
    table(['decision', 'what', 'who', 'when', 'reason', 'effect', 'detail'], rows),
    ...(more > 0 ? [`${more} more are in [report.json](report.json).`] : []),
  ];
}
