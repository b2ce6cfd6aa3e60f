import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest } from '../errors.ts';
import { find, type Selection } from '../query/find.ts';
import { Reader } from '../query/reader.ts';

/** The units that a bulk request means. One that names nothing would mean every unit of every space, so it is refused. */
export function selectUnits(hub: Hub, selection: Selection): readonly Unit[] {
  if (!selection.where && !selection.filter && !selection.contains) throw badRequest('parameter where or filter is required');
  return find(new Reader(hub.store), 'Unit', hub.store.units, [], selection);
}
