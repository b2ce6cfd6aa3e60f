import type { Hub } from '../context.ts';
import type { Named, NamedKind } from '../entities/named.ts';
import type { Space } from '../entities/space.ts';
import type { Unit } from '../entities/unit.ts';
import { notFound } from '../errors.ts';
import { idOf, type Request } from './environment.ts';

/** The space of the path; 404 where there is none. */
export function spaceOf(hub: Hub, request: Request): Space {
  const id = idOf(request, 'space');
  const space = hub.store.spaces.get(id);
  if (!space) throw notFound('Space', id);
  return space;
}

/** The unit of the path, which must be in the path's space. */
export function unitOf(hub: Hub, request: Request): Unit {
  const id = idOf(request, 'unit');
  const unit = hub.store.units.get(id);
  if (!unit || unit.SpaceID !== idOf(request, 'space')) throw notFound('Unit', id);
  return unit;
}

export function namedOf(hub: Hub, kind: NamedKind, request: Request): Named {
  const id = idOf(request, 'id');
  const record = hub.store.named.get(id);
  if (!record || record.EntityType !== kind.definition.name || record.SpaceID !== idOf(request, 'space'))
    throw notFound(kind.definition.name, id);
  return record;
}
