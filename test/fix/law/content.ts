import { isDeepStrictEqual } from 'node:util';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';

/** Annotations that say nothing of what was wanted: counters, and what client-side apply notes down for itself. */
const BOOKKEEPING = [
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/last-applied-configuration',
];

/** What desired state can be about: all but status and what the server keeps in metadata. */
export function contentOf(object: JsonObject): JsonObject {
  const { metadata, status: _status, apiVersion: _version, kind: _kind, ...rest } = object;
  const kept = ['labels', 'annotations', 'finalizers', 'ownerReferences'].flatMap((field) => {
    const value = at(metadata, field);
    const left = field === 'annotations' && isJsonObject(value) ? without(value, BOOKKEEPING) : value;
    return left === undefined || isDeepStrictEqual(left, {}) ? [] : [[field, left] as const];
  });
  return { ...rest, metadata: Object.fromEntries(kept) };
}

function without(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

/** Numbers and addresses that the server chooses by default. */
const CHOSEN = /^\/spec\/(clusterIPs?(\/\d+)?|healthCheckNodePort|ports\/\d+\/nodePort)$/u;

/** Each place where two values differ, with both sides; `undefined` is absence. */
export interface Difference {
  readonly path: string;
  readonly expected: Json | undefined;
  readonly found: Json | undefined;
}

export function differences(expected: Json | undefined, found: Json | undefined, path = ''): readonly Difference[] {
  if (isDeepStrictEqual(expected, found)) return [];
  if (isJsonObject(expected) && isJsonObject(found)) {
    const fields = new Set([...Object.keys(expected), ...Object.keys(found)]);
    return [...fields].flatMap((field) => differences(at(expected, field), at(found, field), `${path}/${field}`));
  }
  if (isJsonArray(expected) && isJsonArray(found) && expected.length === found.length)
    return expected.flatMap((element, index) => differences(element, found[index], `${path}/${index}`));
  // Whichever it chose: an address is there or it is not.
  const isChosen = expected !== undefined && found !== undefined && CHOSEN.test(path);
  return isChosen ? [] : [{ path, expected, found }];
}

/** The same with each list in one order, for where only the order may differ. */
export function sorted(value: Json): Json {
  if (isJsonArray(value)) return value.map(sorted).sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(fields.map(([field, entry]) => [field, sorted(entry)]));
}
