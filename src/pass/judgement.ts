import type { DecisionsFile } from '../domain/decision.ts';
import type { DesiredState } from '../domain/desired.ts';
import type { Comparison, InvalidObject } from '../domain/finding.ts';
import type { Plan } from '../domain/plan.ts';
import type { Ranking } from '../domain/ranking.ts';
import type { PreviousReport } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { MatchedDecisions } from '../stages/decisions/decisions.ts';
import type { DesiredOptions } from '../stages/desired/desired.ts';
import type { DiffOptions } from '../stages/diff/diff.ts';
import type { FixNote } from '../stages/fix/note.ts';
import type { PlanOptions } from '../stages/plan/plan.ts';
import type { RankOptions } from '../stages/rank/rank.ts';
import type { CommitFacts, LinkTemplates } from '../stages/report/report.ts';
import type { SnapshotOptions } from '../stages/snapshot/snapshot.ts';
import type { DecisionOutcomes } from './decisions.ts';

export interface PassOptions {
  /** Without the Lease another pass may be running, so no decision is applied. */
  readonly holdsLease: boolean;
  readonly snapshot: Omit<SnapshotOptions, 'signal'>;
  readonly desired: Omit<DesiredOptions, 'signal'>;
  readonly diff: DiffOptions;
  readonly rank: Omit<RankOptions, 'now' | 'signal' | 'known'>;
  readonly plan: PlanOptions;
  /** Called before and after a report of fixes is pushed, with the number of fixes in no report at that time. */
  readonly onUnreported: (fixes: number) => void;
  /** Fixes without a pair, as the Lease has them from passes before this one. */
  readonly notes: readonly FixNote[];
  /** Keeps these on the Lease from now on; rejects where that does not succeed. */
  readonly keepNotes: (notes: readonly FixNote[]) => Promise<void>;
  readonly publishRelease: boolean;
  readonly waitHealthySeconds: number;
  /** Folder of the reports inside the report repository. */
  readonly reportPath: string;
  readonly links: LinkTemplates;
  readonly commit: CommitFacts;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What a pass saw and decided before anything was written. */
export interface Judgement {
  readonly snapshot: Snapshot;
  readonly desired: DesiredState;
  readonly comparison: Comparison;
  readonly ranking: Ranking;
  readonly plan: Plan;
  /** Decisions by commit: the file, where they stood before anything was carried out, and what became of those that were. */
  readonly decisions: DecisionsFile;
  readonly matched: MatchedDecisions;
  readonly decided: DecisionOutcomes;
  /** Why there was nothing to compare; empty where there was. */
  readonly nothingCompared: string;
}

/** The input of a judgement besides the two sides, with its functions that may write. */
export interface JudgeInput {
  readonly previous: PreviousReport;
  readonly decisions: DecisionsFile;
  /** Pulls the desired side; the writing pass finishes first what another one left. */
  readonly pull: () => Promise<DesiredState>;
  /** Makes the desired side ready once the live one is read, as where manifests do not say who delivers them. */
  readonly prepare?: (desired: DesiredState, snapshot: Snapshot) => DesiredState;
  /** Adds the place to what the comparison refused. */
  readonly located?: (invalid: InvalidObject) => InvalidObject;
  /** Carries out what was decided about ConfigHub; absent where nothing is written. */
  readonly carryOut?: (matched: MatchedDecisions, snapshot: Snapshot, desired: DesiredState) => Promise<DecisionOutcomes>;
}

/** Both sides and how they differ, once what people decided about ConfigHub was carried out. */
export type ComparedSides = Pick<Judgement, 'snapshot' | 'desired' | 'comparison' | 'matched' | 'decided'>;
