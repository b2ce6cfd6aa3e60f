import { createHash } from 'node:crypto';
import type { DesiredObject, DesiredState, DesiredUnit } from '../../domain/desired.ts';
import { printPath } from '../../domain/field-path.ts';
import {
  type Comparison,
  canonicalJson,
  type FieldValue,
  type Finding,
  type ObjectComparison,
  wouldBeOverwritten,
} from '../../domain/finding.ts';
import type { Json } from '../../domain/json.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type {
  ObjectCorrection,
  Plan,
  PlanDecisions,
  PlanItem,
  Prediction,
  TrippedGuard,
  UnitCorrection,
} from '../../domain/plan.ts';
import type { RankedFinding, Ranking } from '../../domain/ranking.ts';
import { firstSeenOf, type PreviousReport } from '../../domain/report.ts';
import { Secret } from '../../domain/secret.ts';
import type { ServerAbilities } from '../../domain/server.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { DETECTOR_MANAGER } from '../../domain/snapshot.ts';
import {
  guardDecisions,
  guardMassChange,
  guardReads,
  guardReport,
  guardScaleToZero,
  guardShrink,
  guardUnreported,
  guardWrongCluster,
  type MassChangeLimits,
  notesOnReport,
  rememberedSize,
} from './guards.ts';
import { type FixPolicy, judgeFinding } from './judge.ts';
import { exportedUnits, notesOn } from './notes.ts';
import { activePauses } from './pause.ts';
import { judgeTogether, wouldChange } from './together.ts';

export interface PlanOptions extends MassChangeLimits, FixPolicy {
  /** By how much fewer objects units may declare than at the last report. */
  readonly maxShrinkPercent: number;
  /** Running workloads that one pass may scale to no replica. */
  readonly maxToZero: number;
  /** A cluster with nothing of what units declare is meant to be so. */
  readonly allowEmpty: boolean;
  /** Fixes of an earlier pass that no report could be pushed of. */
  readonly unreportedFixes: number;
  /** Write corrections as pairs of revisions. */
  readonly auditRevisions: boolean;
  /** Apply what was written under a person's changeset. */
  readonly applyChangeSet: boolean;
}

/** What the plan is made from: all of it read before, none of it read here. */
export interface PlanInput {
  readonly snapshot: Pick<Snapshot, 'failedReads' | 'objects' | 'pausedNamespaces' | 'terminating'>;
  readonly desired: Pick<DesiredState, 'objects' | 'invalid'>;
  readonly comparison: Comparison;
  readonly ranking: Ranking;
  readonly previous: Pick<PreviousReport, 'findings' | 'corrections' | 'desiredObjects' | 'faults'>;
  readonly now: Date;
  /** What the API server said to dry runs of a first plan's corrections, by object key. */
  readonly predictions?: ReadonlyMap<string, Prediction>;
  /** What people decided by commit; absent where nothing could be decided. */
  readonly decided?: PlanDecisions;
}

