import { isDeepStrictEqual } from 'node:util';
import { toJsonPointer } from './field-path.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';

/** One operation of RFC 6902; the four that fixes are made of. */
export interface JsonPatchOperation {
  readonly op: 'test' | 'remove' | 'replace' | 'add';
  readonly path: string;
  readonly value?: Json;
}

/** The API server takes 10,000 operations; far fewer than that are easier replaced as a whole. */
const MAX_OPERATIONS = 1_000;

/**
 * The operations that make one object another. Elements that are alike at both ends of a list stay where they are, so
 * that one which comes or goes is one operation: fast-json-patch would rewrite all that stand behind it, and it loses
 * whole numbers beyond 2^53. A list or map that would take too many operations is replaced.
 */
export function operationsBetween(before: JsonObject, after: JsonObject): readonly JsonPatchOperation[] {
  return ofFields(before, after, []);
}

type Pointer = readonly (string | number)[];

function between(before: Json, after: Json, at: Pointer): readonly JsonPatchOperation[] {
  const isBoth = (is: (value: unknown) => boolean): boolean => is(before) && is(after);
  if (before === after) return [];
  if (isBoth(isJsonObject) || isBoth(isJsonArray)) {
    const operations = isJsonArray(before)
      ? ofElements(before, after as readonly Json[], at)
      : ofFields(before as JsonObject, after as JsonObject, at);
    if (operations.length <= MAX_OPERATIONS || at.length === 0) return operations;
  }
  return [{ op: 'replace', path: toJsonPointer(at), value: after }];
}

function ofFields(before: JsonObject, after: JsonObject, at: Pointer): readonly JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  for (const [field, value] of Object.entries(before)) {
    const path = [...at, field];
    const now = Object.hasOwn(after, field) ? after[field] : undefined;
    if (now === undefined) operations.push({ op: 'remove', path: toJsonPointer(path) });
    else operations.push(...between(value, now, path));
  }
  for (const [field, value] of Object.entries(after))
    if (!Object.hasOwn(before, field)) operations.push({ op: 'add', path: toJsonPointer([...at, field]), value });
  return operations;
}

function ofElements(before: readonly Json[], after: readonly Json[], at: Pointer): readonly JsonPatchOperation[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && isDeepStrictEqual(before[head], after[head])) head++;
  let tail = 0;
  while (tail < shorter - head && isDeepStrictEqual(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  const [left, right] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const operations: JsonPatchOperation[] = [];
  const both = Math.min(left.length, right.length);
  for (let index = 0; index < both; index++)
    operations.push(...between(left[index] ?? null, right[index] ?? null, [...at, head + index]));
  // From behind, so that each index is still the one it was.
  for (let index = left.length - 1; index >= both; index--)
    operations.push({ op: 'remove', path: toJsonPointer([...at, head + index]) });
  for (let index = both; index < right.length; index++)
    operations.push({ op: 'add', path: toJsonPointer([...at, head + index]), value: right[index] ?? null });
  return operations;
}
