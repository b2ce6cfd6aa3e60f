import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import { Reader } from '../query/reader.ts';

/** Deletes a unit that no changeset locks: the owner of the lock relies on it. Runs in a transaction. */
export function deleteUnlocked(hub: Hub, unit: Unit): void {
  const reader = new Reader(hub.store);
  const lock = unit.ChangeSetID === null ? undefined : reader.load('ChangeSet', unit.ChangeSetID);
  if (lock) {
    const message = `unit ${reader.nameOf(unit)} is locked by ChangeSet ${reader.nameOf(lock)}; close that one first`;
    throw new HubError(409, message, { type: 'Unit', id: unit.UnitID });
  }
  deleteUnit(hub, unit);
}

/** The unit with its history. Its clones stay, and keep the ID of what they came from. */
export function deleteUnit(hub: Hub, unit: Unit): void {
  const ofUnit = { column: 'unit_id', values: [unit.UnitID] };
  hub.store.revisions.deleteWhere(ofUnit);
  hub.store.events.deleteWhere(ofUnit);
  hub.store.operations.deleteWhere(ofUnit);
  hub.store.appliedObjects.forget(unit.UnitID);
  hub.store.units.delete(unit.UnitID);
}
