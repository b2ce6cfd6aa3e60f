import type { Json, JsonObject } from '../../types/json.ts';
import type { EntityName } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { writableFilter } from '../entities/filter.ts';
import { badRequest, notFound, notSupported } from '../errors.ts';
import type { Condition, Table } from '../storage/table.ts';
import { compileWhere, type Predicate } from '../where/compile.ts';
import { narrow } from '../where/narrow.ts';
import { parseWhere } from '../where/parse.ts';
import type { Where } from '../where/syntax.ts';
import type { Reader } from './reader.ts';

export interface Selection {
  readonly where?: string | undefined;
  readonly contains?: string | undefined;
  readonly filter?: string | undefined;
  readonly where_data?: string | undefined;
  readonly resource_type?: string | undefined;
}

/** The records of a table that meet the conditions and everything that the request's selection asks, oldest first. */
export function find<R extends JsonObject>(
  reader: Reader,
  entity: EntityName,
  table: Table<R>,
  conditions: readonly Condition[],
  selection: Selection,
): readonly R[] {
  if (selection.where_data) throw notSupported('where_data');
  if (selection.resource_type) throw notSupported('resource_type');
  const filter = selection.filter === undefined ? undefined : readFilter(reader, entity, selection.filter);
  const where = [...parseWhere(selection.where ?? ''), ...(filter?.where ?? [])];
  assertKnown(reader, entity, where);
  const inSpace =
    filter?.spaceId === undefined || !table.isColumn('space_id') ? [] : [{ column: 'space_id', values: [filter.spaceId] }];
  const narrowed = narrow(entity, where, (field) => columnOf(entity, table, field));
  const holds = compileWhere(entity, where);
  const contains = containing(selection.contains);
  return table.find(...conditions, ...inSpace, ...narrowed).filter((record) => {
    const row = reader.row(entity, record);
    return holds(row) && contains(row);
  });
}

/** An attribute that this generation of the API does not have is as unknown as a misspelt one. */
function assertKnown(reader: Reader, entity: EntityName, where: Where): void {
  const hidden = reader.store.generation.hidden[entity] ?? [];
  for (const { subject } of where) {
    const name = subject.path[subject.path[0] === entity ? 1 : 0];
    if (name !== undefined && hidden.includes(name))
      throw badRequest(`where: unknown attribute ${subject.path.join('.')} of ${entity} at position ${subject.position}`);
  }
}

function columnOf<R extends JsonObject>(entity: EntityName, table: Table<R>, field: string): string | undefined {
  if (field === definitions[entity].idField) return 'id';
  const column = field
    .replace(/ID$/u, 'Id')
    .replaceAll(/(?<=.)[A-Z]/gu, (letter) => `_${letter}`)
    .toLowerCase();
  return table.isColumn(column) ? column : undefined;
}

/** A stored filter's terms, ANDed with the request's own (reference, section 3.6). */
function readFilter(
  reader: Reader,
  entity: EntityName,
  id: string,
): { readonly where: Where; readonly spaceId: string | undefined } {
  const record = reader.load('Filter', id.toLowerCase());
  if (!record) throw notFound('Filter', id);
  const filter = writableFilter.parse(record);
  const from = filter.From === 'Worker' ? 'BridgeWorker' : filter.From;
  if (from !== entity) throw badRequest(`filter ${reader.nameOf(record)} selects from ${filter.From}, not from ${entity}`);
  if (filter.WhereData !== '') throw notSupported('WhereData of a filter');
  if (filter.ResourceType !== '') throw notSupported('ResourceType of a filter');
  return { where: parseWhere(filter.Where), spaceId: filter.FromSpaceID ?? undefined };
}

/** `contains`: a substring of the slug, display name, a label or an annotation, whatever the case (reference, section 3.2). */
function containing(text: string | undefined): Predicate {
  if (!text) return () => true;
  const wanted = text.toLowerCase();
  const holds = (value: Json | undefined): boolean => {
    if (typeof value === 'string') return value.toLowerCase().includes(wanted);
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(([key, entry]) => key.toLowerCase().includes(wanted) || holds(entry));
  };
  return (row) => ['Slug', 'DisplayName', 'Labels', 'Annotations'].some((name) => holds(row.field(name)));
}
