import { parseDuration } from '../../domain/duration.ts';
import { canonicalJson } from '../../domain/finding.ts';
import { isJsonArray, isJsonObject, isNumber, type Json, own } from '../../domain/json.ts';
import { equalQuantities } from '../../domain/quantity.ts';
import { EMPTY_STRUCTS, isKnownDefault, STORED_ZEROS } from './known-defaults.ts';
import type { SchemaNode } from './schema.ts';

/** Values that the API server leaves out when it stores an object: null, false, 0, empty text, list or map. */
export function isZero(value: Json): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  return isJsonArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

/**
 * A zero value that the API server stores unchanged, so that its absence means that it was removed: of a custom resource, of a
 * free key, or of a field behind a Go pointer. So is an empty struct: `selfSigned: {}` of an
 * issuer is a choice, and an empty selector selects everything. Empty lists and maps say nothing, stored or not.
 */
export function isStoredZero(field: string, value: Json, node: SchemaNode): boolean {
  if (value === null || isJsonArray(value)) return false;
  if (isJsonObject(value)) {
    if (node.isStruct && !EMPTY_STRUCTS.has(field)) return true;
    return Object.entries(value).some(([key, entry]) => isStoredZero(key, entry, node.field(key)));
  }
  return node.storesZeros || node.inMap || STORED_ZEROS.has(field);
}

/** True for lists and maps with nothing in them, at any depth. */
export function isEmpty(value: Json): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

function isInstant(desired: string, live: string): boolean {
  const [left, right] = [Date.parse(desired), Date.parse(live)];
  return !Number.isNaN(left) && left === right;
}

function isAmount(value: Json): value is string | number | bigint {
  return typeof value === 'string' || isNumber(value);
}

/** Scalars: quantities by amount, times by instant, everything else to the letter. `80` and `"80"` differ to the API. */
function equalScalars(desired: Json, live: Json, node: SchemaNode): boolean {
  if (desired === live) return true;
  if (node.type === 'quantity') return isAmount(desired) && isAmount(live) && equalQuantities(desired, live, node.inMap);
  // One and the same, written with an exponent on one side; what is no integer is a float to the API server as well.
  if (isNumber(desired) && isNumber(live))
    return String(desired) === String(live) || (node.json === 'number' && Number(desired) === Number(live));
  if (typeof desired !== 'string' || typeof live !== 'string') return false;
  if (node.type === 'time') return isInstant(desired, live);
  if (node.type !== 'duration') return false;
  const length = parseDuration(desired);
  return length !== undefined && length === parseDuration(live);
}

/**
 * Scalars, or whole values such as an atomic list: ownership cannot tell declared from defaulted inside, so desired must be
 * a subset and whatever live has beyond it a known default.
 */
export function equalValues(desired: Json, live: Json, node: SchemaNode): boolean {
  if (isJsonArray(desired) && isJsonArray(live)) {
    if (desired.length !== live.length) return false;
    const item = node.item();
    if (desired.every((entry, index) => equalValues(entry, live[index] ?? null, item))) return true;
    return node.isUnordered && equalUnordered(desired, live, item);
  }
  if (!isJsonObject(desired) || !isJsonObject(live)) return equalScalars(desired, live, node);
  const isSubset = Object.entries(desired).every(([key, entry]) => {
    const other = own(live, key) ?? undefined;
    if (other === undefined) return isZero(entry) && !isStoredZero(key, entry, node.field(key));
    if (asksForDefault(node, entry) && isKnownDefault(node, live, key, other)) return true;
    return equalValues(entry, other, node.field(key));
  });
  return (
    isSubset &&
    Object.entries(live).every(([key, entry]) => (own(desired, key) ?? null) !== null || isKnownDefault(node, live, key, entry))
  );
}

/** The same elements in any order. Nearly all are the same text without defaults; only the rest is compared one by one. */
function equalUnordered(desired: readonly Json[], live: readonly Json[], item: SchemaNode): boolean {
  const liveByText = Map.groupBy(live, (entry) => textOf(entry, item));
  const open = desired.filter((entry) => liveByText.get(textOf(entry, item))?.pop() === undefined);
  const left = [...liveByText.values()].flat();
  return open.every((entry) => {
    const index = left.findIndex((candidate) => equalValues(entry, candidate, item));
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  });
}

function textOf(entry: Json, item: SchemaNode): string {
  if (!isJsonObject(entry)) return canonicalJson(entry) ?? '';
  const written = Object.entries(entry).filter(([field, value]) => !isKnownDefault(item, entry, field, value));
  return canonicalJson(Object.fromEntries(written)) ?? '';
}

/** Types with numbers that are no Go pointers and have a default (measured on 1.34: `timeoutSeconds: 0` is stored as 1). */
const ZERO_ASKS = new Set(['Probe', 'FlowSchemaSpec', 'QueuingConfiguration']);

/** An empty text is how a manifest says "the default". Zero is a value nearly everywhere: `replicas: 0` is not 1. */
export function asksForDefault(parent: SchemaNode, desired: Json): boolean {
  return desired === '' || desired === null || (desired === 0 && ZERO_ASKS.has(parent.name));
}
