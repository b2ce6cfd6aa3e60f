import type { EntityDefinition } from './definition.ts';

export type OperationStatus = 'Pending' | 'Progressing' | 'Completed' | 'Failed' | 'Canceled';

export type OperationAction = 'Apply' | 'Destroy' | 'Refresh';

export type QueuedOperation = {
  readonly EntityType: 'QueuedOperation';
  readonly QueuedOperationID: string;
  readonly Action: OperationAction;
  readonly UnitID: string;
  readonly SpaceID: string;
  readonly OrganizationID: string;
  readonly TargetID: string;
  readonly RevisionNum: number;
  readonly Status: OperationStatus;
  readonly CreatedAt: string;
  readonly Version: number;
};

export const queuedOperationDefinition: EntityDefinition = {
  name: 'QueuedOperation',
  idField: 'QueuedOperationID',
  attributes: {
    QueuedOperationID: 'uuid',
    UnitID: 'uuid',
    SpaceID: 'uuid',
    Status: 'string',
    Action: 'string',
    RevisionNum: 'integer',
  },
  relations: {},
};
