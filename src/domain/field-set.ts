import { stringifyJson } from './exact-json.ts';
import type { FieldPath } from './field-path.ts';
import { canonicalJson } from './finding.ts';
import { isJsonObject, type Json, type JsonObject, own } from './json.ts';

// Sets of fields as managedFields has them (`fieldsV1`, structured-merge-diff): a trie whose empty object is a member
// without anything below it, and whose "." is a member that has something below it.

const MEMBER = '.';

/** What is in both. */
export function intersection(one: JsonObject, other: JsonObject): JsonObject {
  const fields: Record<string, JsonObject> = {};
  for (const [step, left] of Object.entries(one)) {
    const right = own(other, step);
    if (!isJsonObject(left) || !isJsonObject(right)) continue;
    if (step === MEMBER) fields[step] = {};
    else {
      const below = intersection(withMember(left), withMember(right));
      if (Object.keys(below).length > 0) fields[step] = compact(below);
    }
  }
  return fields;
}

/** What is in either. */
export function union(one: JsonObject, other: JsonObject): JsonObject {
  const fields: Record<string, JsonObject> = {};
  for (const step of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [left, right] = [own(one, step), own(other, step)];
    if (step === MEMBER) fields[step] = {};
    else if (isJsonObject(left) && isJsonObject(right)) fields[step] = compact(union(withMember(left), withMember(right)));
    else if (isJsonObject(left)) fields[step] = left;
    else if (isJsonObject(right)) fields[step] = right;
  }
  return fields;
}

/** The set without a path and everything below it. */
export function without(fields: JsonObject, path: FieldPath): JsonObject {
  const [step, ...rest] = path;
  if (step === undefined) return {};
  const name = stepName(step);
  const below = own(fields, name);
  if (!isJsonObject(below)) return fields;
  const { [name]: _, ...others } = fields;
  const left = rest.length === 0 ? {} : without(withMember(below), rest);
  return Object.keys(left).length === 0 ? others : { ...others, [name]: compact(left) };
}

/** The set of only this path. */
export function setOf(path: FieldPath): JsonObject {
  return path.reduceRight<JsonObject>((below, step) => ({ [stepName(step)]: below }), {});
}

/** The part of a set at a path, with the steps to it; empty if there is none. */
export function partAt(fields: JsonObject, path: FieldPath): JsonObject {
  const [step, ...rest] = path;
  if (step === undefined) return fields;
  const name = stepName(step);
  const below = own(fields, name);
  if (!isJsonObject(below)) return {};
  const part = partAt(below, rest);
  return Object.keys(part).length > 0 || rest.length === 0 ? { [name]: part } : {};
}

/** The name of one step, as the API server writes it: keys sorted, JSON in Go's spelling. */
export function stepName(step: FieldPath[number]): string {
  if ('field' in step) return `f:${step.field}`;
  return 'key' in step ? `k:${goJson(step.key)}` : `v:${goJson(step.member)}`;
}

/** Go escapes what would be markup in a page (measured on 1.34: `v:"a \u0026 b"`). */
function goJson(value: Json): string {
  // Asked for every element of every list: most keys are one field, in plain letters.
  const isSorted = !isJsonObject(value) || Object.keys(value).length < 2;
  const text = isSorted ? stringifyJson(value) : (canonicalJson(value) ?? '');
  if (!MARKUP.test(text)) return text;
  return [...text].map((character) => (MARKUP.test(character) ? goEscape(character) : character)).join('');
}

const MARKUP = /[<>&\u2028\u2029]/u;

function goEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** An empty object is short for a member alone. */
function withMember(fields: JsonObject): JsonObject {
  return Object.keys(fields).length === 0 ? { [MEMBER]: {} } : fields;
}

function compact(fields: JsonObject): JsonObject {
  return Object.keys(fields).length === 1 && Object.hasOwn(fields, MEMBER) ? {} : fields;
}
