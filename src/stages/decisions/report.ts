import {
  type Decision,
  type DecisionEffect,
  type DecisionOutcome,
  type DecisionsFile,
  displayDecider,
  type IgnoreDecision,
  type ReportedDecision,
  type TargetedDecision,
} from '../../domain/decision.ts';
import { summarize } from '../../domain/describe.ts';
import type { Comparison, Finding } from '../../domain/finding.ts';
import { selectorsOf } from '../../domain/ignore-rule.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { FixOutcome } from '../../domain/outcome.ts';
import type { Plan } from '../../domain/plan.ts';
import type { RecordedFix } from '../../domain/report.ts';
import type { MatchedDecisions } from './match.ts';

export interface DecisionReportInput {
  readonly file: DecisionsFile;
  readonly previous: readonly ReportedDecision[];
  /** After what was carried out. */
  readonly comparison: Pick<Comparison, 'ignores' | 'objects'>;
  /** As weighed before anything was carried out. */
  readonly matched: MatchedDecisions;
  /** Of what was carried out or held, by decision id. */
  readonly outcomes: ReadonlyMap<string, DecisionOutcome>;
  readonly plan: Pick<Plan, 'items'>;
  readonly fixes: readonly FixOutcome[];
  /** Fingerprints of findings of the last report of which nothing is known now, for want of a read. */
  readonly unread: ReadonlySet<string>;
  /** Everything was read, so that what covers nothing covers nothing. */
  readonly isComplete: boolean;
  /** Fixes that an interrupted pass made and that no report names. */
  readonly recorded: readonly Pick<RecordedFix, 'ranked' | 'revision'>[];
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
  // An applied decision stays applied: a corrected file or entry must not apply it again.
  const isSound = file.unreadable === '' && file.mistakes.length === 0;
  const kept = isSound ? [] : previous.filter(({ id, effect }) => effect === 'spent' && !isListed(id, decided));
  return [...unread, ...mistakes, ...decided, ...kept];
}

function isListed(id: string, lines: readonly ReportedDecision[]): boolean {
  return lines.some((line) => line.id === id);
}

type Became = Pick<DecisionOutcome, 'effect' | 'detail'>;

function noEffect(kind: ReportedDecision['kind'], what: string, detail: string): ReportedDecision {
  return { id: '', kind, what, by: '', decidedAt: '', commit: '', reason: '', effect: 'no-effect', detail };
}

function lineOf(
  decision: Decision,
  became: Became & { readonly what: string },
  known: ReportedDecision | undefined,
): ReportedDecision {
  return {
    id: decision.id,
    kind: decision.kind,
    // Once its finding is resolved, only the last report says what it was about.
    what: became.what === '' ? (known?.what ?? aboutUnknown(decision)) : became.what,
    by: displayDecider(decision.by),
    decidedAt: decision.by?.time ?? '',
    commit: decision.by?.commit || (known?.commit ?? ''),
    reason: decision.reason,
    effect: became.effect,
    detail: became.detail,
  };
}

function aboutUnknown(decision: Decision): string {
  return decision.kind === 'ignore' ? '' : `finding ${decision.fingerprint}`;
}

function aboutFinding(finding: Finding): string {
  return `${displayRef(finding.ref)}: ${summarize(finding)}`;
}

function effectOf(
  decision: Decision,
  known: ReportedDecision | undefined,
  input: DecisionReportInput,
): Became & { readonly what: string } {
  if (decision.kind === 'ignore') return ignoreEffect(decision, known, input);
  const open = input.matched.open.find((entry) => entry.decision.id === decision.id);
  const what = open ? aboutFinding(open.finding) : '';
  const outcome = input.outcomes.get(decision.id);
  if (outcome) return { what, effect: outcome.effect, detail: `${outcome.detail}${stillUnmanaged(decision, outcome, input)}` };
  if (!open) {
    // Neither applied nor resolved: its finding is back once it can be read.
    if (input.unread.has(decision.fingerprint)) {
      const { effect = 'waiting', detail = 'its finding could not be read' } = known ?? {};
      return { what, effect, detail };
    }
    const done = input.recorded.find(
      ({ ranked }) => decision.kind === 'fix' && ranked.finding.fingerprint === decision.fingerprint,
    );
    if (done) return { what: aboutFinding(done.ranked.finding), effect: 'spent', detail: `fixed, revision ${done.revision}` };
    if (known?.effect === 'staged') return { what, effect: 'spent', detail: `${known.detail}; the drift is resolved` };
    return {
      what,
      effect: 'unused',
      detail: 'no open finding has this fingerprint; remove the entry, or decide about an open finding',
    };
  }
  return { what, ...targetEffect(decision, open.finding.id, known, input) };
}

/** A unit of a compared space may still not be among those that the configuration picks; empty where it is. */
function stillUnmanaged(
  { kind, fingerprint }: TargetedDecision,
  { effect }: DecisionOutcome,
  { comparison }: DecisionReportInput,
): string {
  if (kind !== 'adopt' || effect !== 'spent') return '';
  const isUnmanaged = comparison.objects.some(({ findings }) => findings.some((found) => found.fingerprint === fingerprint));
  return isUnmanaged
    ? ', which is not compared, so the workload stays unmanaged; include it in CONFIGHUB_WHERE or CONFIGHUB_FILTER'
    : '';
}

function ignoreEffect(
  { rule }: IgnoreDecision,
  known: ReportedDecision | undefined,
  { comparison: { ignores }, isComplete }: DecisionReportInput,
): Became & { readonly what: string } {
  const what = selectorsOf(rule);
  const use = ignores.find((entry) => entry.rule === rule);
  if (use?.isExpired) return { what, effect: 'expired', detail: `it expired ${rule.until}; remove the entry or change the date` };
  const isUsed = use && (use.matches > 0 || (!isComplete && known?.effect === 'active'));
  if (!isUsed) return { what, effect: 'unused', detail: 'it matches nothing' };
  return { what, effect: 'active', detail: rule.until === undefined ? 'permanent' : `until ${rule.until}` };
}

/** Of a decision that the plan and the fixes took up. */
function targetEffect(
  decision: TargetedDecision,
  findingId: string,
  known: ReportedDecision | undefined,
  { plan, fixes }: DecisionReportInput,
): Became {
  const item = plan.items.find(({ ranked }) => ranked.finding.id === findingId);
  if (decision.kind !== 'fix') return { effect: 'planned', detail: `the next run ${decision.kind}s it` };
  const fix = fixes.find((outcome) => outcome.findingId === findingId);
  const where = fix && fix.revision > 0 ? `, revision ${fix.revision}` : '';
  const by: Readonly<Record<NonNullable<typeof fix>['result'], DecisionEffect>> = {
    fixed: 'spent',
    overridden: 'spent',
    staged: 'staged',
    'no-effect': 'waiting',
    conflict: 'waiting',
    failed: 'waiting',
  };
  if (fix) {
    const effect = by[fix.result];
    // Another failure keeps the earlier detail, even if the server's words differ.
    const isAgain = effect === 'waiting' && known?.effect === effect && known.detail.startsWith(fix.result);
    if (isAgain) return { effect, detail: known.detail };
    const words = fix.message === '' ? fix.result : `${fix.result}: ${fix.message}`;
    return { effect, detail: `${words}${where}` };
  }
  if (item?.action === 'fix' || item?.action === 'stage') return { effect: 'planned', detail: 'the next run fixes it' };
  return {
    effect: 'waiting',
    detail: item ? `${item.reason}${item.detail === '' ? '' : `: ${item.detail}`}` : 'it was not judged',
  };
}
