import type { EntityDefinition } from './definition.ts';

export type OperationStatus = 'Pending' | 'Progressing' | 'Completed' | 'Failed' | 'Canceled';

export type QueuedOperation = {
  readonly EntityType: 'QueuedOperation';
  readonly QueuedOperationID: string;
  readonly Action: 'Apply';
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
  attributes: { QueuedOperationID: 'uuid', UnitID: 'uuid', SpaceID: 'uuid', Status: 'string', RevisionNum: 'integer' },
  relations: {},
};
