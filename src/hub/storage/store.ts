import type { EntityName } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import type { Named } from '../entities/named.ts';
import type { QueuedOperation } from '../entities/queued-operation.ts';
import { type Revision, revisionZeros } from '../entities/revision.ts';
import type { Space } from '../entities/space.ts';
import { type Unit, unitZeros } from '../entities/unit.ts';
import type { UnitEvent } from '../entities/unit-event.ts';
import type { User } from '../entities/user.ts';
import type { GenerationRules } from '../generation.ts';
import { Mutations } from '../mutations/mutations.ts';
import { AppliedObjects } from './applied-objects.ts';
import { Blobs } from './blobs.ts';
import type { Database } from './database.ts';
import { Sessions } from './sessions.ts';
import { Table } from './table.ts';

/** Everything that the hub keeps. */
export interface Store {
  /** The API whose entities it shows. */
  readonly generation: GenerationRules;
  readonly database: Database;
  readonly spaces: Table<Space>;
  readonly units: Table<Unit>;
  readonly revisions: Table<Revision>;
  readonly named: Table<Named>;
  readonly operations: Table<QueuedOperation>;
  readonly events: Table<UnitEvent>;
  readonly users: Table<User>;
  readonly sessions: Sessions;
  readonly blobs: Blobs;
  readonly mutations: Mutations;
  readonly appliedObjects: AppliedObjects;
}

export function openStore(database: Database, generation: GenerationRules): Store {
  const blobs = new Blobs(database);
  const revisions = new Table<Revision>(database, {
    name: 'revision',
    id: (revision) => revision.RevisionID,
    columns: ['unit_id', 'revision_num', 'change_set_id', 'source', 'mutation_num'],
    zeros: revisionZeros,
    hasData: true,
  });
  return {
    generation,
    database,
    spaces: new Table<Space>(database, { name: 'space', id: (space) => space.SpaceID, columns: ['slug'] }),
    units: new Table<Unit>(database, {
      name: 'unit',
      id: (unit) => unit.UnitID,
      columns: ['space_id', 'slug', 'target_id', 'set_id', 'change_set_id', 'upstream_unit_id'],
      zeros: unitZeros,
      hasData: true,
    }),
    revisions,
    named: new Table<Named>(database, { name: 'named', id: namedId, columns: ['entity_type', 'space_id', 'slug'] }),
    operations: new Table<QueuedOperation>(database, {
      name: 'queued_operation',
      id: (operation) => operation.QueuedOperationID,
      columns: ['unit_id', 'status'],
    }),
    events: new Table<UnitEvent>(database, {
      name: 'unit_event',
      id: (event) => event.UnitEventID,
      columns: ['unit_id', 'queued_operation_id'],
    }),
    users: new Table<User>(database, { name: 'user', id: (user) => user.UserID, columns: ['username'] }),
    sessions: new Sessions(database),
    blobs,
    mutations: new Mutations(revisions, blobs),
    appliedObjects: new AppliedObjects(database),
  };
}

/** The ID of an entity that lives in the `named` table, under the field of its own kind. */
export function namedId(record: Named): string {
  // EntityType is what the kind's own definition gave the record when it was made.
  const id = record[definitions[record.EntityType as EntityName].idField];
  if (typeof id !== 'string') throw new Error(`${record.EntityType} ${record.Slug} has no ID`);
  return id;
}