/** Decides for every finding what is done about it, and why; pure and total. */
export function planFixes(input: PlanInput, options: PlanOptions): Plan {
  const objectOf = new Map<string, ObjectComparison>();
  for (const object of input.comparison.objects) for (const finding of object.findings) objectOf.set(finding.id, object);
  const pauses = activePauses(input.snapshot, input.now);
  const firstSeen = firstSeenOf(input.previous, input.now);
  const fingerprints = new Set(input.previous.findings.map(({ fingerprint }) => fingerprint));
  const unreadParts = new Map(input.desired.invalid.map(({ space, slug, error }) => [`${space}/${slug}`, error]));
  const judgedAlone = input.ranking.findings.map((ranked): PlanItem => {
    const object = objectOf.get(ranked.finding.id);
    return judgeFinding(ranked, object?.desired?.unit, options, {
      object,
      pauses,
      terminating: input.snapshot.terminating,
      unreadPart: unreadParts.get(ranked.finding.unit),
      corrections: input.previous.corrections,
      // Other values are another change, made since: its grace begins anew.
      seenSince: fingerprints.has(ranked.finding.fingerprint) ? firstSeen(ranked.finding.id) : input.now.toISOString(),
      prediction: input.predictions?.get(keyOf(ranked)),
      approvedBy: input.decided?.approved.get(ranked.finding.fingerprint),
      keptBy: input.decided?.kept.get(ranked.finding.fingerprint),
      now: input.now,
    });
  });
  const judged = judgeTogether(judgedAlone);
  const planned = judged.filter(wouldChange).map(({ ranked }) => ranked.finding);
  const [declared, before] = [input.desired.objects.length, input.previous.desiredObjects];
  const shrink = guardShrink(declared, before, options.maxShrinkPercent);
  const ofReads = guardSides(input, options);
  const isApproved = (finding: Finding): boolean =>
    ofReads === undefined && input.decided?.approved.has(finding.fingerprint) === true;
  // What was approved one by one is no mass change.
  const counted = planned.filter((finding) => !isApproved(finding));
  const guard = planned.length === 0 ? undefined : (ofReads ?? guardCounts(counted, input.comparison, options));
  const isHeld = (item: PlanItem): boolean => wouldChange(item) && !isApproved(item.ranked.finding);
  const items = guard
    ? judged.map(
        (item): PlanItem => (isHeld(item) ? { ...item, action: 'blocked', reason: guard.name, detail: guard.detail } : item),
      )
    : judged;
  return {
    items,
    corrections: groupByUnit(items, objectOf, input, options),
    guard,
    pauses,
    ownershipPending: ownershipPending(input),
    desiredObjects: rememberedSize(declared, before, shrink),
    // Said also where nothing was to be fixed: it holds the next fix.
    notes: [
      ...notesOn(options.server),
      ...exportedUnits(input.desired),
      ...notesOnReport(input.previous.faults),
      ...(shrink && guard !== shrink ? [shrink.detail] : []),
    ],
  };
}

/** Objects whose fields a killed pass did not give back to whoever delivers them, in sync or not. */
function ownershipPending({ snapshot, desired }: Pick<PlanInput, 'snapshot' | 'desired'>): readonly DesiredObject[] {
  const bearing = new Set(
    snapshot.objects.flatMap(({ ref, owners }) =>
      owners.some(({ manager }) => manager === DETECTOR_MANAGER) ? [objectKey(ref)] : [],
    ),
  );
  return bearing.size === 0 ? [] : desired.objects.filter(({ ref }) => bearing.has(objectKey(ref)));
}

/** The guards that look at how well both sides, and what was decided, are known; whatever is wrong there stops everything. */
export function guardSides(
  { decided, snapshot, desired, previous }: Pick<PlanInput, 'decided' | 'snapshot' | 'desired' | 'previous'>,
  options: Pick<PlanOptions, 'maxShrinkPercent'>,
): TrippedGuard | undefined {
  return (
    guardDecisions(decided) ??
    guardReport(previous.faults) ??
    guardReads(snapshot) ??
    guardShrink(desired.objects.length, previous.desiredObjects, options.maxShrinkPercent)
  );
}

/** The guards that look at what would change, and not at how well it is known: what a person approved passes them. */
function guardCounts(planned: readonly Finding[], comparison: Comparison, options: PlanOptions): TrippedGuard | undefined {
  const objects = new Set(planned.map(({ ref }) => objectKey(ref))).size;
  return (
    guardUnreported(options.unreportedFixes) ??
    guardWrongCluster(planned, comparison, options.allowEmpty) ??
    guardScaleToZero(planned, options.maxToZero) ??
    guardMassChange(objects, comparison.compared, options)
  );
}

function keyOf(ranked: RankedFinding): string {
  return objectKey(ranked.finding.ref);
}

