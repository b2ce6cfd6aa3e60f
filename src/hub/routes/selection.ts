import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { EntityName } from '../entities/definition.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest } from '../errors.ts';
import { Reader } from '../query/reader.ts';
import { selectPage } from '../query/select.ts';
import type { Condition, Table } from '../storage/table.ts';
import { CONTINUE, parametersOf, type Request } from './environment.ts';

/**
 * The units that a bulk request means, a page of them where it names a limit; the answer then says how it goes on.
 * Without a selection those of every space, as cub asks for `--space '*'`.
 */
export function selectUnits(hub: Hub, request: Request): readonly Unit[] {
  return selectAll(hub, request, 'Unit', hub.store.units, []);
}

/** For what cannot be undone: a request that names nothing is refused instead of meaning everything. */
export function selectNamedUnits(hub: Hub, request: Request): readonly Unit[] {
  return selectBy(hub, request, 'Unit', hub.store.units, []);
}

/** The same for any entity. */
export function selectBy<R extends JsonObject>(
  hub: Hub,
  request: Request,
  entity: EntityName,
  table: Table<R>,
  conditions: readonly Condition[],
): readonly R[] {
  const { where, filter, contains, where_data } = parametersOf(request);
  if (!where && !filter && !contains && !where_data) throw badRequest('parameter where or filter is required');
  return selectAll(hub, request, entity, table, conditions);
}

function selectAll<R extends JsonObject>(
  hub: Hub,
  request: Request,
  entity: EntityName,
  table: Table<R>,
  conditions: readonly Condition[],
): readonly R[] {
  const { seqs, next } = selectPage(new Reader(hub.store), entity, table, conditions, parametersOf(request));
  if (next !== undefined) request.header(CONTINUE, next);
  return table.read(seqs);
}
