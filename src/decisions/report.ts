import {
  type Decision,
  type DecisionEffect,
  type DecisionOutcome,
  type DecisionsFile,
  displayDecider,
  type IgnoreDecision,
  type ReportedDecision,
  type TargetedDecision,
} from '../types/decision.ts';
import { summarize } from '../types/describe.ts';
import type { Comparison } from '../types/finding.ts';
import { displayRef } from '../types/object-ref.ts';
import type { FixOutcome } from '../types/outcome.ts';
import type { Plan } from '../types/plan.ts';
import type { Standing } from './weigh.ts';

export interface DecisionReportInput {
  readonly file: DecisionsFile;
  readonly previous: readonly ReportedDecision[];
  readonly comparison: Pick<Comparison, 'ignores'>;
  /** As weighed before anything was carried out. */
  readonly standing: Standing;
  /** Of what was carried out or held, by decision id. */
  readonly outcomes: ReadonlyMap<string, DecisionOutcome>;
  readonly plan: Pick<Plan, 'items'>;
  readonly fixes: readonly FixOutcome[];
}

/** What became of each decision, in the order of the file; the same state gives the same lines. */
export function reportDecisions(input: DecisionReportInput): readonly ReportedDecision[] {
  const { file, previous } = input;
  const before = new Map(previous.map((line) => [line.id, line]));
  const unread = file.unreadable === '' ? [] : [noEffect('', 'decisions.yaml', file.unreadable)];
  const mistakes = file.mistakes.map(({ entry, line, error }) => noEffect('', `${entry}, line ${line}`, error));
  const decided = file.decisions.map((decision) => {
    const known = before.get(decision.id);
    return known?.effect === 'spent' ? known : lineOf(decision, effectOf(decision, known, input), known);
  });
  // What was spent must stay so: a file that is mended must not decide again.
  const kept = file.unreadable === '' ? [] : previous.filter(({ id, effect }) => effect === 'spent' && !isListed(id, decided));
  return [...unread, ...mistakes, ...decided, ...kept];
}

function isListed(id: string, lines: readonly ReportedDecision[]): boolean {
  return lines.some((line) => line.id === id);
}

type Became = Pick<DecisionOutcome, 'effect' | 'detail'>;

function noEffect(kind: ReportedDecision['kind'], what: string, detail: string): ReportedDecision {
  return { id: '', kind, what, by: '', decidedAt: '', reason: '', effect: 'no-effect', detail };
}

function lineOf(
  decision: Decision,
  became: Became & { readonly what: string },
  known: ReportedDecision | undefined,
): ReportedDecision {
  return {
    id: decision.id,
    kind: decision.kind,
    // Once its finding is gone nothing else tells what it was about.
    what: became.what === '' ? (known?.what ?? aboutUnknown(decision)) : became.what,
    by: displayDecider(decision.by),
    decidedAt: decision.by?.time ?? '',
    reason: decision.reason,
    effect: became.effect,
    detail: became.detail,
  };
}

function aboutUnknown(decision: Decision): string {
  return decision.kind === 'ignore' ? '' : `finding ${decision.fingerprint}`;
}

function effectOf(
  decision: Decision,
  known: ReportedDecision | undefined,
  input: DecisionReportInput,
): Became & { readonly what: string } {
  if (decision.kind === 'ignore') return ignoreEffect(decision, input.comparison);
  const open = input.standing.open.find((entry) => entry.decision.id === decision.id);
  const what = open ? `${displayRef(open.finding.ref)}: ${summarize(open.finding)}` : '';
  const outcome = input.outcomes.get(decision.id);
  if (outcome) return { what, effect: outcome.effect, detail: outcome.detail };
  if (!open) {
    if (known?.effect === 'staged') return { what, effect: 'spent', detail: `${known.detail}; it is applied` };
    return {
      what,
      effect: 'unused',
      detail: 'nothing drifts in exactly this way now; remove the entry, or decide on what is there',
    };
  }
  return { what, ...targetEffect(decision, open.finding.id, input) };
}

function ignoreEffect({ rule }: IgnoreDecision, { ignores }: Pick<Comparison, 'ignores'>): Became & { readonly what: string } {
  const selectors = (['namespace', 'kind', 'name', 'path', 'manager'] as const).flatMap((name) =>
    rule[name] === undefined ? [] : [`${name} ${rule[name]}`],
  );
  const what = selectors.join(', ');
  const use = ignores.find((entry) => entry.rule === rule);
  if (use?.isExpired) return { what, effect: 'expired', detail: `it ended ${rule.until}; remove the entry or move the date` };
  if (!use || use.matches === 0) return { what, effect: 'unused', detail: 'it covers nothing now' };
  return { what, effect: 'active', detail: rule.until === undefined ? 'for good' : `until ${rule.until}` };
}

/** Of a decision that the plan and the fixes took up. */
function targetEffect(decision: TargetedDecision, findingId: string, { plan, fixes }: DecisionReportInput): Became {
  const item = plan.items.find(({ ranked }) => ranked.finding.id === findingId);
  if (decision.kind !== 'fix') return { effect: 'planned', detail: `the next run ${decision.kind}s it` };
  const fix = fixes.find((outcome) => outcome.findingId === findingId);
  const where = fix && fix.revision > 0 ? `, revision ${fix.revision}` : '';
  const by: Readonly<Record<NonNullable<typeof fix>['result'], DecisionEffect>> = {
    fixed: 'spent',
    overridden: 'spent',
    staged: 'staged',
    conflict: 'waiting',
    failed: 'waiting',
  };
  if (fix) {
    const words = fix.message === '' ? fix.result : `${fix.result}: ${fix.message}`;
    return { effect: by[fix.result], detail: `${words}${where}` };
  }
  if (item?.action === 'fix' || item?.action === 'stage') return { effect: 'planned', detail: 'the next run fixes it' };
  return {
    effect: 'waiting',
    detail: item ? `${item.reason}${item.detail === '' ? '' : `: ${item.detail}`}` : 'it was not judged',
  };
}
