import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { type ChangeSetState, changeSetState } from '../changesets.ts';
import type { EntityName, Relation } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { mutationOf } from '../entities/mutation.ts';
import { organization } from '../entities/organization.ts';
import type { Store } from '../storage/store.ts';
import type { StoredRecord } from '../storage/table.ts';
import type { Row } from '../where/resolve.ts';

/** Kinds of which a list may name as many as it has elements; they are remembered for a batch only. */
const MANY: readonly EntityName[] = ['Unit', 'Revision', 'UnitEvent', 'QueuedOperation'];

/** Reads entities for one request, each once: 10,000 units name the same dozen spaces and targets. A new one for each request. */
export class Reader {
  readonly store: Store;
  readonly #loaded = new Map<string, JsonObject | undefined>();
  readonly #ofBatch = new Map<string, JsonObject | undefined>();
  #data: ReadonlyMap<string, Buffer> = new Map();

  constructor(store: Store) {
    this.store = store;
  }

  /** Called with the records that are presented next, whose data was read with them. */
  expect(stored: readonly StoredRecord<JsonObject>[]): void {
    this.#ofBatch.clear();
    this.#data = new Map(stored.flatMap(({ record, data }) => (data ? [[String(record['DataHash']), data] as const] : [])));
  }

  /** Configuration by its hash. */
  data(hash: string): Buffer {
    return this.#data.get(hash) ?? this.store.blobs.get(hash);
  }

  /** The stored record; `undefined` where there is none of that kind with the ID. */
  load(entity: EntityName, id: string): JsonObject | undefined {
    const loaded = MANY.includes(entity) ? this.#ofBatch : this.#loaded;
    const key = `${entity} ${id}`;
    if (!loaded.has(key)) loaded.set(key, this.#read(entity, id));
    return loaded.get(key);
  }

  related(record: JsonObject, field: string, relation: Relation): JsonObject | undefined {
    const value = record[field];
    if (relation.by !== undefined) {
      if (typeof value !== 'number' || value === 0) return undefined;
      const ofUnit = { column: 'unit_id', values: [String(record['UnitID'])] };
      if (relation.by === 'revision') return this.store.revisions.last(ofUnit, { column: 'revision_num', values: [value] });
      const [mutation] = this.store.revisions.find(ofUnit, { column: 'mutation_num', values: [value] });
      return mutation && mutationOf(mutation);
    }
    return typeof value === 'string' ? this.load(relation.of, value) : undefined;
  }

  row(entity: EntityName, record: JsonObject): Row {
    return {
      field: (name) => this.#field(entity, record, name),
      related: (field, relation) => {
        const related = this.related(record, field, relation);
        return related && this.row(relation.of, related);
      },
    };
  }

  changeSetState(record: JsonObject): ChangeSetState {
    const id = String(record['ChangeSetID']);
    const locksUnits = this.store.units.has({ column: 'change_set_id', values: [id] });
    return changeSetState(record['StartTagID'] !== null, locksUnits);
  }

  /** `space/slug`, as messages name a thing. */
  nameOf(record: JsonObject): string {
    const space = this.load('Space', String(record['SpaceID']));
    return `${String(space?.['Slug'] ?? record['SpaceID'])}/${String(record['Slug'])}`;
  }

  /** Fields that are not stored but follow from other records. */
  #field(entity: EntityName, record: JsonObject, name: string): Json | undefined {
    if (entity === 'ChangeSet' && name === 'State') return this.changeSetState(record);
    if (entity === 'Unit' && name === 'LastActionAt') {
      return this.store.events.last({ column: 'unit_id', values: [String(record['UnitID'])] })?.CreatedAt;
    }
    if (entity === 'Mutation' && name === 'MutationID') return record['RevisionID'];
    return record[name];
  }

  #read(entity: EntityName, id: string): JsonObject | undefined {
    switch (entity) {
      case 'Space':
        return this.store.spaces.get(id);
      case 'Unit':
        return this.store.units.get(id);
      case 'Mutation': {
        const revision = this.store.revisions.get(id);
        return revision && mutationOf(revision);
      }
      case 'Revision':
        return this.store.revisions.get(id);
      case 'User':
        return this.store.users.get(id);
      case 'Organization':
        return organization;
      case 'UnitEvent':
        return this.store.events.get(id);
      case 'QueuedOperation':
        return this.store.operations.get(id);
      default: {
        const record = this.store.named.get(id);
        return isJsonObject(record) && record['EntityType'] === definitions[entity].name ? record : undefined;
      }
    }
  }
}
