import { isDeepStrictEqual } from 'node:util';
import { type FieldPath, valueAt } from '../../../src/domain/field-path.ts';
import { at, type Json, type JsonObject } from '../../../src/domain/json.ts';
import type { Base, Mutation } from './mutations.ts';
import { additions, departures, type Expected, isEnd, placeOf } from './ownership.ts';
import { get, type Pointer } from './pointer.ts';
import { type Shape, stepDown } from './shape.ts';

/** What must be found, from the two objects and what our apply owns of the first. */
export function expectedOf(mutation: Mutation, value: Json, on: Base, answer: JsonObject, root: Shape): readonly Expected[] {
  return [...departures(on.desired, on.live, answer, on.tree), ...newcomers(mutation, value, on, answer, root)];
}

function newcomers(mutation: Mutation, value: Json, on: Base, answer: JsonObject, root: Shape): readonly Expected[] {
  const { act, pointer, base } = mutation;
  const place = placeOf(base.live, base.tree, pointer);
  if (!place) return [];
  if (act !== 'insert') {
    const renamed = otherElement(mutation, on, answer);
    if (renamed) return [{ class: 'added', path: renamed }];
  }
  if (act === 'remove') return [];
  const isWhole = place.pointer.length < pointer.length;
  if (act === 'change') {
    const last = place.path.at(-1);
    const isMember = !isWhole && last && 'member' in last;
    return isMember ? [{ class: 'added', path: [...place.path.slice(0, -1), { member: value }] }] : [];
  }
  if (act === 'insert') {
    const [sibling] = Object.keys(place.tree).filter((key) => key !== '.');
    if (isWhole || sibling === undefined) return [];
    if (sibling.startsWith('v:')) return [{ class: 'added', path: [...place.path, { member: value }] }];
    if (sibling.startsWith('k:')) return [{ class: 'added', path: [...place.path, { key: keyLike(sibling.slice(2), value) }] }];
    // Into a map goes an object of its new key.
    return Object.keys(value as JsonObject).map((field) => ({ class: 'added', path: [...place.path, { field }] }));
  }
  const declared = valueAt(on.desired, place.path);
  if (isEnd(place.tree) && declared !== undefined) {
    // What remained of a value that is owned whole is ours, and departs; of an empty one the server keeps nothing.
    return isEmpty(declared) ? [{ class: 'changed', path: place.path }] : [];
  }
  for (let length = 1; length <= place.pointer.length; length++) {
    const part = placeOf(base.live, base.tree, place.pointer.slice(0, length));
    const before = part && valueAt(on.live, part.path);
    if (!part || (before !== undefined && length < place.pointer.length)) continue;
    return additions(before, valueAt(answer, part.path), part.tree, shapeAt(root, part.pointer), part.path);
  }
  return [];
}

/** Where a key field changed, that is another element; without a value it is one with an empty key. */
function otherElement({ pointer }: Mutation, on: Base, answer: JsonObject): FieldPath | undefined {
  const parent = pointer.slice(0, -1);
  const path = placeOf(on.live, on.tree, parent)?.path ?? [];
  const step = path.at(-1);
  if (!step || !('key' in step) || !Object.hasOwn(step.key, String(pointer.at(-1)))) return undefined;
  const now = get(answer, parent);
  // A key is of the same type in every element.
  const key = Object.fromEntries(Object.keys(step.key).map((name) => [name, (at(now, name) ?? '') as string]));
  return isDeepStrictEqual(key, { ...step.key }) ? undefined : [...path.slice(0, -1), { key }];
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function keyLike(sibling: string, value: Json): Readonly<Record<string, string | number | boolean>> {
  // Keys are objects of scalars.
  const names = Object.keys(JSON.parse(sibling) as JsonObject);
  return Object.fromEntries(names.map((name) => [name, String(at(value, name) ?? 'TCP')]));
}

function shapeAt(root: Shape, pointer: Pointer): Shape {
  let shape = root;
  for (const step of pointer) shape = stepDown(shape, '', step)?.shape ?? shape;
  return shape;
}
