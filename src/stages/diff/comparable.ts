import { parseJson } from '../../domain/exact-json.ts';
import { isJsonObject, type Json, type JsonObject, own, stringAt } from '../../domain/json.ts';
import { BOOKKEEPING_ANNOTATIONS } from '../../domain/server-fields.ts';
import { type LiveObject, PAUSE_ANNOTATION } from '../../domain/snapshot.ts';
import { asVersionOf } from './api-versions.ts';
import { LAST_APPLIED } from './evidence.ts';

/** Never part of a comparison: written by the API server or by a controller as its own bookkeeping. */
const BOOKKEEPING = new Set([
  ...BOOKKEEPING_ANNOTATIONS,
  // Of namespaces; it is immutable.
  'kubernetes.io/metadata.name',
  // Set by hand in an incident, and read from the object itself.
  PAUSE_ANNOTATION,
]);
/** The parts of metadata that desired state is about; the rest is the API server's. */
const METADATA = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

/** The object without what no desired state is about. */
export function comparable(object: JsonObject): JsonObject {
  const metadata = own(object, 'metadata') ?? {};
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (!METADATA.has(key)) continue;
    const hasBookkeeping = key === 'annotations' || (key === 'labels' && object['kind'] === 'Namespace');
    kept[key] = hasBookkeeping && isJsonObject(value) ? withoutBookkeeping(value) : value;
  }
  const { apiVersion: _version, kind: _kind, status: _status, ...rest } = object;
  return { ...rest, metadata: kept };
}

/** A whole object as a finding has it: without values that change by themselves, so that the finding stays the same. */
export function wholeObject({ body, ref }: LiveObject, isAutoscaled: boolean): JsonObject {
  const { spec, ...rest } = comparable(body);
  const { replicas: _autoscaled, ...kept } = isJsonObject(spec) ? spec : {};
  return {
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    ...rest,
    ...(spec === undefined ? {} : { spec: isAutoscaled ? kept : spec }),
  };
}

function withoutBookkeeping(map: JsonObject): JsonObject {
  if (!Object.keys(map).some((key) => BOOKKEEPING.has(key))) return map;
  return Object.fromEntries(Object.entries(map).filter(([key]) => !BOOKKEEPING.has(key)));
}

/** What a client-side apply sent last; `undefined` without the annotation, or if it is invalid. */
export function lastAppliedOf(live: LiveObject): JsonObject | undefined {
  const text = stringAt(live.body, 'metadata', 'annotations', LAST_APPLIED);
  if (text === undefined) return undefined;
  try {
    const parsed = parseJson(text);
    const sent = isJsonObject(parsed) ? asVersionOf(parsed, live) : undefined;
    return sent && comparable(sent);
  } catch {
    return undefined;
  }
}
