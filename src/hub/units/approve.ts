import type { Caller, Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';

/** Adds the caller to those who approved the unit's head; a new revision starts without approvals. Runs in a transaction. */
export function approveUnit(hub: Hub, caller: Caller, unit: Unit): void {
  const { UserID } = caller.user;
  if (unit.ApprovedBy.includes(UserID)) return;
  const approved = { ApprovedBy: [...unit.ApprovedBy, UserID], UpdatedAt: hub.now() };
  hub.store.units.update({ ...unit, ...approved, Version: unit.Version + 1 });
  const head = hub.store.revisions.last(
    { column: 'unit_id', values: [unit.UnitID] },
    { column: 'revision_num', values: [unit.HeadRevisionNum] },
  );
  if (head) hub.store.revisions.update({ ...head, ...approved, Version: head.Version + 1 });
}
