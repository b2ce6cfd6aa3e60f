import type { EntityDefinition } from './definition.ts';
import type { OperationAction, OperationStatus } from './queued-operation.ts';

export type UnitEvent = {
  readonly EntityType: 'UnitEvent';
  readonly UnitEventID: string;
  readonly QueuedOperationID: string;
  readonly UnitID: string;
  readonly SpaceID: string;
  readonly OrganizationID: string;
  readonly BridgeWorkerID: string | null;
  readonly Action: OperationAction;
  readonly Status: OperationStatus;
  readonly Result:
    | 'None'
    | 'ApplyCompleted'
    | 'ApplyFailed'
    | 'ApplyWaitFailed'
    | 'DestroyCompleted'
    | 'DestroyFailed'
    | 'RefreshAndDrifted'
    | 'RefreshAndNoDrift'
    | 'RefreshFailed';
  readonly RevisionNum: number;
  readonly Message: string;
  readonly StartedAt: string;
  readonly TerminatedAt: string | null;
  readonly CreatedAt: string;
};

export const unitEventDefinition: EntityDefinition = {
  name: 'UnitEvent',
  idField: 'UnitEventID',
  attributes: {
    UnitEventID: 'uuid',
    QueuedOperationID: 'uuid',
    UnitID: 'uuid',
    SpaceID: 'uuid',
    OrganizationID: 'uuid',
    BridgeWorkerID: 'uuid',
    Action: 'string',
    Status: 'string',
    Result: 'string',
    RevisionNum: 'integer',
    StartedAt: 'time',
    TerminatedAt: 'time',
    CreatedAt: 'time',
    UpdatedAt: 'time',
  },
  relations: {},
};
