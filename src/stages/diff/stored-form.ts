import { isJsonObject, type JsonObject, own } from '../../domain/json.ts';
import { kindOf } from '../../domain/kinds/kinds.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';
import type { FieldOwner, LiveObject } from '../../domain/snapshot.ts';

/** The desired document as the API server stores it: the comparison of single fields cannot see where one follows from another. */
export function asStored(desired: JsonObject, live: JsonObject, ref: ObjectRef): JsonObject {
  return kindOf(ref)?.storedForm?.(desired, live) ?? desired;
}

/**
 * The entry of an apply owns `stringData`, which live has as `data`, and keeps it when another manager writes
 * `data` later (measured on 1.34): it counts for keys that exist and that no other manager owns.
 */
export function ownersAsStored({ ref, body }: LiveObject, owners: readonly FieldOwner[]): readonly FieldOwner[] {
  if (ref.kind !== 'Secret') return owners;
  const isOwnedAsData = (key: string): boolean => owners.some(({ fields }) => own(own(fields, 'f:data'), key) !== undefined);
  return owners.map((owner) => {
    const { 'f:stringData': written, ...fields } = owner.fields;
    if (!isJsonObject(written)) return owner;
    const data = own(fields, 'f:data');
    const counted = Object.entries(written).filter(
      ([key]) => own(own(body, 'data'), key.slice('f:'.length)) !== undefined && !isOwnedAsData(key),
    );
    return { ...owner, fields: { ...fields, 'f:data': { ...(isJsonObject(data) ? data : {}), ...Object.fromEntries(counted) } } };
  });
}
