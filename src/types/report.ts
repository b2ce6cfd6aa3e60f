import type { ReportedDecision } from './decision.ts';
import type { Blame, FindingClass } from './finding.ts';
import type { Json } from './json.ts';
import type { ObjectRef } from './object-ref.ts';
import type { OutcomeResult } from './outcome.ts';
import type { Pause, PlanAction, PlanReason, TrippedGuard } from './plan.ts';
import type { Opinion, Severity } from './ranking.ts';

/** What a drift is, whether it is open or was brought back. Values are shown ones; a masked value is `***`. */
export interface ReportedDrift {
  readonly class: FindingClass;
  readonly object: ObjectRef;
  readonly path: string;
  /** What happened, in a few words. */
  readonly summary: string;
  readonly desired: Json;
  readonly live: Json;
  readonly blame: Blame | null;
  readonly unit: string;
  readonly isCritical: boolean;
  readonly severity: Severity;
  /** Live minus desired, US dollars a month; null where it cannot be known. */
  readonly costUsdPerMonth: number | null;
  readonly changeSet: string;
  readonly revision: number;
  /** RFC 3339; set once and carried over while the finding stays. */
  readonly firstSeen: string;
  readonly opinion: Opinion | null;
}

/** An open finding: one line of findings.jsonl. */
export interface ReportFinding extends ReportedDrift {
  readonly id: string;
  readonly fingerprint: string;
  readonly restartsPods: boolean;
  readonly action: PlanAction;
  readonly reason: PlanReason;
  readonly detail: string;
  /** What became of a planned fix that left the finding open; null where none was planned. */
  readonly result: OutcomeResult | null;
  readonly message: string;
}

/** A drift that was brought back, or taken back right after: one line of corrections.jsonl. */
export interface Correction extends ReportedDrift {
  readonly time: string;
  readonly findingId: string;
  readonly correctionId: string;
  readonly result: 'fixed' | 'overridden';
}

/** A unit whose configuration an upgrade from its upstream would change. */
export interface PromotionNeed {
  /** `space/slug`, as upstream is. */
  readonly unit: string;
  readonly upstream: string;
  /** Why ConfigHub would refuse the upgrade; empty where it would not. */
  readonly refusal: string;
}

/** Something that could not be compared, and why. */
export interface Incomplete {
  readonly what: string;
  readonly error: string;
}

/** The state after a pass. Holds no clock, duration or pass id: an unchanged drift gives the same bytes. */
export interface Report {
  readonly cluster: string;
  /** sha256 over the fingerprints of open findings and the ids of all kept corrections. */
  readonly digest: string;
  /** What is still open, worst first. */
  readonly findings: readonly ReportFinding[];
  /** The last 20 of each field, oldest first; the last lines are this pass's. */
  readonly corrections: readonly Correction[];
  /** How many of `corrections` are this pass's. */
  readonly correctedNow: number;
  /** How many of this pass's findings were not in the last report. */
  readonly newFindings: number;
  readonly incomplete: readonly Incomplete[];
  readonly guard: TrippedGuard | undefined;
  readonly promotions: readonly PromotionNeed[];
  /** What became of what people decided by commit, in the order of their file; spent ones are remembered by it. */
  readonly decisions: readonly ReportedDecision[];
  /** Holds that people set by annotation. */
  readonly pauses: readonly Pause[];
  /** How many objects units declared, as the guard against a shrunken desired side remembers it. */
  readonly desiredObjects: number;
  /** What holds for all corrections, as sentences without a full stop. */
  readonly notes: readonly string[];
  readonly prices: string;
}

/** What the last report said, as far as this pass needs it. */
export interface PreviousReport {
  readonly findings: readonly ReportFinding[];
  readonly corrections: readonly Correction[];
  /** `Report.desiredObjects`; 0 where there is no report yet. */
  readonly desiredObjects: number;
  readonly decisions: readonly ReportedDecision[];
}

/** RFC 3339 of the time a finding was first reported: the last report's, or now. */
export function firstSeenOf(previous: Pick<PreviousReport, 'findings'>, now: Date): (findingId: string) => string {
  const known = new Map(previous.findings.map((finding) => [finding.id, finding.firstSeen]));
  return (findingId) => known.get(findingId) ?? now.toISOString();
}
