import type { Hub } from '../context.ts';
import type { OperationAction, OperationStatus, QueuedOperation } from '../entities/queued-operation.ts';
import type { Unit } from '../entities/unit.ts';
import type { UnitEvent } from '../entities/unit-event.ts';
import { badRequest, HubError } from '../errors.ts';
import { ORGANIZATION_ID } from '../identity.ts';
import { Reader } from '../query/reader.ts';
import { findRevision } from '../units/history.ts';

/** An operation that would be queued, with its preconditions checked (reference, section 6.5). */
export function planOperation(hub: Hub, unit: Unit, action: OperationAction, revision?: string): QueuedOperation {
  const subject = { type: 'Unit', id: unit.UnitID };
  const name = new Reader(hub.store).nameOf(unit);
  if (unit.TargetID === null) throw new HubError(400, `unit ${name} has no target`, subject);
  const gates = Object.keys(unit.ApplyGates);
  if (action === 'Apply' && gates.length > 0)
    throw new HubError(422, `unit ${name} is blocked by the apply gates ${gates.join(', ')}`, subject);
  if (revision?.startsWith('Before:')) throw badRequest('Before: is not a revision to apply');
  return {
    EntityType: 'QueuedOperation',
    QueuedOperationID: hub.newId(),
    Action: action,
    UnitID: unit.UnitID,
    SpaceID: unit.SpaceID,
    OrganizationID: ORGANIZATION_ID,
    TargetID: unit.TargetID,
    RevisionNum: revision === undefined ? unit.HeadRevisionNum : findRevision(hub, unit, revision).RevisionNum,
    Status: 'Pending',
    CreatedAt: hub.now(),
    Version: 1,
  };
}

/** Queues it: from here on it survives a restart. Runs in a transaction; the caller hands it to the worker after the commit. */
export function queueOperation(hub: Hub, unit: Unit, operation: QueuedOperation): QueuedOperation {
  hub.store.operations.insert(operation);
  recordEvent(hub, operation, { Status: 'Pending', Result: 'None', Message: 'Queued', TerminatedAt: null });
  if (operation.Action === 'Apply') {
    hub.store.units.update({
      ...unit,
      LastAppliedRevisionNum: operation.RevisionNum,
      UpdatedAt: hub.now(),
      Version: unit.Version + 1,
    });
  }
  return operation;
}

/** Takes back the unit's operations that have not begun. Runs in a transaction; answers how many there were. */
export function cancelOperations(hub: Hub, unit: Unit): number {
  const pending = hub.store.operations
    .find({ column: 'unit_id', values: [unit.UnitID] })
    .filter(({ Status }) => Status === 'Pending');
  for (const operation of pending) {
    setStatus(hub, operation, 'Canceled');
    recordEvent(hub, operation, { Status: 'Canceled', Result: 'None', Message: 'Canceled', TerminatedAt: hub.now() });
  }
  return pending.length;
}

export function setStatus(hub: Hub, operation: QueuedOperation, status: OperationStatus): QueuedOperation {
  return hub.store.operations.update({ ...operation, Status: status, Version: operation.Version + 1 });
}

export type EventNews = Pick<UnitEvent, 'Status' | 'Result' | 'Message' | 'TerminatedAt'>;

export function recordEvent(hub: Hub, operation: QueuedOperation, news: EventNews): UnitEvent {
  const previous = hub.store.events.last({ column: 'unit_id', values: [operation.UnitID] });
  const worker = new Reader(hub.store).load('Target', operation.TargetID)?.['BridgeWorkerID'];
  return hub.store.events.insert({
    EntityType: 'UnitEvent',
    UnitEventID: hub.newId(),
    QueuedOperationID: operation.QueuedOperationID,
    UnitID: operation.UnitID,
    SpaceID: operation.SpaceID,
    OrganizationID: operation.OrganizationID,
    BridgeWorkerID: typeof worker === 'string' ? worker : null,
    Action: operation.Action,
    RevisionNum: operation.RevisionNum,
    StartedAt: operation.CreatedAt,
    CreatedAt: after(hub.now(), previous?.CreatedAt),
    ...news,
  });
}

/** Clients find the newest event by CreatedAt (reference, section 2), so no two of a unit share a millisecond. */
function after(now: string, previous: string | undefined): string {
  return previous === undefined || now > previous ? now : new Date(Date.parse(previous) + 1).toISOString();
}
