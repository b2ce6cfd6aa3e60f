import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest } from '../errors.ts';
import { Reader } from '../query/reader.ts';
import { find, type Selection } from '../query/select.ts';

/** The units that a bulk request means; without a selection those of every space, as cub asks for `--space '*'`. */
export function selectUnits(hub: Hub, selection: Selection): readonly Unit[] {
  return find(new Reader(hub.store), 'Unit', hub.store.units, [], selection);
}

/** For what cannot be taken back: a request that names nothing is refused instead of meaning everything. */
export function selectNamedUnits(hub: Hub, selection: Selection): readonly Unit[] {
  if (!selection.where && !selection.filter && !selection.contains) throw badRequest('parameter where or filter is required');
  return selectUnits(hub, selection);
}
