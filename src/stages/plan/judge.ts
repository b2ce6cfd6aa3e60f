import { ACTORS } from '../../domain/actor-classes.ts';
import { displayBlame, sanitize } from '../../domain/describe.ts';
import type { ChangeSetRef, DesiredUnit } from '../../domain/desired.ts';
import { observedMarker } from '../../domain/drift-marker.ts';
import { actorWords } from '../../domain/field-managers.ts';
import { isDrift, type ObjectComparison } from '../../domain/finding.ts';
import { stringAt } from '../../domain/json.ts';
import type { Pause, PlanItem, Prediction } from '../../domain/plan.ts';
import type { RankedFinding } from '../../domain/ranking.ts';
import type { Correction } from '../../domain/report.ts';
import type { ServerAbilities } from '../../domain/server.ts';
import { plural } from '../../domain/words.ts';
import { contestOf, noEffectUntil } from './contested.ts';
import { pauseDetail, pauseOf } from './pause.ts';

export interface FixPolicy {
  readonly autoFix: boolean;
  /** Create objects that a unit declares and the cluster lacks. */
  readonly createMissing: boolean;
  /** The changeset that DRIFT_CHANGESET names. */
  readonly changeSet: (ChangeSetRef & { readonly isClosed: boolean }) | undefined;
  readonly applyChangeSet: boolean;
  /** Seconds that a fresh change is left alone. */
  readonly graceSeconds: number;
  /** Fixes of a field within 24 hours after which it is left to the manager that reverts it; 0 for no limit. */
  readonly contestedAfter: number;
  /** What the ConfigHub server can be asked to do. */
  readonly server: ServerAbilities;
}

/** The input of a decision besides the finding itself. */
export interface FindingContext {
  readonly object: ObjectComparison | undefined;
  readonly pauses: readonly Pause[];
  readonly terminating: readonly string[];
  /** Why a part of the object's unit could not be read; `undefined` if it was read completely. */
  readonly unreadPart: string | undefined;
  readonly corrections: readonly Correction[];
  /** RFC 3339 time at which the finding was first reported; now where the last report has it with other values. */
  readonly seenSince: string;
  /** How the API server answered a dry run of the object's fix; `undefined` before it was asked. */
  readonly prediction: Prediction | undefined;
  /** Who decided that this finding is fixed; `undefined` without a decision. */
  readonly approvedBy: string | undefined;
  /** Who decided that it stays as it is, and what is still in the way of that. */
  readonly keptBy: string | undefined;
  readonly now: Date;
}

type Decision = Omit<PlanItem, 'ranked' | 'restartsPods'>;
type Rule = (
  ranked: RankedFinding,
  unit: DesiredUnit | undefined,
  policy: FixPolicy,
  context: FindingContext,
) => Decision | undefined;

const report = (reason: PlanItem['reason'], detail: string): Decision => ({ action: 'report', reason, detail });
const blocked = (reason: PlanItem['reason'], detail: string): Decision => ({ action: 'blocked', reason, detail });

/** A rule that a person's decision about this very finding overrules. */
const unlessApproved =
  (rule: Rule): Rule =>
  (ranked, unit, policy, context) =>
    context.approvedBy === undefined ? rule(ranked, unit, policy, context) : undefined;

/** The label by which the manifests know what belongs to the detector. */
const PART_OF = 'app.kubernetes.io/part-of';

