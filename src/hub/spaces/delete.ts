import { plural } from '../../domain/words.ts';
import type { Hub } from '../context.ts';
import type { Space } from '../entities/space.ts';
import { HubError } from '../errors.ts';
import { deleteNamed } from '../named/delete.ts';
import { deleteUnit } from '../units/delete.ts';

/** A space with content is deleted only when asked to go through with it (reference, section 7). Runs in a transaction. */
export function deleteSpace(hub: Hub, space: Space, recursive: boolean): void {
  const inSpace = { column: 'space_id', values: [space.SpaceID] };
  const units = hub.store.units.find(inSpace);
  const named = hub.store.named.find(inSpace);
  if (!recursive && units.length + named.length > 0) {
    throw new HubError(
      400,
      `space ${space.Slug} still has ${plural(units.length, 'unit')} and ${plural(named.length, 'other entity')}; delete them first, or use recursive=true`,
    );
  }
  for (const unit of units) deleteUnit(hub, unit);
  for (const record of named) deleteNamed(hub, record, 'detach');
  hub.store.spaces.delete(space.SpaceID);
}
