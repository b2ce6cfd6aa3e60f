import { type DesiredObject, type DesiredState, type DesiredUnit, unitName } from '../../domain/desired.ts';
import type { Comparison, Finding, InvalidObject, ObjectComparison } from '../../domain/finding.ts';
import { kindOf } from '../../domain/kinds/kinds.ts';
import { groupKind, objectKey } from '../../domain/object-ref.ts';
import { type LiveObject, type Snapshot, wasReadCompletely } from '../../domain/snapshot.ts';
import { areComparable } from './api-versions.ts';
import { type Cluster, createComparer, type DiffOptions, type ObjectComparer } from './compare.ts';
import { handMadeAutoscalers } from './hand-made-autoscalers.ts';
import { createIgnores } from './ignore.ts';

export { type CleanManifest, cleanManifest } from './clean.ts';
export type { Cluster, DiffOptions, Judged, ObjectComparer } from './compare.ts';
export { findDeliverers } from './deliverers.ts';
export { applyDryRuns, asSettled, objectsToCheck } from './dry-run-check.ts';
export { groupFindings } from './group.ts';
export { recordedDrift } from './recorded.ts';
export { RULES } from './rules.ts';
export { withoutStrayNamespaces } from './scope.ts';

/** Compares one object again, such as to verify a fix. */
export type CompareObject = (desired: DesiredObject, live: LiveObject | undefined) => readonly Finding[];

export function createCompare(cluster: Cluster, options: DiffOptions): CompareObject {
  return comparerOf(cluster, options).compare;
}

/** For a single object: compare, validate, explain. */
export function comparerOf(cluster: Cluster, options: DiffOptions): ObjectComparer {
  return createComparer(cluster, options, createIgnores(options.ignoreRules ?? [], options.now ?? new Date()));
}

/** Compares everything desired with everything live; pure, and never throws for the content of an object. */
export function diff(snapshot: Snapshot, desired: DesiredState, options: DiffOptions): Comparison {
  const ignores = createIgnores(options.ignoreRules ?? [], options.now ?? new Date());
  const comparer = createComparer(snapshot, options, ignores);
  const liveByKey = new Map(snapshot.objects.map((object) => [objectKey(object.ref), object]));
  const objects: ObjectComparison[] = [];
  const invalid: InvalidObject[] = [];
  const notCompared: Record<string, number> = {};
  let [compared, notMonitored, unread] = [0, 0, 0];
  const broken = new Set(desired.invalid.map(unitName));
  const listed = new Set(snapshot.kinds.map(groupKind));
  const clusterScoped = new Set(snapshot.clusterScoped.map(groupKind));
  const namespaces = new Set(snapshot.namespaces);
  // Objects of a cluster-scoped kind are in scope where a unit declares them: no namespace could say so.
  const isInScope = ({ ref }: DesiredObject): boolean =>
    clusterScoped.has(groupKind(`${ref.apiVersion}/${ref.kind}`)) || namespaces.has(ref.namespace);
  const isBroken = (unit: DesiredUnit): boolean => broken.has(unitName(unit));
  const partlyCompared = new Set(desired.units.filter(isBroken).map((unit) => unit.id));
  for (const object of desired.objects) {
    const live = liveByKey.get(objectKey(object.ref));
    liveByKey.delete(objectKey(object.ref));
    const kind = `${object.ref.apiVersion}/${object.ref.kind}`;
    const isListed = live !== undefined || listed.has(groupKind(kind));
    const isMonitored = isInScope(object);
    const isRead =
      (live !== undefined || wasReadCompletely(snapshot, object.ref)) &&
      snapshot.schemas[(live ?? object).ref.apiVersion] !== undefined;
    const fault = isListed && isMonitored && isRead ? (otherVersion(object, live) ?? comparer.validate(object, live)) : undefined;
    if (!isListed || !isMonitored || !isRead || fault) {
      partlyCompared.add(object.unit.id);
      if (fault) invalid.push(fault);
      else if (!isListed) notCompared[kind] = (notCompared[kind] ?? 0) + 1;
      else if (!isMonitored) notMonitored++;
      else unread++;
      continue;
    }
    compared++;
    const findings = comparer.compare(object, live);
    if (findings.length > 0) objects.push({ ref: object.ref, desired: object, live, findings });
  }
  for (const declarations of desired.conflicts) {
    const [first] = declarations;
    if (!first) continue;
    for (const { unit } of declarations) partlyCompared.add(unit.id);
    const live = liveByKey.get(objectKey(first.ref));
    liveByKey.delete(objectKey(first.ref));
    if (!isInScope(first) || !listed.has(groupKind(`${first.ref.apiVersion}/${first.ref.kind}`))) continue;
    objects.push({ ref: first.ref, desired: undefined, live, findings: [comparer.conflicting(first.ref, declarations, live)] });
  }
  const autoscalers = handMadeAutoscalers(snapshot, desired);
  for (const [key, { autoscaler }] of autoscalers) liveByKey.set(key, autoscaler);
  for (const [key, live] of liveByKey) {
    if (isMadeByCluster(live) || clusterScoped.has(groupKind(`${live.ref.apiVersion}/${live.ref.kind}`))) continue;
    // It may well be what a unit declares that cannot be read just now.
    if (desired.invalid.some(({ text }) => text.includes(live.ref.name))) continue;
    objects.push({ ref: live.ref, desired: undefined, live, findings: [comparer.unmanaged(live, autoscalers.get(key)?.scales)] });
  }
  objects.sort((a, b) => (objectKey(a.ref) < objectKey(b.ref) ? -1 : 1));
  return {
    objects,
    compared,
    invalid,
    ignores: ignores.uses(),
    notMonitored,
    notCompared,
    unread,
    partlyCompared: [...partlyCompared].sort(),
  };
}

/** Fields of one version of a kind mean nothing in another, as of a custom resource, and the API server does not serve this one. */
function otherVersion(desired: DesiredObject, live: LiveObject | undefined): InvalidObject | undefined {
  if (!live || areComparable(desired.ref, live.ref)) return undefined;
  const message = `declared as ${desired.ref.apiVersion} and read as ${live.ref.apiVersion}: only the API server can convert one into the other; declare it as ${live.ref.apiVersion}`;
  return { desired, path: [{ field: 'apiVersion' }], located: ['apiVersion'], message };
}

/** What no person declares anywhere: controlled objects, and those that Kubernetes makes by itself. */
export function isMadeByCluster({ ref, isControlled }: LiveObject): boolean {
  if (isControlled) return true;
  return kindOf(ref)?.madeByCluster?.test(ref.name) === true;
}
