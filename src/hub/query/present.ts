import type { Json, JsonObject } from '../../domain/json.ts';
import type { EntityName } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { badRequest } from '../errors.ts';
import { hideFields } from '../generation.ts';
import type { ResourceMutation } from '../mutations/sources.ts';
import { parseWhere } from '../where/parse.ts';
import type { Reader } from './reader.ts';

/** Whether a field is asked for. `owner` is the entity's place in the answer: its own name, or the relation's, such as `UpstreamUnit`. */
export type Wanted = (owner: string, field: string) => boolean;

/** One entity by itself, in full. */
export const everything: Wanted = () => true;

/** An entity among others: in full too, but for the record of its mutations, which is worked out from its whole history. */
export const asListed: Wanted = () => true;

interface Question {
  readonly select?: readonly string[] | undefined;
  readonly where?: string | undefined;
  readonly contains?: string | undefined;
}

/**
 * The fields that `select` names (reference, section 3.4); with them those that the question itself is about. Ids, of
 * parents too, and slugs are always there.
 */
export function wantedBy(reader: Reader, listed: EntityName, { select, where = '', contains }: Question, whole: Wanted): Wanted {
  if (!select || select.length === 0) return whole;
  const hidden = reader.store.generation.hidden[listed] ?? [];
  const unknown = select.find((name) => reader.store.generation.hasDataApart && hidden.includes(name));
  if (unknown !== undefined) throw badRequest(`select: ${unknown} is no field of a ${listed} in this version of the API`);
  const names = new Set(select.map((name) => name.split('.').slice(0, 2).join('.')));
  for (const { subject } of parseWhere(where)) names.add(subject.path.slice(0, subject.path[0] === listed ? 2 : 1).join('.'));
  if (contains) for (const name of ['DisplayName', 'Labels', 'Annotations']) names.add(name);
  const owners = new Set([...names].map((name) => name.slice(0, name.indexOf('.') + 1)));
  return (owner, field) => {
    if (ALWAYS.has(field) || names.has(`${owner}.${field}`)) return true;
    if (owner === listed) return names.has(field);
    // An entity that is included and of which no field is named comes as it is, but for configuration.
    return !owners.has(`${owner}.`) && !LARGE.some((large) => large === field);
  };
}

const ALWAYS = new Set(['Slug', 'OrganizationID', 'SpaceID', 'UnitID']);

/** Fields that hold configuration: megabytes where the rest of an entity is a kilobyte. */
const LARGE = ['Data', 'MutationSources', 'LiveState'] as const;

/** A record of an entity, as what it is shown, and which fields of it. */
export interface Shown {
  readonly entity: EntityName;
  readonly record: JsonObject;
  /** The name that it is shown under. */
  readonly owner: string;
  readonly wanted: Wanted;
}

/** The stored record as the wire has it. */
export function present(reader: Reader, shown: Shown): JsonObject {
  const wire = presentSmall(reader, shown);
  for (const [field, value] of Object.entries(largeFields(reader, shown))) wire[field] = value;
  return wire;
}

/**
 * The same as JSON text. Configuration is put in as it is encoded: as a value it would be escaped letter by letter. Where
 * everything is wanted, units and revisions are stored as they are shown; `stored` is that text.
 */
export function presentText(reader: Reader, shown: Shown, stored?: string): string {
  const { entity, record, wanted } = shown;
  const isStoredAsShown =
    stored !== undefined &&
    wanted === asListed &&
    (entity === 'Unit' || entity === 'Revision') &&
    reader.store.generation.hidden[entity] === undefined;
  const text = isStoredAsShown ? withSpaceSlug(reader, record, stored) : JSON.stringify(presentSmall(reader, shown));
  let large = '';
  // Base64 has no character that JSON would escape, and a record always has fields.
  for (const [field, value] of Object.entries(largeFields(reader, shown)))
    large += `,"${field}":${typeof value === 'string' ? `"${value}"` : JSON.stringify(value)}`;
  return `${text.slice(0, -1)}${large}}`;
}

/** Whether the configuration of a listed entity is shown. */
export function showsData({ store }: Reader, entity: EntityName, wanted: Wanted): boolean {
  return (
    (entity === 'Unit' || entity === 'Revision') && !store.generation.hidden[entity]?.includes('Data') && wanted(entity, 'Data')
  );
}

function withSpaceSlug(reader: Reader, record: JsonObject, stored: string): string {
  const slug = reader.load('Space', String(record['SpaceID']))?.['Slug'];
  return slug === undefined ? stored : `${stored.slice(0, -1)},"SpaceSlug":${JSON.stringify(slug)}}`;
}

/** Everything but configuration. */
function presentSmall(reader: Reader, { entity, record, owner, wanted }: Shown): Record<string, Json> {
  const { generation } = reader.store;
  const { idField } = definitions[entity];
  const wire = withoutZeros(record, (field) => field === idField || wanted(owner, field));
  const add = (field: string, value: Json | undefined): void => {
    if (value !== undefined && wanted(owner, field)) wire[field] = value;
  };
  if (typeof record['SpaceID'] === 'string' && entity !== 'Space')
    add('SpaceSlug', reader.load('Space', record['SpaceID'])?.['Slug']);
  switch (entity) {
    case 'Unit':
      if (generation.hasDataApart) {
        const released = record['LiveRevisionNum'];
        add('LastReleasedRevisionNum', typeof released === 'number' && released > 0 ? released : undefined);
        add('DataSize', reader.store.blobs.size(String(record['DataHash'])));
      }
      break;
    case 'ChangeSet':
      add('State', reader.changeSetState(record));
      break;
    case 'BridgeWorker':
      delete wire['SecretHash'];
      break;
    default:
  }
  hideFields(generation, entity, wire);
  return wire;
}

function largeFields(
  reader: Reader,
  { entity, record, owner, wanted }: Shown,
): { readonly [field in (typeof LARGE)[number]]?: Json } {
  if (entity !== 'Unit' && entity !== 'Revision') return {};
  const hidden = reader.store.generation.hidden[entity] ?? [];
  const isShown = (field: (typeof LARGE)[number]): boolean => !hidden.includes(field) && wanted(owner, field);
  const { DataHash, LiveStateHash } = record;
  const data = isShown('Data') ? reader.data(String(DataHash)) : undefined;
  return {
    ...(data === undefined || data.length === 0 ? {} : { Data: data.toString('base64') }),
    ...(typeof LiveStateHash === 'string' && isShown('LiveState')
      ? { LiveState: reader.data(LiveStateHash).toString('base64') }
      : {}),
    // An array even when empty: the cub of August 2025 dereferences it (reference, section 2).
    ...(isShown('MutationSources')
      ? { MutationSources: wanted === asListed || owner !== entity ? [] : sourcesOf(reader, record) }
      : {}),
  };
}

function sourcesOf({ store }: Reader, { UnitID, HeadRevisionNum, RevisionNum }: JsonObject): readonly ResourceMutation[] {
  return store.mutations.sourcesAt(String(UnitID), Number(RevisionNum ?? HeadRevisionNum));
}

/** ConfigHub's own types omit zero integers, empty strings and empty maps (reference, section 2); so clients meet it here too. */
function withoutZeros(record: JsonObject, isWanted: (field: string) => boolean): Record<string, Json> {
  const wire: Record<string, Json> = {};
  for (const key in record) {
    const value = record[key];
    if (value !== undefined && !isZero(value) && isWanted(key)) wire[key] = value;
  }
  return wire;
}

function isZero(value: Json): boolean {
  if (typeof value !== 'object') return value === '' || value === 0 || value === false;
  if (value === null || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}
