import { bridgeWorkerKind } from './bridge-worker.ts';
import { changeSetKind } from './change-set.ts';
import type { EntityDefinition, EntityName } from './definition.ts';
import { filterKind } from './filter.ts';
import { linkKind } from './link.ts';
import { mutationDefinition } from './mutation.ts';
import type { NamedKind } from './named.ts';
import { organizationDefinition } from './organization.ts';
import { queuedOperationDefinition } from './queued-operation.ts';
import { revisionDefinition } from './revision.ts';
import { setKind } from './set.ts';
import { spaceDefinition } from './space.ts';
import { tagKind } from './tag.ts';
import { targetKind } from './target.ts';
import { unitDefinition } from './unit.ts';
import { unitEventDefinition } from './unit-event.ts';
import { userDefinition } from './user.ts';

/** A new kind below a space is a file beside this one and a line here: routes, `where` and `include` follow from it. */
export const namedKinds: readonly NamedKind[] = [
  filterKind,
  setKind,
  tagKind,
  changeSetKind,
  targetKind,
  bridgeWorkerKind,
  linkKind,
];

export const definitions: Readonly<Record<EntityName, EntityDefinition>> = {
  Space: spaceDefinition,
  Unit: unitDefinition,
  Revision: revisionDefinition,
  Mutation: mutationDefinition,
  Filter: filterKind.definition,
  Set: setKind.definition,
  Tag: tagKind.definition,
  ChangeSet: changeSetKind.definition,
  Target: targetKind.definition,
  BridgeWorker: bridgeWorkerKind.definition,
  Link: linkKind.definition,
  UnitEvent: unitEventDefinition,
  QueuedOperation: queuedOperationDefinition,
  User: userDefinition,
  Organization: organizationDefinition,
};
