import { readManifest } from '../../clients/kubernetes/manifest.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { EntityName } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { writableFilter } from '../entities/filter.ts';
import { badRequest, notFound } from '../errors.ts';
import type { Condition, Table } from '../storage/table.ts';
import { compileWhere, type Predicate } from '../where/compile.ts';
import { compileWhereData } from '../where/data.ts';
import { narrow } from '../where/narrow.ts';
import { parseWhere } from '../where/parse.ts';
import type { Where } from '../where/syntax.ts';
import { type Page, type Paging, type Place, pageOf, readOrder } from './page.ts';
import type { Reader } from './reader.ts';

export interface Selection extends Paging {
  readonly where?: string | undefined;
  readonly contains?: string | undefined;
  readonly filter?: string | undefined;
  readonly where_data?: string | undefined;
  readonly resource_type?: string | undefined;
}

/** The records of a table that meet the conditions and everything that the request asks, in its order. */
export function find<R extends JsonObject>(
  reader: Reader,
  entity: EntityName,
  table: Table<R>,
  conditions: readonly Condition[],
  selection: Selection,
): readonly R[] {
  return table.read(selectPage(reader, entity, table, conditions, selection).seqs);
}

/** The same by their place in the table: what 10,000 units take up before the first is written is then not their size. */
export function selectPage<R extends JsonObject>(
  reader: Reader,
  entity: EntityName,
  table: Table<R>,
  conditions: readonly Condition[],
  selection: Selection,
): Page {
  const filter = selection.filter === undefined ? undefined : readFilter(reader, entity, selection.filter);
  const where = [...parseWhere(selection.where ?? ''), ...(filter?.where ?? [])];
  assertKnown(reader, entity, where);
  const inSpace =
    filter?.spaceId === undefined || !table.isColumn('space_id') ? [] : [{ column: 'space_id', values: [filter.spaceId] }];
  const narrowed = narrow(entity, where, (field) => columnOf(entity, table, field));
  // Compiled as a whole: a term of the wrong type is refused wherever it would be answered.
  const holdsWhere = compileWhere(entity, where);
  const predicates: Predicate[] = [];
  if (narrowed.rest.length > 0)
    predicates.push(narrowed.rest.length === where.length ? holdsWhere : compileWhere(entity, narrowed.rest));
  if (selection.contains) predicates.push(containing(selection.contains));
  const holdsData = dataPredicates(reader, entity, selection, filter);
  const order = readOrder(entity, selection.order_by);
  const all = [...conditions, ...inSpace, ...narrowed.conditions];
  // Nothing to ask of the records themselves: they need not be read to be selected.
  if (predicates.length === 0 && holdsData.length === 0 && !selection.order_by) {
    return pageOf(
      table.seqs(all).map((seq) => ({ seq, keys: [] })),
      order,
      selection,
    );
  }
  const places: Place[] = [];
  for (const { seq, record } of table.scan(all)) {
    const row = reader.row(entity, record);
    if (predicates.every((holds) => holds(row)) && holdsData.every((holds) => holds(record)))
      places.push({ seq, keys: order.keysOf(row) });
  }
  return pageOf(places, order, selection);
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

interface StoredFilter {
  readonly where: Where;
  readonly whereData: string;
  readonly resourceType: string;
  readonly spaceId: string | undefined;
}

/** A stored filter's terms, ANDed with the request's own (reference, section 3.6). */
function readFilter(reader: Reader, entity: EntityName, id: string): StoredFilter {
  const record = reader.load('Filter', id.toLowerCase());
  if (!record) throw notFound('Filter', id);
  const filter = writableFilter.parse(record);
  const from = filter.From === 'Worker' ? 'BridgeWorker' : filter.From;
  if (from !== entity) throw badRequest(`filter ${reader.nameOf(record)} selects from ${filter.From}, not from ${entity}`);
  return {
    where: parseWhere(filter.Where),
    whereData: filter.WhereData,
    resourceType: filter.ResourceType,
    spaceId: filter.FromSpaceID ?? undefined,
  };
}

/** What is asked of the documents in a unit's data; a unit is meant where one of them meets all that one question asks. */
function dataPredicates(
  reader: Reader,
  entity: EntityName,
  selection: Selection,
  filter: StoredFilter | undefined,
): readonly ((record: JsonObject) => boolean)[] {
  const questions = [
    { text: selection.where_data ?? '', type: selection.resource_type ?? '' },
    { text: filter?.whereData ?? '', type: filter?.resourceType ?? '' },
  ].filter(({ text, type }) => text !== '' || type !== '');
  if (questions.length === 0) return [];
  if (entity !== 'Unit') throw badRequest(`where_data and resource_type are for units, not for ${entity}`);
  return questions.map(({ text, type }) => {
    const holds = compileWhereData(text, type === '' ? undefined : type);
    return (record) => {
      const data = reader.store.blobs.get(String(record['DataHash'])).toString('utf8');
      return readManifest(data).documents.some(({ document }) => holds(document));
    };
  });
}

/** `contains`: a substring of the slug, display name, a label or an annotation, whatever the case (reference, section 3.2). */
function containing(text: string): Predicate {
  const wanted = text.toLowerCase();
  const holds = (value: Json | undefined): boolean => {
    if (typeof value === 'string') return value.toLowerCase().includes(wanted);
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(([key, entry]) => key.toLowerCase().includes(wanted) || holds(entry));
  };
  return (row) => ['Slug', 'DisplayName', 'Labels', 'Annotations'].some((name) => holds(row.field(name)));
}
