import { isDeepStrictEqual } from 'node:util';
import type { FieldPath } from '../../../src/domain/field-path.ts';
import { stepName } from '../../../src/domain/field-set.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../../src/domain/json.ts';

// managedFields as sets of fields, each a list of steps: `f:spec`, `k:{"name":"app"}`, `v:"a"`, and `.` for what is above it.

export type Field = readonly string[];

interface Entry {
  readonly manager: string;
  /** By their steps as one text. */
  readonly fields: ReadonlyMap<string, Field>;
}

/** By manager, operation, version and subresource. */
export type Owners = ReadonlyMap<string, Entry>;

/** What controllers write while all this goes on. */
const CONTROLLERS = new Set(['kube-controller-manager', 'kwok', 'kube-scheduler']);
/** Numbers that the server or a controller keeps with an object: they move with each change of it. */
const COUNTERS = new Set(['f:deprecated.daemonset.template.generation', 'f:deployment.kubernetes.io/revision']);
/**
 * Fields of a Service that the server clears by itself when the type changes back: whoever had them filled in by changing
 * the type stays their owner on record, though there is nothing left to own (measured on 1.34).
 */
const CLEARED = new Set([
  'externalTrafficPolicy',
  'allocateLoadBalancerNodePorts',
  'healthCheckNodePort',
  'internalTrafficPolicy',
]);

/** Whoever owns something of the object itself; times are left out. */
export function ownersOf(object: JsonObject): Owners {
  const entries = at(object, 'metadata', 'managedFields');
  const owners = new Map<string, Entry>();
  for (const entry of isJsonArray(entries) ? entries : []) {
    const [manager = '', operation, apiVersion, subresource = ''] = ['manager', 'operation', 'apiVersion', 'subresource'].map(
      (field) => stringAt(entry, field),
    );
    if (subresource === 'status' || CONTROLLERS.has(manager)) continue;
    const fields = at(entry, 'fieldsV1');
    const all = (isJsonObject(fields) ? fieldsOf(fields, []) : []).filter((field) => !isBookkeeping(field, object));
    const key = [manager, operation, apiVersion, subresource].join(' ').trim();
    owners.set(key, { manager, fields: new Map(all.map((field) => [field.join('/'), field])) });
  }
  return owners;
}

function isBookkeeping(field: Field, object: JsonObject): boolean {
  const last = field.at(-1) ?? '';
  if (COUNTERS.has(last)) return true;
  return field.length === 2 && field[0] === 'f:spec' && CLEARED.has(last.slice(2)) && fieldValue(object, field) === undefined;
}

function fieldsOf(tree: JsonObject, path: Field): readonly Field[] {
  const below = Object.entries(tree);
  if (below.length === 0) return [path];
  return below.flatMap(([step, child]) => fieldsOf(isJsonObject(child) ? child : {}, [...path, step]));
}

/** The value of a field; `undefined` if there is none. */
export function fieldValue(object: Json | undefined, field: Field): Json | undefined {
  let node = object;
  for (const step of field) {
    if (step === '.') return node;
    const rest = step.slice(2);
    if (step.startsWith('f:')) node = at(node, rest);
    else if (!isJsonArray(node)) return undefined;
    else {
      const wanted = JSON.parse(rest) as Json;
      node = node.find((element) => (step.startsWith('v:') ? isDeepStrictEqual(element, wanted) : hasKey(element, wanted)));
    }
  }
  return node;
}

function hasKey(element: Json, key: Json): boolean {
  // An element without the key field is keyed by its default, the empty text.
  return isJsonObject(key) && Object.entries(key).every(([name, part]) => (at(element, name) ?? '') === part);
}

/** A finding's path in the same words. */
export function fieldOf(path: FieldPath): Field {
  return path.map(stepName);
}

/** One lies in the other, whichever. */
export function meet(one: Field, other: Field): boolean {
  const [left, right] = [one, other].map((field) => field.filter((step) => step !== '.'));
  return (left ?? []).every((step, index) => right?.[index] === undefined || right[index] === step);
}
