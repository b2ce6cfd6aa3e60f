import type { DesiredObject, DesiredState, DesiredUnit } from '../types/desired.ts';
import type { FieldPath } from '../types/field-path.ts';
import {
  type Comparison,
  type Finding,
  type FindingClass,
  findingFingerprint,
  findingId,
  type ObjectComparison,
} from '../types/finding.ts';
import { isJsonObject, type Json, type JsonObject } from '../types/json.ts';
import { groupOf, type ObjectRef, objectKey } from '../types/object-ref.ts';
import { type LiveObject, type Snapshot, wasReadWhole } from '../types/snapshot.ts';
import { autoscalerOf, judgeInContext } from './context.ts';
import { maskValue } from './mask.ts';
import { claimsOf } from './ownership.ts';
import { compileSchema, type SchemaNode } from './schema.ts';
import { walkObject } from './walk.ts';

export interface DiffOptions {
  readonly cluster: string;
  /** Field managers that carry desired state. */
  readonly desiredManagers: readonly string[];
}

/** Compares one object anew, as when a fix is verified. */
export type CompareObject = (desired: DesiredObject, live: LiveObject | undefined) => readonly Finding[];

/** Never part of a comparison: written by the API server or by a controller as its own bookkeeping. */
const BOOKKEEPING = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/last-applied-configuration',
]);
/** The parts of metadata that desired state is about; the rest is the API server's. */
const METADATA = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

/** Compares everything desired with everything live; pure, and never throws for the content of an object. */
export function diff(snapshot: Snapshot, desired: DesiredState, options: DiffOptions): Comparison {
  const compareObject = createCompare(snapshot, options);
  const liveByKey = new Map(snapshot.objects.map((object) => [objectKey(object.ref), object]));
  const objects: ObjectComparison[] = [];
  const notCompared: Record<string, number> = {};
  let [compared, notMonitored, unread] = [0, 0, 0];
  const partlyCompared = new Set<string>();
  for (const object of desired.objects) {
    const live = liveByKey.get(objectKey(object.ref));
    liveByKey.delete(objectKey(object.ref));
    const kind = `${object.ref.apiVersion}/${object.ref.kind}`;
    const isListed = snapshot.kinds.includes(kind);
    const isMonitored = snapshot.namespaces.includes(object.ref.namespace);
    const isRead =
      (live !== undefined || wasReadWhole(snapshot, object.ref)) && snapshot.schemas[object.ref.apiVersion] !== undefined;
    if (!isListed || !isMonitored || !isRead) {
      partlyCompared.add(object.unit.id);
      if (!isListed) notCompared[kind] = (notCompared[kind] ?? 0) + 1;
      else if (!isMonitored) notMonitored++;
      else unread++;
      continue;
    }
    compared++;
    const findings = compareObject(object, live);
    if (findings.length > 0) objects.push({ ref: object.ref, desired: object, live, findings });
  }
  for (const live of liveByKey.values()) {
    if (live.isControlled) continue;
    objects.push({ ref: live.ref, desired: undefined, live, findings: [unmanaged(live, options)] });
  }
  objects.sort((a, b) => (objectKey(a.ref) < objectKey(b.ref) ? -1 : 1));
  return { objects, compared, notMonitored, notCompared, unread, partlyCompared: [...partlyCompared].sort() };
}

export function createCompare(snapshot: Pick<Snapshot, 'autoscalers' | 'schemas'>, options: DiffOptions): CompareObject {
  const managers = new Set(options.desiredManagers);
  const compiled = new Map<string, SchemaNode | undefined>();
  const schemaOf = (ref: ObjectRef): SchemaNode | undefined => {
    const kind = `${ref.apiVersion}/${ref.kind}`;
    if (!compiled.has(kind))
      compiled.set(kind, compileSchema(snapshot.schemas[ref.apiVersion] ?? null, ref.apiVersion, ref.kind));
    return compiled.get(kind);
  };

  return (desired, live) => {
    if (!live) return [missing(desired, options)];
    const schema = schemaOf(desired.ref);
    if (!schema) return [];
    const autoscaler = autoscalerOf(snapshot.autoscalers, desired.ref);
    const { unit } = desired;
    const isApplying = unit.liveRevision > 0 && unit.lastAppliedRevision !== unit.liveRevision;
    const claims = claimsOf(live.owners, managers);
    return walkObject(comparable(desired.document), comparable(live.body), claims, schema).map((departure) => {
      const verdict = judgeInContext(departure, autoscaler, isApplying);
      return createFinding(verdict.class, desired.ref, departure.path, departure.desired, departure.live, unit, live, options, {
        blame: departure.blame,
        note: verdict.note,
      });
    });
  };
}

/** The object without what no desired state is about. */
function comparable(object: JsonObject): JsonObject {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => METADATA.has(key)));
  if (isJsonObject(kept['annotations'])) {
    kept['annotations'] = Object.fromEntries(Object.entries(kept['annotations']).filter(([key]) => !BOOKKEEPING.has(key)));
  }
  const { apiVersion: _version, kind: _kind, status: _status, ...rest } = object;
  return { ...rest, metadata: kept };
}

function missing(desired: DesiredObject, options: DiffOptions): Finding {
  const { unit } = desired;
  // A unit with a target that was never applied is waiting for its first apply.
  const isPending = unit.liveRevision === 0 && unit.target !== undefined;
  const note = isPending ? 'the unit was never applied' : '';
  return createFinding(
    isPending ? 'pending' : 'missing',
    desired.ref,
    [],
    desired.document,
    undefined,
    unit,
    undefined,
    options,
    { note },
  );
}

function unmanaged(live: LiveObject, options: DiffOptions): Finding {
  return createFinding('unmanaged', live.ref, [], undefined, live.body, undefined, live, options, {
    note: 'no unit declares it',
  });
}

function createFinding(
  findingClass: FindingClass,
  ref: ObjectRef,
  path: FieldPath,
  desiredValue: Json | undefined,
  liveValue: Json | undefined,
  unit: DesiredUnit | undefined,
  live: LiveObject | undefined,
  options: DiffOptions,
  more: { readonly blame?: Finding['blame']; readonly note: string },
): Finding {
  const id = findingId(options.cluster, ref, path, findingClass);
  const unitName = unit ? `${unit.space}/${unit.slug}` : '';
  const desired = maskValue(ref.kind, path, desiredValue);
  const shown = maskValue(ref.kind, path, liveValue);
  const [first, second] = path;
  const isTemplate =
    first && 'field' in first && first.field === 'spec' && second && 'field' in second && second.field === 'template';
  return {
    id,
    fingerprint: findingFingerprint(id, unitName, desired, shown, live),
    class: findingClass,
    ref,
    path,
    desired,
    live: shown,
    blame: more.blame,
    unit: unitName,
    isCritical: unit?.isCritical ?? false,
    restartsPods: Boolean(isTemplate) && groupOf(ref.apiVersion) === 'apps',
    note: more.note,
  };
}
