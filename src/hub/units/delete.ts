import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';

/** The unit with its history. Its clones stay, and keep the ID of what they came from. */
export function deleteUnit(hub: Hub, unit: Unit): void {
  const ofUnit = { column: 'unit_id', values: [unit.UnitID] };
  hub.store.revisions.deleteWhere(ofUnit);
  hub.store.events.deleteWhere(ofUnit);
  hub.store.operations.deleteWhere(ofUnit);
  hub.store.appliedObjects.forget(unit.UnitID);
  hub.store.units.delete(unit.UnitID);
}
