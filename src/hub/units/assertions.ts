import type { Hub } from '../context.ts';
import type { EntityName } from '../entities/definition.ts';
import type { WritableUnit } from '../entities/unit.ts';
import { badRequest, HubError } from '../errors.ts';
import type { Reader } from '../query/reader.ts';

/** Slugs are unique for each space and kind (reference, section 7). */
export function assertSlugIsFree(hub: Hub, spaceId: string, slug: string): void {
  const taken = hub.store.units.last({ column: 'space_id', values: [spaceId] }, { column: 'slug', values: [slug] });
  if (taken) throw new HubError(409, `unit ${slug} already exists in this space`, { type: 'Unit', id: taken.UnitID });
}

/** What a unit points at must be there; only what this write changes is looked up. */
export function assertReferences(
  reader: Reader,
  before: { readonly SetID: string | null; readonly TargetID: string | null },
  fields: Pick<WritableUnit, 'SetID' | 'TargetID'>,
): void {
  if (fields.SetID !== before.SetID) assertExists(reader, 'Set', fields.SetID);
  if (fields.TargetID !== before.TargetID) assertExists(reader, 'Target', fields.TargetID);
}

function assertExists(reader: Reader, entity: EntityName, id: string | null): void {
  if (id !== null && !reader.load(entity, id)) throw badRequest(`${entity}ID ${id} names no ${entity}`);
}
