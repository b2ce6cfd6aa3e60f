import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';

/** List indexes and fields of one very object. */
export type Pointer = readonly (string | number)[];

export function get(root: Json | undefined, pointer: Pointer): Json | undefined {
  let node = root;
  for (const step of pointer) {
    if (typeof step === 'number') node = isJsonArray(node) ? node[step] : undefined;
    else node = isJsonObject(node) && Object.hasOwn(node, step) ? node[step] : undefined;
  }
  return node;
}

/** A copy with the value at the pointer replaced, or left out where `value` is `undefined`. */
function put(root: Json, pointer: Pointer, value: Json | undefined): Json {
  const [step, ...rest] = pointer;
  if (step === undefined) return value ?? null;
  const child = get(root, [step]);
  const next = rest.length === 0 ? value : put(child ?? {}, rest, value);
  if (isJsonArray(root)) return root.flatMap((entry, index) => (index !== step ? [entry] : next === undefined ? [] : [next]));
  const { [step]: _, ...others } = isJsonObject(root) ? root : {};
  return next === undefined ? others : { ...others, [step]: next };
}

/** A copy without these. None may be an element before another of them in its list. */
export function omit(root: JsonObject, pointers: readonly Pointer[]): JsonObject {
  return pointers.reduce<JsonObject>((rest, pointer) => {
    const left = put(rest, pointer, undefined);
    return isJsonObject(left) ? left : {};
  }, root);
}

export function isPrefix(prefix: Pointer, pointer: Pointer): boolean {
  return prefix.length <= pointer.length && prefix.every((step, index) => step === pointer[index]);
}
