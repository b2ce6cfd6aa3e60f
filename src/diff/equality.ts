import { parseDuration } from '../types/duration.ts';
import { isJsonArray, isJsonObject, isNumber, type Json, own } from '../types/json.ts';
import { equalQuantities } from '../types/quantity.ts';
import { EMPTY_STRUCTS, isKnownDefault, STORED_ZEROS } from './known-defaults.ts';
import type { SchemaNode } from './schema.ts';

/** Values that the API server leaves out when it stores an object: null, false, 0, empty text, list or map. */
export function isZero(value: Json): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  return isJsonArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

/**
 * A zero value that the API server stores as it stands, so that its absence means that somebody removed it: of a custom
 * resource, of a free key, or of a field behind a Go pointer. Such a one is an empty struct, too: `selfSigned: {}` of an
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
export function equalScalars(desired: Json, live: Json, node: SchemaNode): boolean {
  if (desired === live) return true;
  if (node.type === 'quantity') return isAmount(desired) && isAmount(live) && equalQuantities(desired, live, node.inMap);
  // One and the same, written with an exponent on one side.
  if (isNumber(desired) && isNumber(live)) return String(desired) === String(live);
  if (typeof desired !== 'string' || typeof live !== 'string') return false;
  if (node.type === 'time') return isInstant(desired, live);
  if (node.type !== 'duration') return false;
  const length = parseDuration(desired);
  return length !== undefined && length === parseDuration(live);
}

/** `extended`: everything declared is there and equal, and live has more that no known default explains. */
export type WholeComparison = 'equal' | 'extended' | 'different';

/**
 * Whole values, such as an atomic list: ownership cannot tell declared from defaulted inside, so desired must be a
 * subset and whatever live has beyond it a known default.
 */
export function compareWhole(desired: Json, live: Json, node: SchemaNode): WholeComparison {
  if (isJsonArray(desired) && isJsonArray(live)) {
    if (desired.length !== live.length) return 'different';
    const item = node.item();
    if (UNORDERED.has(item.name)) return compareUnordered(desired, live, item);
    return worst(desired.map((entry, index) => compareWhole(entry, live[index] ?? null, item)));
  }
  if (isJsonObject(desired) && isJsonObject(live)) {
    const declared = Object.entries(desired).map(([key, entry]): WholeComparison => {
      const other = own(live, key) ?? undefined;
      if (other === undefined) return isZero(entry) && !isStoredZero(key, entry, node.field(key)) ? 'equal' : 'different';
      if (asksForDefault(node, entry) && isKnownDefault(node, live, key, other)) return 'equal';
      return compareWhole(entry, other, node.field(key));
    });
    const isExtended = Object.entries(live).some(
      ([key, entry]) => (own(desired, key) ?? null) === null && !isKnownDefault(node, live, key, entry),
    );
    return worst([...declared, isExtended ? 'extended' : 'equal']);
  }
  return equalScalars(desired, live, node) ? 'equal' : 'different';
}

/** Elements whose order means nothing though the list is one value; 1.24 stores the metrics of an autoscaler in another. */
const UNORDERED = new Set(['MetricSpec']);

function compareUnordered(desired: readonly Json[], live: readonly Json[], item: SchemaNode): WholeComparison {
  const left = [...live];
  for (const entry of desired) {
    const index = left.findIndex((candidate) => compareWhole(entry, candidate, item) === 'equal');
    if (index < 0) return 'different';
    left.splice(index, 1);
  }
  return 'equal';
}

function worst(parts: readonly WholeComparison[]): WholeComparison {
  return parts.includes('different') ? 'different' : parts.includes('extended') ? 'extended' : 'equal';
}

/**
 * An empty text, or a zero in a probe, is how a manifest says "the default" (measured on 1.34: `timeoutSeconds: 0` is
 * stored as 1). Elsewhere zero is a value: `replicas: 0` is not 1.
 */
export function asksForDefault(parent: SchemaNode, desired: Json): boolean {
  return desired === '' || desired === null || (desired === 0 && parent.name === 'Probe');
}
