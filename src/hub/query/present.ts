import type { Json, JsonObject } from '../../types/json.ts';
import type { EntityName } from '../entities/definition.ts';
import { hideFields } from '../generation.ts';
import type { Reader } from './reader.ts';

/** Large fields that a `select` without them leaves out, by entity name on the wire (reference, section 3.4). */
export type Wanted = (owner: string, field: 'Data' | 'MutationSources' | 'LiveState') => boolean;

export const everything: Wanted = () => true;

/** `owner` is the entity's place in the answer: its own name, or the relation's, such as `UpstreamUnit`. */
export function wantedBy(listed: EntityName, select: readonly string[] | undefined): Wanted {
  if (!select) return everything;
  const names = new Set(select);
  return (owner, field) => names.has(`${owner}.${field}`) || (owner === listed && names.has(field));
}

/** The stored record as the wire has it. */
export function present(reader: Reader, entity: EntityName, record: JsonObject, owner: string, wanted: Wanted): JsonObject {
  const wire = presentWhole(reader, entity, record, owner, wanted);
  const { generation } = reader.store;
  if (generation.hasDataApart && entity === 'Unit') {
    const released = record['LiveRevisionNum'];
    if (typeof released === 'number' && released > 0) wire['LastReleasedRevisionNum'] = released;
    wire['DataSize'] = reader.store.blobs.size(String(record['DataHash']));
  }
  hideFields(generation, entity, wire);
  return wire;
}

function presentWhole(
  reader: Reader,
  entity: EntityName,
  record: JsonObject,
  owner: string,
  wanted: Wanted,
): Record<string, Json> {
  const wire = withoutZeros(record);
  if (typeof record['SpaceID'] === 'string' && entity !== 'Space') {
    const slug = reader.load('Space', record['SpaceID'])?.['Slug'];
    if (slug !== undefined) wire['SpaceSlug'] = slug;
  }
  switch (entity) {
    case 'Unit':
    case 'Revision':
      // Reading megabytes to leave them out again would cost more than the whole rest of a list.
      presentData(reader, record, wire, owner, (_, field) => !isHidden(reader, entity, field) && wanted(owner, field));
      return wire;
    case 'ChangeSet':
      wire['State'] = reader.changeSetState(record);
      return wire;
    case 'BridgeWorker':
      // The secret opens the hub: whoever asks for a worker by itself gets it, nobody sees it beside other things.
      if (owner !== 'BridgeWorker with Secret') delete wire['Secret'];
      return wire;
    default:
      return wire;
  }
}

function isHidden(reader: Reader, entity: EntityName, field: string): boolean {
  return reader.store.generation.hidden[entity]?.includes(field) === true;
}

function presentData(reader: Reader, record: JsonObject, wire: Record<string, Json>, owner: string, wanted: Wanted): void {
  if (wanted(owner, 'Data')) {
    const data = reader.store.blobs.get(String(record['DataHash']));
    if (data.length > 0) wire['Data'] = data.toString('base64');
  }
  delete wire['LiveStateHash'];
  if (typeof record['LiveStateHash'] === 'string' && wanted(owner, 'LiveState')) {
    wire['LiveState'] = reader.store.blobs.get(record['LiveStateHash']).toString('base64');
  }
  // An array even when empty: the cub of August 2025 dereferences it (reference, section 2).
  if (wanted(owner, 'MutationSources')) wire['MutationSources'] = [];
}

/** ConfigHub's own types omit zero integers, empty strings and empty maps (reference, section 2); so clients meet it here too. */
function withoutZeros(record: JsonObject): Record<string, Json> {
  const wire: Record<string, Json> = {};
  for (const [key, value] of Object.entries(record)) if (!isZero(value)) wire[key] = value;
  return wire;
}

function isZero(value: Json): boolean {
  if (typeof value === 'object') return value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}
