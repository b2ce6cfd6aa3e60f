import type { Caller, Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';

/** The function of the gate that waits for an approval; gates are called `space/trigger/function` (reference, section 6.5). */
const WAITS = /(?:^|\/)is-approved$/u;

/**
 * Adds the caller to those who approved the unit's head, and opens the gate that waits for it; a new revision starts
 * without approvals. Runs in a transaction.
 */
export function approveUnit(hub: Hub, caller: Caller, unit: Unit): void {
  const { UserID } = caller.user;
  if (unit.ApprovedBy.includes(UserID)) return;
  const ApplyGates = Object.fromEntries(Object.entries(unit.ApplyGates).filter(([gate]) => !WAITS.test(gate)));
  const approved = { ApplyGates, ApprovedBy: [...unit.ApprovedBy, UserID], UpdatedAt: hub.now() };
  hub.store.units.update({ ...unit, ...approved, Version: unit.Version + 1 });
  const head = hub.store.revisions.last(
    { column: 'unit_id', values: [unit.UnitID] },
    { column: 'revision_num', values: [unit.HeadRevisionNum] },
  );
  if (head) hub.store.revisions.update({ ...head, ...approved, Version: head.Version + 1 });
}
