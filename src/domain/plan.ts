import type { ChangeSetRef, DesiredObject, DesiredUnit } from './desired.ts';
import type { Finding } from './finding.ts';
import type { GuardName, TrippedGuard } from './guards.ts';
import type { RankedFinding } from './ranking.ts';
import type { LiveObject } from './snapshot.ts';

/** The action for a finding. */
type PlanAction = 'fix' | 'stage' | 'report' | 'blocked';

/** Why, as a constant that report and log show; the detail is the sentence beside it. */
export type PlanReason =
  | GuardName
  | 'auto-fix'
  | 'auto-fix-off'
  | 'decided'
  | 'changeset-locked'
  | 'locked-elsewhere'
  | 'unfinished-pair'
  | 'changeset-closed'
  | 'apply-gate'
  | 'grace'
  | 'paused'
  | 'contested'
  | 'no-effect'
  | 'terminating'
  | 'denied'
  | 'permission'
  | 'admission'
  | 'not-predictable'
  | 'unapplied-changes'
  | 'changed-by-other'
  | 'held-by-model'
  | 'autoscaler'
  | 'immutable'
  | 'never-fixed'
  | 'never-created'
  | 'own-object'
  | 'secret'
  | 'no-unit';

export interface PlanItem {
  readonly ranked: RankedFinding;
  readonly action: PlanAction;
  readonly reason: PlanReason;
  /** One sentence, with what to do where something can be done; may be empty. */
  readonly detail: string;
  /** The fix replaces pods: by the API server's dry run if there was one, otherwise by the changed path. */
  readonly restartsPods: boolean;
}

/** Why a finding cannot be fixed, as the API server's answer to a dry run says. */
export interface Refusal {
  readonly reason: 'denied' | 'permission' | 'admission' | 'not-predictable';
  /** The server's words where it has any. */
  readonly detail: string;
}

/** What the API server answers to a dry run of an object's fix. */
export interface Prediction {
  /** The pod template changes, so pods are replaced. */
  readonly restartsPods: boolean;
  /** By id of the finding; the other fixes remain as planned. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** An apply of the unit gives the same as the pass's own write, so that none is needed. */
  readonly isAppliedAlone: boolean;
  /** JSON pointers of other changes by admission. */
  readonly alsoChanged: readonly string[];
}

/** People's decisions by commit, as far as the plan needs them: the author by the fingerprint of the finding. */
export interface PlanDecisions {
  /** To be fixed, regardless of class rules and of the guards against large changes. */
  readonly approved: ReadonlyMap<string, string>;
  /** Not fixed: accepted, or to be adopted. */
  readonly kept: ReadonlyMap<string, string>;
  /** Why the decisions are unknown; empty if they are known. */
  readonly unreadable: string;
}

/** The findings of one object, split into those to fix and those to leave. */
export interface ObjectFix {
  readonly desired: DesiredObject;
  /** `undefined` if the object is missing; the fix creates it. */
  readonly live: LiveObject | undefined;
  readonly fix: readonly Finding[];
  /** Differing fields that the fix must not touch: autoscaled, paused, changed by controllers. */
  readonly leave: readonly Finding[];
}

/** Everything to be done for one unit. */
export interface UnitFix {
  /** Hash of unit, desired text, drifted objects and patch: equal fixes have equal ids. */
  readonly id: string;
  readonly unit: DesiredUnit;
  readonly objects: readonly ObjectFix[];
  /** The unit's other objects, without a fix. */
  readonly others: readonly DesiredObject[];
  readonly isCritical: boolean;
  /** Write the drifted and the restored state as two revisions; the Lease has the record of a fix without. */
  readonly writesPair: boolean;
  /** The person's changeset that the pair belongs to; `undefined` for the pass's own. */
  readonly changeSet: ChangeSetRef | undefined;
  /** Left for a person to apply. */
  readonly isStaged: boolean;
  /** Who writes to the cluster: ConfigHub applies the unit, the pass patches its objects, or first the pass and then ConfigHub. */
  readonly route: 'confighub' | 'direct' | 'both';
}

/** A pause that a person set by annotation. */
export interface Pause {
  /** `namespace/shop` or `shop/deployment/web` */
  readonly what: string;
  /** The annotation's text. */
  readonly until: string;
}

export interface Plan {
  /** Every finding, in rank order. */
  readonly items: readonly PlanItem[];
  /** Critical units first, then by rank. */
  readonly fixes: readonly UnitFix[];
  readonly guard: TrippedGuard | undefined;
  readonly pauses: readonly Pause[];
  /** Objects with fields that a pass wrote and that are not yet returned to their deliverer. */
  readonly ownershipPending: readonly DesiredObject[];
  /** How many objects units declare, for the next pass to compare with. */
  readonly desiredObjects: number;
  /** What holds for all of it, as sentences without a full stop. */
  readonly notes: readonly string[];
  /** The same, for what a person should change. */
  readonly warnings: readonly string[];
}
