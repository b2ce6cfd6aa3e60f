import jsonPatch from 'fast-json-patch';
import { type FieldPath, locate, toJsonPointer, valueAt, withValueAt } from './field-path.ts';
import type { Json, JsonObject } from './json.ts';

/** One operation of RFC 6902; the four that corrections are made of. */
export interface JsonPatchOperation {
  readonly op: 'test' | 'remove' | 'replace' | 'add';
  readonly path: string;
  readonly value?: Json;
}

/**
 * Removes values at these paths, each only if it is still the one in `live`. List indexes are those of `live`; later
 * ones of a list go first, so that the others keep their place. Paths that lead nowhere are left out.
 */
export function removeValues(live: JsonObject, paths: readonly FieldPath[]): readonly JsonPatchOperation[] {
  const located = paths.flatMap((path) => {
    const found = locate(live, path);
    const value = valueAt(live, path);
    return found === undefined || value === undefined ? [] : [{ found, pointer: toJsonPointer(found), value }];
  });
  located.sort((a, b) => (isBefore(a.found, b.found) ? 1 : -1));
  return located.flatMap(({ pointer, value }): JsonPatchOperation[] => [
    { op: 'test', path: pointer, value },
    { op: 'remove', path: pointer },
  ]);
}

/** Sets the value at a path, each place on the way only if it is still as in `live`; `undefined` removes it. */
export function setValue(live: JsonObject, path: FieldPath, value: Json | undefined): readonly JsonPatchOperation[] {
  if (value === undefined) return removeValues(live, [path]);
  const corrected = withValueAt(live, path, value);
  if (corrected === undefined) return [];
  // The library's own types are mutable; it changes neither document.
  return jsonPatch.compare(live as object, corrected as object, true) as readonly JsonPatchOperation[];
}

/** Throws the library's error, with the operation's number, where the operations do not fit the document. */
export function requireApplicable(operations: readonly JsonPatchOperation[], document: JsonObject): void {
  const copy = structuredClone(operations) as Parameters<typeof jsonPatch.validate>[0];
  const invalid = jsonPatch.validate(copy, structuredClone(document));
  if (invalid) throw invalid;
}

function isBefore(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  for (const [position, part] of a.entries()) {
    const other = b[position];
    if (part === other) continue;
    return typeof part === 'number' && typeof other === 'number' ? part < other : String(part) < String(other);
  }
  return a.length < b.length;
}
