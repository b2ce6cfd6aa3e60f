import { isJsonArray, isJsonObject, type Json } from '../types/json.ts';
import { equalQuantities } from '../types/quantity.ts';
import { isKnownDefault } from './known-defaults.ts';
import type { SchemaNode } from './schema.ts';

/** Values that the API server leaves out when it stores an object: null, false, 0, empty text, list or map. */
export function isZero(value: Json): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  return isJsonArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

/** True for values without members that could be absent without meaning: `{}` and `[]` equal absent, as null does. */
export function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && isZero(value));
}

/** Scalars: quantities by amount, numbers by value, everything else to the letter. `80` and `"80"` differ to the API. */
export function equalScalars(desired: Json, live: Json, node: SchemaNode): boolean {
  if (desired === live) return true;
  if (node.type !== 'quantity') return false;
  const isText = (value: Json): value is string | number => typeof value === 'string' || typeof value === 'number';
  return isText(desired) && isText(live) && equalQuantities(desired, live, true);
}

/**
 * Whole values, such as an atomic list: ownership cannot tell declared from defaulted inside, so desired must be a
 * subset and whatever live has beyond it a known default.
 */
export function equalWhole(desired: Json, live: Json, node: SchemaNode): boolean {
  if (isJsonArray(desired) && isJsonArray(live)) {
    return desired.length === live.length && desired.every((entry, index) => equalWhole(entry, live[index] ?? null, node.item()));
  }
  if (isJsonObject(desired) && isJsonObject(live)) {
    const declaredEqual = Object.entries(desired).every(([key, entry]) => {
      const other = live[key];
      return other === undefined ? isZero(entry) : equalWhole(entry, other, node.field(key));
    });
    return (
      declaredEqual &&
      Object.entries(live).every(([key, entry]) => Object.hasOwn(desired, key) || isKnownDefault(node, live, key, entry))
    );
  }
  return equalScalars(desired, live, node);
}