/** One correction a unit, in the order of its worst finding; critical units first and alone. */
function groupByUnit(
  items: readonly PlanItem[],
  objectOf: ReadonlyMap<string, ObjectComparison>,
  { comparison, desired, predictions }: Pick<PlanInput, 'comparison' | 'desired' | 'predictions'>,
  options: PlanOptions,
): readonly UnitCorrection[] {
  const fixIds = new Set(items.filter(wouldChange).map((item) => item.ranked.finding.id));
  const byUnit = new Map<string, { unit: DesiredUnit; objects: Map<string, ObjectComparison>; isStaged: boolean }>();
  for (const item of items) {
    const object = objectOf.get(item.ranked.finding.id);
    if (!wouldChange(item) || !object?.desired) continue;
    const { unit } = object.desired;
    const group = byUnit.get(unit.id) ?? {
      unit,
      objects: new Map<string, ObjectComparison>(),
      isStaged: item.action === 'stage',
    };
    group.objects.set(objectKey(object.ref), object);
    byUnit.set(unit.id, group);
  }
  const corrections = [...byUnit.values()].map(({ unit, objects, isStaged }): UnitCorrection => {
    const corrected = [...objects.values()].flatMap((object): ObjectCorrection[] => {
      if (!object.desired) return [];
      return [
        {
          desired: object.desired,
          live: object.live,
          fix: object.findings.filter((finding) => fixIds.has(finding.id)),
          leave: object.findings.filter((finding) => !fixIds.has(finding.id)),
        },
      ];
    });
    return {
      id: correctionId(unit, corrected),
      unit,
      objects: corrected,
      others: desired.objects.filter((object) => object.unit.id === unit.id && !objects.has(objectKey(object.ref))),
      isCritical: unit.isCritical,
      // Nothing is written on top of somebody's unapplied change: the live revision is applied again instead.
      writesPair:
        options.auditRevisions && !unit.hasUnappliedChanges && !corrected.some((object) => object.desired.ref.kind === 'Secret'),
      changeSet: unit.changeSet ?? options.changeSet,
      isStaged,
      route: routeOf(unit, corrected, comparison, options.server, predictions),
    };
  });
  return corrections.sort((a, b) => Number(b.isCritical) - Number(a.isCritical));
}

/**
 * ConfigHub applies whole units: only where every departing field of every object of the unit is known and to be fixed
 * may it do so. Whatever is left alone, an autoscaler's replicas for one, would be overwritten.
 */
function routeOf(
  unit: DesiredUnit,
  corrected: readonly ObjectCorrection[],
  comparison: Comparison,
  server: ServerAbilities,
  predictions: PlanInput['predictions'],
): UnitCorrection['route'] {
  if (!server.appliesUnits) return 'direct';
  // Only the head could be applied there, and the head is somebody's change.
  if (unit.hasUnappliedChanges && !server.appliesRevisions) return 'direct';
  if (unit.target === undefined || comparison.partlyCompared.includes(unit.id)) return 'direct';
  const keys = new Set(corrected.map((object) => objectKey(object.desired.ref)));
  const others = comparison.objects.filter((object) => object.desired?.unit.id === unit.id && !keys.has(objectKey(object.ref)));
  const left = [...corrected.flatMap((object) => object.leave), ...others.flatMap((object) => object.findings)];
  if (left.some(wouldBeOverwritten)) return 'direct';
  const isAlone = corrected.every(({ desired }) => predictions?.get(objectKey(desired.ref))?.isAppliedAlone);
  return predictions === undefined || isAlone ? 'confighub' : 'both';
}

/** Rank order plays no part: a model that orders anew does not make another correction of the same drift. */
function correctionId(unit: DesiredUnit, objects: readonly ObjectCorrection[]): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  // The id is written into ConfigHub, and a short password could be found from its hash: the generation stands for it.
  const hashed = (value: FieldValue): Json => (value instanceof Secret ? '***' : (value ?? null));
  const patch = objects.map(({ desired, live, fix }) => [
    objectKey(desired.ref),
    live?.uid ?? '',
    live?.generation ?? 0,
    fix
      .map((finding) => [printPath(finding.path), finding.class, hashed(finding.desired), hashed(finding.live)])
      .sort(byCanonicalJson),
  ]);
  return sha256(canonicalJson([unit.id, sha256(unit.text), patch.sort(byCanonicalJson)]) ?? '').slice(0, 16);
}

function byCanonicalJson(a: unknown, b: unknown): number {
  const [left, right] = [canonicalJson(a) ?? '', canonicalJson(b) ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
