import { decisionsIn } from '../../domain/accept-marker.ts';
import {
  type DecisionOutcome,
  type DecisionsFile,
  displayDecider,
  type ReportedDecision,
  type TargetedDecision,
} from '../../domain/decision.ts';
import type { DesiredUnit } from '../../domain/desired.ts';
import type { Comparison, Finding, ObjectComparison } from '../../domain/finding.ts';
import type { PlanDecisions } from '../../domain/plan.ts';

/** A decision and the finding that it is about. */
export interface OpenDecision {
  readonly decision: TargetedDecision;
  readonly finding: Finding;
  readonly object: ObjectComparison;
}

/** Decisions and their findings, before any is applied. */
export interface MatchedDecisions {
  /** In the order of the file, without applied ones. */
  readonly open: readonly OpenDecision[];
  /** What is known of others without trying: contradictions, and what an interrupted pass carried out. */
  readonly outcomes: readonly DecisionOutcome[];
}

export interface MatchInput {
  readonly file: DecisionsFile;
  readonly previous: readonly ReportedDecision[];
  readonly comparison: Pick<Comparison, 'objects'>;
  readonly units: readonly Pick<DesiredUnit, 'space' | 'slug' | 'headRevision' | 'lastChangeDescription'>[];
}

/** Finds what each decision is about. An applied one matches nothing, even if the same drift came back. */
export function matchDecisions({ file, previous, comparison, units }: MatchInput): MatchedDecisions {
  const spent = new Set(previous.filter(({ effect }) => effect === 'spent').map(({ id }) => id));
  const found = new Map<string, Pick<OpenDecision, 'finding' | 'object'>>();
  const covered = new Map<string, Finding>();
  for (const object of comparison.objects)
    for (const finding of object.findings) {
      found.set(finding.fingerprint, { finding, object });
      if (finding.coveredFingerprint !== undefined) covered.set(finding.coveredFingerprint, finding);
    }
  const carriedOut = new Map(units.flatMap((unit) => decisionsIn(unit.lastChangeDescription).map((id) => [id, unit] as const)));
  const open: OpenDecision[] = [];
  const outcomes: DecisionOutcome[] = [];
  for (const decision of file.decisions) {
    if (decision.kind === 'ignore' || spent.has(decision.id)) continue;
    const about = found.get(decision.fingerprint);
    const unit = carriedOut.get(decision.id);
    const ignored = covered.get(decision.fingerprint);
    if (about) open.push({ decision, ...about });
    // The pass that wrote it ended before it could report.
    else if (unit) {
      const detail = `revision ${unit.headRevision} of unit ${unit.space}/${unit.slug}`;
      outcomes.push({ id: decision.id, effect: 'spent', detail });
    } else if (ignored) {
      const detail = `it contradicts the rule that covers this (${ignored.note}); remove one of them`;
      outcomes.push({ id: decision.id, effect: 'refused', detail });
    }
  }
  const kindsOf = Map.groupBy(open, ({ decision }) => decision.fingerprint);
  for (const about of kindsOf.values()) {
    if (about.length < 2) continue;
    for (const { decision } of about) {
      const others = about.filter((entry) => entry.decision !== decision).map(({ decision: other }) => other);
      const named = others.map((other) => `the ${other.kind} on line ${other.line}`).join(' and ');
      outcomes.push({ id: decision.id, effect: 'refused', detail: `it contradicts ${named}; remove one of them` });
    }
  }
  return { open, outcomes };
}

/**
 * Decisions for the plan: `fix` approves its finding; a live value that was accepted or adopted, or about which decisions
 * contradict each other, is not fixed.
 */
export function planDecisions(
  { unreadable }: Pick<DecisionsFile, 'unreadable'>,
  { open }: MatchedDecisions,
  outcomes: ReadonlyMap<string, DecisionOutcome>,
): PlanDecisions {
  const approved = new Map<string, string>();
  const kept = new Map<string, string>();
  for (const { decision, finding } of open) {
    const outcome = outcomes.get(decision.id);
    const sentence = `${decision.kind} decided by ${displayDecider(decision.by)}`;
    if (decision.kind === 'fix' && !outcome) approved.set(finding.fingerprint, sentence);
    else kept.set(finding.fingerprint, outcome ? `${sentence}: ${outcome.detail}` : sentence);
  }
  return { approved, kept, unreadable };
}
