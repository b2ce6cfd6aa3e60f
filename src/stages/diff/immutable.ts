import { type FieldPath, printPath } from '../../domain/field-path.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { kindOf } from '../../domain/kinds/kinds.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';

/** A change that would have to be made: of what, from which live value to which desired one. */
export interface WantedChange {
  readonly ref: ObjectRef;
  readonly path: FieldPath;
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
}

/** Whether the API server would refuse the change. `object` is the live one. */
export function isImmutable(change: WantedChange, object: JsonObject): boolean {
  const kind = kindOf(change.ref);
  const text = printPath(change.path);
  return kind?.immutable?.test(text) === true || kind?.refuses?.(text, change, object) === true;
}
