import { stringifyJson } from '../../domain/exact-json.ts';
import { at, isJsonArray, isJsonObject, type JsonObject, numberAt, stringAt } from '../../domain/json.ts';
import { kindNamed } from '../../domain/kinds/kinds.ts';
import { groupOf, refOf } from '../../domain/object-ref.ts';
import { type Autoscaler, type LiveObject, ownersIn } from '../../domain/snapshot.ts';

/** Reduces a listed object to what is compared; list items carry no apiVersion and kind, so they are given. */
export function projectObject(item: JsonObject, apiVersion: string, kind: string): LiveObject | undefined {
  const { status, metadata, ...spec } = item;
  const { managedFields: _, ...keptMetadata } = isJsonObject(metadata) ? metadata : {};
  const body: JsonObject = { ...spec, apiVersion, kind, metadata: keptMetadata };
  const ref = refOf(body);
  if (!ref) return undefined;
  const ownerReferences = at(keptMetadata, 'ownerReferences');
  const scheduledPods = kindNamed(kind)?.podsOfNodes?.(status);
  return {
    ref,
    uid: stringAt(keptMetadata, 'uid') ?? '',
    resourceVersion: stringAt(keptMetadata, 'resourceVersion') ?? '',
    generation: numberAt(keptMetadata, 'generation') ?? 0,
    body,
    owners: ownersIn(item),
    isControlled: isJsonArray(ownerReferences) && ownerReferences.some((owner) => at(owner, 'controller') === true),
    ...(scheduledPods === undefined ? {} : { scheduledPods }),
  };
}

/** What an autoscaler may set; `minReplicas` defaults to 1 (autoscaling/v2). */
export function projectAutoscaler(item: JsonObject, apiVersion: string): Autoscaler {
  const spec = at(item, 'spec');
  const object = projectObject(item, apiVersion, 'HorizontalPodAutoscaler');
  return {
    ...(object ? { object } : {}),
    name: stringAt(item, 'metadata', 'name') ?? '',
    namespace: stringAt(item, 'metadata', 'namespace') ?? '',
    target: {
      group: groupOf(stringAt(spec, 'scaleTargetRef', 'apiVersion') ?? ''),
      kind: stringAt(spec, 'scaleTargetRef', 'kind') ?? '',
      name: stringAt(spec, 'scaleTargetRef', 'name') ?? '',
    },
    minReplicas: numberAt(spec, 'minReplicas') ?? 1,
    maxReplicas: numberAt(spec, 'maxReplicas') ?? 0,
  };
}

/**
 * Gives objects that are owned alike the same tries: of ten thousand workloads most have one of a few shapes, and the
 * tries are half of what managedFields and the object take together (measured on Deployments).
 */
export function internFields(): (object: LiveObject) => LiveObject {
  const known = new Map<string, JsonObject>();
  const one = (fields: JsonObject): JsonObject => {
    const text = stringifyJson(fields);
    const same = known.get(text) ?? fields;
    known.set(text, same);
    return same;
  };
  return (object) => ({ ...object, owners: object.owners.map((owner) => ({ ...owner, fields: one(owner.fields) })) });
}