/** Asked in this order; the first that answers decides. A new reason is a new entry. */
const RULES: readonly Rule[] = [
  (_, __, ___, { keptBy }) => (keptBy === undefined ? undefined : report('decided', keptBy)),
  ({ finding }) => (finding.class === 'terminating' ? report('terminating', finding.note) : undefined),
  ({ finding }) => (isDrift(finding) ? undefined : report('never-fixed', finding.note)),
  // Of manifests that ConfigHub does not hold.
  (_, unit) => (unit?.space === '' ? report('no-unit', 'only drift of ConfigHub units is fixed') : undefined),
  ({ finding }) => (finding.ref.kind === 'Secret' ? report('secret', 'Secrets are only reported') : undefined),
  ({ finding }) => {
    // The autoscaler continues from any value; it would undo a fix within seconds.
    if (finding.autoscaler === undefined) return undefined;
    return report('autoscaler', `HorizontalPodAutoscaler ${finding.autoscaler} controls this field`);
  },
  ({ finding }) => {
    const { method, command } = finding.repair;
    if (method === 'recreate') return blocked('immutable', `the field is immutable; ${command}, then apply the unit again`);
    return method === 'resize' ? blocked('immutable', `only the resize subresource changes it; ${command}`) : undefined;
  },
  unlessApproved((_, __, ___, { object }) => {
    // A person who suspends the detector must not be overruled by it, and a broken pass must not spread itself.
    const isOwn = object && stringAt(object.desired?.document ?? null, 'metadata', 'labels', PART_OF) === 'drift-detector';
    return isOwn ? report('own-object', "the detector's own deployment is only reported; a fix decision reverts it") : undefined;
  }),
  unlessApproved(({ finding }, _, policy) => {
    // Somebody deleted it, perhaps on purpose: putting a whole workload back is asked for by name.
    if (finding.class !== 'missing' || policy.createMissing) return undefined;
    return report('never-created', 'set DRIFT_CREATE_MISSING=true to create it');
  }),
  unlessApproved(({ finding }) => {
    const { blame } = finding;
    const scope = blame ? ACTORS[blame.actor].fixes : 'declared';
    if (scope === 'all' || (scope === 'declared' && finding.class !== 'added')) return undefined;
    const by = blame ? `${displayBlame(finding)} (${actorWords(blame)}) changed it last` : 'no field manager is recorded';
    return report('changed-by-other', `${by} and may need it; a fix decision reverts it`);
  }),
  unlessApproved((_, __, policy) =>
    policy.autoFix ? undefined : report('auto-fix-off', 'AUTO_FIX is off; set AUTO_FIX=true to fix it'),
  ),
  (_, unit, __, { unreadPart }) => {
    if (unreadPart === undefined) return undefined;
    return blocked(
      'incomplete-read',
      `unit ${unit?.slug ?? ''} could not be read completely: ${unreadPart}; correct the unit first`,
    );
  },
  ({ finding }, _, __, { terminating }) => {
    if (!terminating.includes(finding.ref.namespace)) return undefined;
    return report('terminating', `namespace ${finding.ref.namespace} is being deleted`);
  },
  ({ finding }, _, __, { object, pauses }) => {
    const pause = pauseOf(pauses, object?.live, finding.ref.namespace);
    return pause && report('paused', pauseDetail(pause));
  },
  unlessApproved(({ finding }, _, { graceSeconds }, { seenSince, now }) => {
    const changed = Date.parse(finding.blame?.time ?? '');
    const since = Number.isNaN(changed) ? Date.parse(seenSince) : changed;
    const until = since + graceSeconds * 1000;
    return now.getTime() < until
      ? report('grace', `changed recently; will be fixed after ${rfc3339(until)} (DRIFT_FIX_GRACE)`)
      : undefined;
  }),
  unlessApproved(({ finding }, _, { contestedAfter }, { corrections, now }) => {
    const contest = contestOf(finding, corrections, contestedAfter, now);
    if (!contest) return undefined;
    const { manager, until } = contest;
    return report(
      'contested',
      `${manager} keeps reverting the fix (${plural(contest.corrections, 'fix')} so far); next fix after ${rfc3339(until)}`,
    );
  }),
  ({ finding }, _, __, { corrections, now }) => {
    const until = noEffectUntil(finding, corrections, now);
    if (until === undefined) return undefined;
    return report('no-effect', `the API server accepted the same fix before, without effect; next fix after ${rfc3339(until)}`);
  },
  (_, unit) => {
    if (!unit || unit.gates.length === 0) return undefined;
    return blocked('apply-gate', `apply gate ${unit.gates.join(', ')} must be passed in ConfigHub first`);
  },
  (_, unit) => {
    // An earlier pass's half pair is finished by now. One that is left was written by others, or could not be finished.
    if (!unit || !observedMarker(unit.lastChangeDescription) || unit.headRevision === unit.liveRevision) return undefined;
    return blocked(
      'unfinished-pair',
      `revision ${unit.headRevision} of the unit has the description of an unfinished fix, but was changed since or could not be finished; check it, and save it again with another description`,
    );
  },
  (_, unit) => {
    // Left-overs of a killed pass are finished before anything is judged, so this one is still running.
    if (unit?.changeSet?.openedFor === undefined) return undefined;
    return blocked('locked-elsewhere', `another pass is fixing it under changeset ${unit.changeSet.slug}`);
  },
  (_, unit, policy) => {
    if (!policy.changeSet || !unit?.changeSet || unit.changeSet.id === policy.changeSet.id) return undefined;
    return blocked(
      'locked-elsewhere',
      `the unit is locked by changeset ${unit.changeSet.slug}, DRIFT_CHANGESET names ${policy.changeSet.slug}`,
    );
  },
  (_, unit, policy) => {
    if (!policy.changeSet?.isClosed || unit?.changeSet) return undefined;
    return blocked(
      'changeset-closed',
      `changeset ${policy.changeSet.slug} is closed; name an open one in DRIFT_CHANGESET or leave it out`,
    );
  },
  (_, unit, policy) => {
    // Staging writes a pair of revisions, and none is written on top of another unapplied change.
    const isToStage = (unit?.changeSet ?? policy.changeSet) !== undefined && !policy.applyChangeSet;
    if (!unit?.hasUnappliedChanges || !isToStage) return undefined;
    return blocked(
      'unapplied-changes',
      `revision ${unit.headRevision} of unit ${unit.slug} is not applied yet; apply it, or restore revision ${unit.liveRevision}, then the fix can be staged`,
    );
  },
  ({ finding }, _, __, { prediction, approvedBy }) => {
    const refusal = prediction?.refused.get(finding.id);
    if (!refusal || (refusal.reason === 'not-predictable' && approvedBy !== undefined)) return undefined;
    return blocked(refusal.reason, refusal.detail);
  },
  unlessApproved(({ opinion }) => (opinion?.isHeld ? report('held-by-model', 'the model advises to check it first') : undefined)),
  (_, unit, policy) => {
    const changeSet = unit?.changeSet ?? policy.changeSet;
    if (!changeSet || policy.applyChangeSet) return undefined;
    const detail = policy.server.appliesUnits
      ? `cub unit apply --revision ChangeSet:${changeSet.space}/${changeSet.slug} applies it`
      : `close changeset ${changeSet.space}/${changeSet.slug} and publish a release of space ${unit?.space ?? ''} to apply it`;
    return { action: 'stage', reason: 'changeset-locked', detail };
  },
];

