import { plural } from '../../domain/words.ts';
import type { Hub } from '../context.ts';
import type { Named } from '../entities/named.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import { Reader } from '../query/reader.ts';
import { namedId } from '../storage/store.ts';

type Reference = 'SetID' | 'TargetID' | 'ChangeSetID';

const references: Readonly<Record<string, { readonly field: Reference; readonly column: string }>> = {
  Set: { field: 'SetID', column: 'set_id' },
  Target: { field: 'TargetID', column: 'target_id' },
  ChangeSet: { field: 'ChangeSetID', column: 'change_set_id' },
};

/**
 * Deletes what units may point at: refused while one does, or, when its whole space goes, taken off the units. An open
 * changeset cannot be deleted under the units that it locks.
 */
export function deleteNamed(hub: Hub, record: Named, whenUsed: 'refuse' | 'detach'): void {
  const id = namedId(record);
  const reference = references[record.EntityType];
  if (reference) {
    const users = hub.store.units.find({ column: reference.column, values: [id] });
    if (users.length > 0 && whenUsed === 'refuse') {
      const reader = new Reader(hub.store);
      const names = users.slice(0, 3).map((unit) => reader.nameOf(unit));
      throw new HubError(
        409,
        `${record.EntityType} ${record.Slug} is used by ${plural(users.length, 'unit')}: ${names.join(', ')}${users.length > 3 ? ', ...' : ''}`,
      );
    }
    for (const unit of users) detach(hub, unit, reference.field);
  }
  if (record.EntityType === 'BridgeWorker') hub.store.sessions.endOf(id);
  hub.store.named.delete(id);
}

function detach(hub: Hub, unit: Unit, field: Reference): void {
  hub.store.units.update({ ...unit, [field]: null, UpdatedAt: hub.now(), Version: unit.Version + 1 });
}
