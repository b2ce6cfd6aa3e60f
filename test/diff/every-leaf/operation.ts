import { toJsonPointer } from '../../../src/domain/field-path.ts';
import { isJsonArray, isJsonObject, type Json } from '../../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../../src/domain/json-patch.ts';
import type { Base, Mutation } from './mutations.ts';
import { get } from './pointer.ts';

/** What the other hand sends: one operation on the object as it is live. */
export function operationOf({ act, pointer }: Pick<Mutation, 'act' | 'pointer'>, value: Json, on: Base): JsonPatchOperation {
  if (act === 'remove') return { op: 'remove', path: toJsonPointer(pointer) };
  if (act === 'change') return { op: 'replace', path: toJsonPointer(pointer), value };
  if (act === 'insert') {
    const [entry] = isJsonArray(get(on.live, pointer)) || !isJsonObject(value) ? [] : Object.entries(value);
    return entry
      ? { op: 'add', path: toJsonPointer([...pointer, entry[0]]), value: entry[1] }
      : { op: 'add', path: `${toJsonPointer(pointer)}/-`, value };
  }
  const [parent, last] = [pointer.slice(0, -1), pointer.at(-1) ?? ''];
  // Where the server dropped an emptied parent, that is added with it.
  if (get(on.live, parent) === undefined) {
    const whole = typeof last === 'number' ? [value] : { [last]: value };
    return operationOf({ act, pointer: parent }, whole, on);
  }
  return { op: 'add', path: toJsonPointer(typeof last === 'number' ? [...parent, '-'] : pointer), value };
}
