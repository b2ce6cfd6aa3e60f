import { type DesiredObject, type DesiredState, type DesiredUnit, unitName } from '../../domain/desired.ts';
import { printPath } from '../../domain/field-path.ts';
import {
  type Comparison,
  canonicalJson,
  type FieldValue,
  type Finding,
  type ObjectComparison,
  wouldBeOverwritten,
} from '../../domain/finding.ts';
import { GUARDS, type GuardLimits, guardChanges, guardSides, type Sides } from '../../domain/guards.ts';
import type { Json } from '../../domain/json.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { ObjectFix, Plan, PlanDecisions, PlanItem, Prediction, UnitFix } from '../../domain/plan.ts';
import type { RankedFinding, Ranking } from '../../domain/ranking.ts';
import { firstSeenOf, type PreviousReport } from '../../domain/report.ts';
import { Secret } from '../../domain/secret.ts';
import type { ServerAbilities } from '../../domain/server.ts';
import { sha256 } from '../../domain/sha256.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { DETECTOR_MANAGER } from '../../domain/snapshot.ts';
import { inSteps } from '../../domain/steps.ts';
import { type FixPolicy, judgeFinding } from './judge.ts';
import { exportedUnits, notesOn, notesOnReport } from './notes.ts';
import { otherReconcilers } from './other-reconcilers.ts';
import { activePauses } from './pause.ts';
import { judgeTogether, wouldChange } from './together.ts';

export interface PlanOptions extends GuardLimits, FixPolicy {
  /** Write fixes as pairs of revisions. */
  readonly auditRevisions: boolean;
  /** Apply what was written under a person's changeset. */
  readonly applyChangeSet: boolean;
  /** Field managers that deliver desired state. */
  readonly desiredManagers: readonly string[];
}

/** What the plan is made from: all of it read before, none of it read here. */
export interface PlanInput {
  readonly snapshot: Pick<Snapshot, 'failedReads' | 'objects' | 'pausedNamespaces' | 'terminating'>;
  readonly desired: Pick<DesiredState, 'objects' | 'invalid'>;
  readonly comparison: Comparison;
  readonly ranking: Ranking;
  readonly previous: Pick<PreviousReport, 'findings' | 'corrections' | 'desiredObjects' | 'faults'>;
  readonly now: Date;
  /** How the API server answered dry runs of a first plan's fixes, by object key. */
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
  const unreadParts = new Map(input.desired.invalid.map((unit) => [unitName(unit), unit.error]));
  const judgedAlone = input.ranking.findings.map((ranked): PlanItem => {
    const object = objectOf.get(ranked.finding.id);
    return judgeFinding(ranked, object?.desired?.unit, options, {
      object,
      pauses,
      terminating: input.snapshot.terminating,
      unreadPart: unreadParts.get(ranked.finding.unit),
      corrections: input.previous.corrections,
      // Other values are a new change with a new grace period.
      seenSince: fingerprints.has(ranked.finding.fingerprint) ? firstSeen(ranked.finding.id) : input.now.toISOString(),
      prediction: input.predictions?.get(keyOf(ranked)),
      approvedBy: input.decided?.approved.get(ranked.finding.fingerprint),
      keptBy: input.decided?.kept.get(ranked.finding.fingerprint),
      now: input.now,
    });
  });
  const judged = judgeTogether(judgedAlone);
  const planned = judged.filter(wouldChange).map(({ ranked }) => ranked.finding);
  const sides = sidesOf(input);
  const shrunk = GUARDS['desired-shrank'].trips(sides, options);
  const ofSides = guardSides(sides, options);
  const isApproved = (finding: Finding): boolean =>
    ofSides === undefined && input.decided?.approved.has(finding.fingerprint) === true;
  // What was approved one by one is no mass change.
  const counted = planned.filter((finding) => !isApproved(finding));
  const guard =
    planned.length === 0 ? undefined : (ofSides ?? guardChanges({ planned: counted, comparison: input.comparison }, options));
  const isHeld = (item: PlanItem): boolean => wouldChange(item) && !isApproved(item.ranked.finding);
  const items = guard
    ? judged.map(
        (item): PlanItem => (isHeld(item) ? { ...item, action: 'blocked', reason: guard.name, detail: guard.detail } : item),
      )
    : judged;
  return {
    items,
    fixes: groupByUnit(items, objectOf, input, options),
    guard,
    pauses,
    ownershipPending: ownershipPending(input),
    desiredObjects: rememberedSize(sides, shrunk !== undefined),
    // Shrinking is reported even if nothing was to be fixed or another guard trips: it stops the next fix.
    notes: [
      ...notesOn(options.server),
      ...exportedUnits(input.desired),
      ...notesOnReport(input.previous.faults),
      ...(shrunk === undefined || guard?.name === 'desired-shrank' ? [] : [shrunk]),
    ],
    warnings: options.autoFix ? otherReconcilers(input, options.desiredManagers) : [],
  };
}

