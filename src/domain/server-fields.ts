import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Of metadata, what only the API server writes: an apply with it is refused, or bound to an object that is no more. */
const METADATA: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

/** Annotations that controllers and kubectl keep for themselves. */
export const BOOKKEEPING_ANNOTATIONS: ReadonlySet<string> = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/last-applied-configuration',
]);

/** A document, as `kubectl get` prints it, without what only the server writes. */
export function withoutServerFields(document: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = document;
  if (!isJsonObject(metadata)) return { ...rest, metadata: {} };
  const kept = Object.entries(metadata).filter(([key]) => !METADATA.has(key));
  const named = kept.map(([key, value]): [string, Json] => [key, key === 'annotations' ? withoutBookkeeping(value) : value]);
  return { ...rest, metadata: Object.fromEntries(named) };
}

function withoutBookkeeping(annotations: Json): Json {
  if (!isJsonObject(annotations)) return annotations;
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !BOOKKEEPING_ANNOTATIONS.has(key)));
}

/**
 * The fields of metadata by which a document shows that it was printed from a live object; empty for a written one, where
 * generators may leave `creationTimestamp: null` and an empty status.
 */
export function serverFieldsOf({ metadata }: JsonObject): readonly string[] {
  if (!isJsonObject(metadata)) return [];
  return Object.entries(metadata).flatMap(([key, value]) => (METADATA.has(key) && value !== null ? `metadata.${key}` : []));
}
