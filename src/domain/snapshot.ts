import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from './json.ts';
import { groupKind, type ObjectRef } from './object-ref.ts';

/** One entry of `metadata.managedFields`: who owns which fields. `fields` is its fieldsV1 trie. */
export interface FieldOwner {
  /** Version of the API in whose fields it is written; absent where nothing tells. */
  readonly apiVersion?: string;
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** `scale`, `status`, or empty for the object itself. */
  readonly subresource: string;
  /** RFC 3339; absent for writes through the scale subresource (measured on 1.34). */
  readonly time?: string;
  readonly fields: JsonObject;
}

/**
 * The pass's own field manager, by Update: it writes values under this name and then returns the ownership to the
 * manager that delivers desired state. An entry that is still there counts as ours.
 */
export const DETECTOR_MANAGER = 'drift-detector';

export function isDetectors({ manager, operation, subresource }: FieldOwner): boolean {
  return manager === DETECTOR_MANAGER && operation === 'Update' && subresource === '';
}

/** The owners that an object's managedFields name; entries of no known form are left out. */
export function ownersIn(object: JsonObject): readonly FieldOwner[] {
  const managedFields = at(object, 'metadata', 'managedFields');
  if (!isJsonArray(managedFields)) return [];
  return managedFields.flatMap((entry) => {
    const fields = at(entry, 'fieldsV1');
    if (!isJsonObject(fields)) return [];
    const time = stringAt(entry, 'time');
    const apiVersion = stringAt(entry, 'apiVersion');
    return {
      ...(apiVersion === undefined ? {} : { apiVersion }),
      manager: stringAt(entry, 'manager') ?? '',
      operation: stringAt(entry, 'operation') === 'Apply' ? 'Apply' : 'Update',
      subresource: stringAt(entry, 'subresource') ?? '',
      fields,
      ...(time === undefined ? {} : { time }),
    };
  });
}

/** A live object without its status and managedFields, which stand apart. */
export interface LiveObject {
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly body: JsonObject;
  readonly owners: readonly FieldOwner[];
  /** True where another object controls it (ownerReferences): its desired state is that controller's business. */
  readonly isControlled: boolean;
  /** Pods of a DaemonSet: nodes that should run it. `undefined` for other kinds. */
  readonly scheduledPods?: number;
}

/** A HorizontalPodAutoscaler, reduced to what it may set. */
export interface Autoscaler {
  readonly name: string;
  readonly namespace: string;
  readonly target: { readonly group: string; readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** The autoscaler itself. */
  readonly object?: LiveObject;
}

/** Holds fixes of a workload, or of a namespace's workloads, until the RFC 3339 time that it holds. */
export const PAUSE_ANNOTATION = 'drift-detector/pause-until';

/** A read that did not succeed. Nothing below it is ever called missing. */
export interface FailedRead {
  /** What was read, such as `deployments`. */
  readonly what: string;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly error: string;
}

/** What the API server held at one moment. */
export interface Snapshot {
  readonly objects: readonly LiveObject[];
  readonly autoscalers: readonly Autoscaler[];
  /** Namespaces that match the selector, sorted. */
  readonly namespaces: readonly string[];
  /** `apiVersion/kind` of each kind that was asked for. */
  readonly kinds: readonly string[];
  /** Those of the kinds whose objects belong to no namespace. */
  readonly clusterScoped: readonly string[];
  /** OpenAPI v3 document of each group version among the kinds, trimmed; absent where the server publishes none. */
  readonly schemas: Readonly<Record<string, Json>>;
  /** Monitored namespaces that are annotated with `PAUSE_ANNOTATION`, and its text. */
  readonly pausedNamespaces: Readonly<Record<string, string>>;
  /** Monitored namespaces that are being deleted. */
  readonly terminating: readonly string[];
  readonly failedReads: readonly FailedRead[];
}

/** True where the kind was read whole in this namespace, so that an absent object is really absent. */
export function wasReadCompletely(snapshot: Snapshot, ref: ObjectRef): boolean {
  const kind = groupKind(`${ref.apiVersion}/${ref.kind}`);
  const isKind = (listed: string): boolean => groupKind(listed) === kind;
  const isInScope = snapshot.clusterScoped.some(isKind) || snapshot.namespaces.includes(ref.namespace);
  if (!snapshot.kinds.some(isKind) || !isInScope) return false;
  return !snapshot.failedReads.some(({ what, namespace }) => isKind(what) && (namespace === '' || namespace === ref.namespace));
}