/** Objects with fields that a killed pass did not return to their deliverer, in sync or not. */
function ownershipPending({ snapshot, desired }: Pick<PlanInput, 'snapshot' | 'desired'>): readonly DesiredObject[] {
  const ours = new Set(
    snapshot.objects.flatMap(({ ref, owners }) =>
      owners.some(({ manager }) => manager === DETECTOR_MANAGER) ? [objectKey(ref)] : [],
    ),
  );
  return ours.size === 0 ? [] : desired.objects.filter(({ ref }) => ours.has(objectKey(ref)));
}

/** The input of guards besides what would change. */
export function sidesOf({
  decided,
  snapshot,
  desired,
  previous,
}: Pick<PlanInput, 'decided' | 'snapshot'> & {
  readonly desired: Pick<DesiredState, 'objects'>;
  readonly previous: Pick<PreviousReport, 'desiredObjects' | 'faults'>;
}): Sides {
  return {
    decisions: decided,
    faults: previous.faults,
    snapshot,
    declared: desired.objects.length,
    declaredBefore: previous.desiredObjects,
  };
}

/** What the next pass compares with: never a size that tripped the guard, which stays tripped until a person allows it. */
function rememberedSize({ declared, declaredBefore }: Sides, hasTripped: boolean): number {
  return declaredBefore > 0 && hasTripped ? declaredBefore : inSteps(declared, declaredBefore);
}

function keyOf(ranked: RankedFinding): string {
  return objectKey(ranked.finding.ref);
}

/** One fix a unit, in the order of its worst finding; critical units first and alone. */
function groupByUnit(
  items: readonly PlanItem[],
  objectOf: ReadonlyMap<string, ObjectComparison>,
  { comparison, desired, predictions }: Pick<PlanInput, 'comparison' | 'desired' | 'predictions'>,
  options: PlanOptions,
): readonly UnitFix[] {
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
  const fixes = [...byUnit.values()].map(({ unit, objects, isStaged }): UnitFix => {
    const toFix = [...objects.values()].flatMap((object): ObjectFix[] => {
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
    const overwrites = wouldOverwrite(unit, toFix, comparison);
    return {
      id: fixId(unit, toFix),
      unit,
      objects: toFix,
      others: desired.objects.filter((object) => object.unit.id === unit.id && !objects.has(objectKey(object.ref))),
      isCritical: unit.isCritical,
      writesPair: options.auditRevisions && mayHavePair(unit, isStaged, overwrites),
      changeSet: unit.changeSet ?? options.changeSet,
      isStaged,
      route: overwrites ? 'direct' : routeOf(unit, toFix, options.server, predictions),
    };
  });
  return fixes.sort((a, b) => Number(b.isCritical) - Number(a.isCritical));
}

/**
 * A pair makes the unit's head newer than what was applied last, and ConfigHub then lists unapplied changes. So there is
 * none where an apply would overwrite what the fix leaves, nor on top of another unapplied change. A staged fix is applied
 * by a person, from its pair.
 */
function mayHavePair({ hasUnappliedChanges, target }: DesiredUnit, isStaged: boolean, overwrites: boolean): boolean {
  return !hasUnappliedChanges && (isStaged || target === undefined || !overwrites);
}

/**
 * ConfigHub applies whole units: unless every differing field of every object of the unit is known and to be fixed,
 * whatever is left alone, an autoscaler's replicas for one, would be overwritten.
 */
function wouldOverwrite(unit: DesiredUnit, toFix: readonly ObjectFix[], comparison: Comparison): boolean {
  if (comparison.partlyCompared.includes(unit.id)) return true;
  const keys = new Set(toFix.map((object) => objectKey(object.desired.ref)));
  const others = comparison.objects.filter((object) => object.desired?.unit.id === unit.id && !keys.has(objectKey(object.ref)));
  const left = [...toFix.flatMap((object) => object.leave), ...others.flatMap((object) => object.findings)];
  return left.some(wouldBeOverwritten);
}

/** Who writes a fix that an apply of the unit would not exceed. */
function routeOf(
  unit: DesiredUnit,
  toFix: readonly ObjectFix[],
  server: ServerAbilities,
  predictions: PlanInput['predictions'],
): UnitFix['route'] {
  if (!server.appliesUnits || unit.target === undefined) return 'direct';
  // Only the head could be applied there, and the head is another change.
  if (unit.hasUnappliedChanges && !server.appliesRevisions) return 'direct';
  const isAlone = toFix.every(({ desired }) => predictions?.get(objectKey(desired.ref))?.isAppliedAlone);
  return predictions === undefined || isAlone ? 'confighub' : 'both';
}

/** Independent of the rank: the same drift keeps its id when a model orders the findings anew. */
function fixId(unit: DesiredUnit, objects: readonly ObjectFix[]): string {
  // The id is written into ConfigHub, and a short password could be found from its hash: the generation replaces it.
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
