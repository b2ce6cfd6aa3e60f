import type { Hub } from '../context.ts';
import { changeSetFields } from '../entities/change-set.ts';
import { ORGANIZATION_ID } from '../identity.ts';

/** A changeset's start or end tag, made the first time that a unit needs it (reference, section 6.4). */
export function changeSetTag(
  hub: Hub,
  changeSetId: string,
  end: 'StartTagID' | 'EndTagID',
): { readonly id: string; readonly slug: string } {
  const record = hub.store.named.get(changeSetId);
  if (!record) throw new Error(`ChangeSet ${changeSetId} vanished within a transaction`);
  const changeSet = changeSetFields.parse(record);
  const known = changeSet[end];
  if (known !== null) return { id: known, slug: String(hub.store.named.get(known)?.Slug ?? known) };
  const id = hub.newId();
  const slug = freeSlug(hub, changeSet.SpaceID, `${changeSet.Slug}-${end === 'StartTagID' ? 'start' : 'end'}`, id);
  const now = hub.now();
  hub.store.named.insert({
    EntityType: 'Tag',
    TagID: id,
    OrganizationID: ORGANIZATION_ID,
    SpaceID: changeSet.SpaceID,
    Slug: slug,
    DisplayName: slug,
    Labels: {},
    Annotations: {},
    CreatedAt: now,
    UpdatedAt: now,
    Version: 1,
    ChangeSetID: changeSetId,
  });
  hub.store.named.update({ ...record, [end]: id, UpdatedAt: now, Version: record.Version + 1 });
  return { id, slug };
}

function freeSlug(hub: Hub, spaceId: string, slug: string, id: string): string {
  const taken = hub.store.named.has(
    { column: 'entity_type', values: ['Tag'] },
    { column: 'space_id', values: [spaceId] },
    { column: 'slug', values: [slug] },
  );
  return taken ? `${slug}-${id.slice(0, 8)}` : slug;
}