/** What is to be done about one finding. */
export function judgeFinding(
  ranked: RankedFinding,
  unit: DesiredUnit | undefined,
  policy: FixPolicy,
  context: FindingContext,
): PlanItem {
  // The API server predicts the fix of the whole object; a field that restarts nothing by itself still restarts nothing.
  const restartsPods = ranked.finding.restartsPods && context.prediction?.restartsPods !== false;
  for (const rule of RULES) {
    const decision = rule(ranked, unit, policy, context);
    if (decision) return { ranked, restartsPods, ...decision };
  }
  const { approvedBy, prediction } = context;
  const beside = alsoChanged(prediction);
  return approvedBy === undefined
    ? { ranked, restartsPods, action: 'fix', reason: 'auto-fix', detail: beside }
    : {
        ranked,
        restartsPods,
        action: 'fix',
        reason: 'decided',
        detail: [approvedBy, beside].filter((text) => text !== '').join('; '),
      };
}

/** Fields that are named one by one. */
const NAMED = 3;

function alsoChanged(prediction: Prediction | undefined): string {
  const paths = prediction?.alsoChanged ?? [];
  if (paths.length === 0) return '';
  const rest = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
  return `admission also changes ${paths.slice(0, NAMED).map(sanitize).join(', ')}${rest}`;
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/u, 'Z');
}
