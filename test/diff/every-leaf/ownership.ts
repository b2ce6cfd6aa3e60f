import { isDeepStrictEqual } from 'node:util';
import type { FieldPath, PathStep } from '../../../src/domain/field-path.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../../src/domain/json.ts';
import type { Pointer } from './pointer.ts';
import { type Shape, stepDown } from './shape.ts';

// How the server itself divides an object, read from the entry of our own apply in managedFields: where its tree ends, a
// value is owned and replaced whole. That makes the expected path independent of how src/diff reads the schema.

export type Tree = JsonObject;

export function treeOf(object: JsonObject, manager: string): Tree {
  const entries = at(object, 'metadata', 'managedFields');
  const entry = isJsonArray(entries) ? entries.find((one) => stringAt(one, 'manager') === manager) : undefined;
  const fields = at(entry, 'fieldsV1');
  if (!isJsonObject(fields)) throw new Error(`${manager} owns nothing`);
  return fields;
}

export function isEnd(tree: Tree): boolean {
  return Object.keys(tree).every((key) => key === '.');
}

/** One step of the tree: its path step and the index or field in an object. */
interface Branch {
  readonly step: PathStep;
  readonly tree: Tree;
  find(value: Json): Json | undefined;
}

function branchesOf(tree: Tree): readonly Branch[] {
  return Object.entries(tree).flatMap(([text, below]): readonly Branch[] => {
    if (text === '.' || !isJsonObject(below)) return [];
    const rest = text.slice(2);
    if (text.startsWith('f:')) {
      const find = (value: Json): Json | undefined => at(value, rest);
      return [{ step: { field: rest }, tree: below, find }];
    }
    // Keys are objects of scalars, members any value, both as JSON.
    const parsed = JSON.parse(rest) as Json;
    if (text.startsWith('k:') && isJsonObject(parsed)) {
      const key = parsed as Readonly<Record<string, string | number | boolean>>;
      const find = (value: Json): Json | undefined =>
        isJsonArray(value)
          ? // An element without the key field is keyed by its default, the empty text.
            value.find((element) => Object.entries(key).every(([name, part]) => (at(element, name) ?? '') === part))
          : undefined;
      return [{ step: { key }, tree: below, find }];
    }
    const find = (value: Json): Json | undefined =>
      isJsonArray(value) ? value.find((element) => isDeepStrictEqual(element, parsed)) : undefined;
    return [{ step: { member: parsed }, tree: below, find }];
  });
}

/** Where a pointer leads in the tree; it ends early at a value that is owned whole. `undefined` if none of our managers owns it. */
export interface Place {
  readonly path: FieldPath;
  readonly tree: Tree;
  /** The length of the pointer that the path covers. */
  readonly pointer: Pointer;
}

export function placeOf(object: Json, tree: Tree, pointer: Pointer): Place | undefined {
  let [node, below, path]: [Json | undefined, Tree, FieldPath] = [object, tree, []];
  for (const [index, step] of pointer.entries()) {
    if (isEnd(below) && index > 0) return { path, tree: below, pointer: pointer.slice(0, index) };
    const parent: Json | undefined = node;
    const child: Json | undefined = typeof step === 'number' ? (isJsonArray(node) ? node[step] : undefined) : at(node, step);
    const branch: Branch | undefined = branchesOf(below).find((one) => {
      if ('field' in one.step) return one.step.field === step;
      return child !== undefined && parent !== undefined && one.find(parent) === child;
    });
    if (!branch) return undefined;
    [node, below, path] = [child, branch.tree, [...path, branch.step]];
  }
  return { path, tree: below, pointer };
}

export interface Expected {
  readonly class: 'changed' | 'removed' | 'added';
  readonly path: FieldPath;
}

/**
 * What we own in `before` and departs in `after`, each at the highest node that is gone or else at the value. Of what was
 * declared empty nothing can depart.
 */
export function departures(
  declared: Json | undefined,
  before: Json,
  after: Json | undefined,
  tree: Tree,
  path: FieldPath = [],
): readonly Expected[] {
  // The server stores null for some lists: that is absence as well.
  if (after === undefined || after === null) return [{ class: 'removed', path }];
  if (isEnd(tree)) {
    const isEmpty = typeof declared === 'object' && declared !== null && Object.keys(declared).length === 0;
    return isEmpty || isDeepStrictEqual(before, after) ? [] : [{ class: 'changed', path }];
  }
  return branchesOf(tree).flatMap((branch) => {
    const had = branch.find(before);
    if (had === undefined) return [];
    const wanted = declared === undefined ? undefined : branch.find(declared);
    return departures(wanted, had, branch.find(after), branch.tree, [...path, branch.step]);
  });
}

/** What is new or other in `after` where we own nothing: a struct or value as one, of an open container each member. */
export function additions(
  before: Json | undefined,
  after: Json | undefined,
  tree: Tree | undefined,
  shape: Shape,
  path: FieldPath,
): readonly Expected[] {
  if (after === undefined || isDeepStrictEqual(before, after)) return [];
  const isOpen = shape.type === 'map' ? !shape.isAtomicMap : tree !== undefined && isElementwise(tree);
  const isStruct = shape.type === 'struct' && !shape.isAtomicMap && before !== undefined;
  if ((!isOpen && !isStruct) || tree === undefined || isEnd(tree)) return [{ class: 'added', path }];
  return branchesOf(tree).flatMap((branch) => {
    const step = 'field' in branch.step ? branch.step.field : 0;
    const below = stepDown(shape, '', step);
    if (!below) return [];
    const had = before === undefined ? undefined : branch.find(before);
    return additions(had, branch.find(after), branch.tree, below.shape, [...path, branch.step]);
  });
}

function isElementwise(tree: Tree): boolean {
  return Object.keys(tree).some((key) => key.startsWith('k:') || key.startsWith('v:'));
}
