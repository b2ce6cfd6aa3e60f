import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import type { ObjectRef } from '../../../src/domain/object-ref.ts';
import type { Data } from './data.ts';
import type { Tree } from './ownership.ts';
import { get, type Pointer } from './pointer.ts';
import { type Shape, stepDown } from './shape.ts';

/** One manifest as it was applied, and what the server made of it. */
export interface Base {
  readonly ref: ObjectRef;
  readonly desired: JsonObject;
  readonly live: JsonObject;
  /** What our apply owns. */
  readonly tree: Tree;
}

type Act =
  /** Another valid value. */
  | 'change'
  | 'remove'
  /** A new element or key. */
  | 'insert'
  /** What the manifest does not declare (left out before the apply), set by another manager. */
  | 'add';

export interface Mutation {
  readonly base: Base;
  readonly act: Act;
  /** The node itself; of an insert the list or map. */
  readonly pointer: Pointer;
  readonly schemaPath: string;
  /** Tried in order until the API takes one that makes a difference. */
  readonly values: readonly Json[];
}

export interface Survey {
  readonly mutations: readonly Mutation[];
  /** Schema paths of the leaves that were declared and are live. */
  readonly held: ReadonlySet<string>;
  /** Schema paths of what was declared and the server dropped without a word. */
  readonly dropped: ReadonlySet<string>;
}

/** Everything that can be done to one object, one thing at a time. */
export function survey(base: Base, shape: Shape, data: Data): Survey {
  const mutations: Mutation[] = [];
  const [held, dropped] = [new Set<string>(), new Set<string>()];

  function visit(value: Json, pointer: Pointer, at: Shape, schemaPath: string): void {
    if (get(base.live, pointer) === undefined) {
      dropped.add(schemaPath);
      return;
    }
    const node = { base, pointer, schemaPath };
    mutations.push({ ...node, act: 'remove', values: [] }, { ...node, act: 'add', values: [value] });
    if (at.type === 'leaf') {
      held.add(schemaPath);
      mutations.push({ ...node, act: 'change', values: data.alternatives(schemaPath, value) ?? otherValues(value, at) });
      return;
    }
    if (at.type !== 'struct') {
      const element = at.element();
      const values = data.insertions(schemaPath, value) ?? newElements(at.type, element);
      mutations.push({ ...node, act: 'insert', values });
    }
    visitBelow(value, pointer, at, schemaPath);
  }

  function visitBelow(value: Json, pointer: Pointer, at: Shape, schemaPath: string): void {
    const steps: readonly (readonly [string | number, Json])[] = isJsonArray(value)
      ? value.map((entry, index) => [index, entry] as const)
      : isJsonObject(value)
        ? Object.entries(value)
        : [];
    for (const [step, child] of steps) {
      const below = stepDown(at, schemaPath, step);
      if (!below) throw new Error(`${schemaPath} has no ${step}`);
      visit(child, [...pointer, step], below.shape, below.path);
    }
  }

  for (const root of [['spec'], ['metadata', 'labels'], ['metadata', 'annotations']]) {
    let [at, path] = [shape, ''];
    for (const step of root) {
      const below = stepDown(at, path, step);
      if (!below) throw new Error(`no ${step}`);
      [at, path] = [below.shape, below.path];
    }
    const value = get(base.desired, root);
    if (value === undefined) continue;
    if (root.length === 1) visitBelow(value, root, at, path);
    else visit(value, root, at, path);
  }
  return { mutations, held, dropped };
}

/** Other values of the same type, for fields that take any. */
function otherValues(value: Json, shape: Shape): readonly Json[] {
  if (typeof value === 'boolean') return [!value];
  if (shape.isQuantity) return ['7', '7Gi'];
  if (typeof value === 'number') return [value + 1, value - 1];
  if (typeof value === 'string') return [`${value}-x`, `x${value}`];
  return [];
}

function newElements(type: Shape['type'], element: Shape): readonly Json[] {
  const value: Json = element.isQuantity ? '1' : element.isInteger ? 99 : 'added';
  if (type === 'list') return [value];
  return [{ added: value }, { 'example.com/added': value }];
}
