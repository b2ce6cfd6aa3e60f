import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest } from '../errors.ts';
import { Reader } from '../query/reader.ts';
import { selectPage } from '../query/select.ts';
import { CONTINUE, parametersOf, type Request } from './environment.ts';

/**
 * The units that a bulk request means, a page of them where it names a limit; the answer then says how it goes on.
 * Without a selection those of every space, as cub asks for `--space '*'`.
 */
export function selectUnits(hub: Hub, request: Request): readonly Unit[] {
  const { units } = hub.store;
  const { seqs, next } = selectPage(new Reader(hub.store), 'Unit', units, [], parametersOf(request));
  if (next !== undefined) request.header(CONTINUE, next);
  return units.read(seqs);
}

/** For what cannot be taken back: a request that names nothing is refused instead of meaning everything. */
export function selectNamedUnits(hub: Hub, request: Request): readonly Unit[] {
  const { where, filter, contains, where_data } = parametersOf(request);
  if (!where && !filter && !contains && !where_data) throw badRequest('parameter where or filter is required');
  return selectUnits(hub, request);
}
