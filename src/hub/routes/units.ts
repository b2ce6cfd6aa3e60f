import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest, notFound } from '../errors.ts';
import { extend, extensionOf } from '../query/extend.ts';
import { everything, present } from '../query/present.ts';
import { Reader } from '../query/reader.ts';
import type { Condition } from '../storage/table.ts';
import { readPatch, readPut, type UnitBody } from '../units/body.ts';
import { cloneUnit, createUnit } from '../units/create.ts';
import { deleteUnlocked } from '../units/delete.ts';
import { updateUnit } from '../units/update.ts';
import { bodyOf, type HubRoutes, newRoutes, parametersOf, patchOf, type Request } from './environment.ts';
import { listResponse } from './list.ts';
import { spaceOf, unitOf } from './lookup.ts';

/** Units one by one, and their lists. */
export function unitRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  const wire = (unit: Unit): JsonObject => {
    const written = present(new Reader(store), { entity: 'Unit', record: unit, owner: 'Unit', wanted: everything });
    return store.generation.hasDataApart ? { Unit: written } : written;
  };

  const list = (request: Request, conditions: readonly Condition[]): Response =>
    listResponse(hub, request, { entity: 'Unit', table: store.units, conditions });

  const inSpace = (request: Request): Response =>
    list(request, [{ column: 'space_id', values: [spaceOf(hub, request).SpaceID] }]);

  const one = (request: Request): Response => {
    const unit = unitOf(hub, request);
    const reader = new Reader(store);
    return request.json(extend(reader, 'Unit', unit, extensionOf(reader, 'Unit', parametersOf(request), everything)));
  };

  const create = (request: Request, body: JsonObject): Unit => {
    const parameters = parametersOf(request);
    const space = spaceOf(hub, request);
    const caller = request.get('caller');
    const existing = store.units.last(
      { column: 'space_id', values: [space.SpaceID] },
      { column: 'slug', values: [String(body['Slug'])] },
    );
    if (existing && parameters.allow_exists) return existing;
    if (parameters.upstream_unit_id === undefined) return createUnit(hub, caller, space.SpaceID, body);
    const upstream = store.units.get(parameters.upstream_unit_id);
    if (!upstream) throw notFound('Unit', parameters.upstream_unit_id);
    if (parameters.upstream_space_id !== undefined && upstream.SpaceID !== parameters.upstream_space_id.toLowerCase()) {
      throw badRequest(`unit ${upstream.Slug} is not in space ${parameters.upstream_space_id}`);
    }
    return cloneUnit(hub, caller, upstream, space.SpaceID, body);
  };

  const update = (request: Request, read: (unit: Unit) => UnitBody): Response => {
    const parameters = parametersOf(request);
    const work = (): JsonObject => {
      const unit = unitOf(hub, request);
      return wire(updateUnit(hub, request.get('caller'), unit, read(unit), { ...parameters, inBulk: false }));
    };
    return request.json(parameters.dry_run ? store.database.rehearse(work) : store.database.write(work));
  };

  return newRoutes()
    .get('/unit', (request) => list(request, []))
    .get('/space/:space/unit', inSpace)
    .post('/space/:space/unit', async (request) => {
      const body = await bodyOf(request);
      return request.json(wire(store.database.write(() => create(request, body))));
    })
    .get('/space/:space/unit/extended', inSpace)
    .get('/space/:space/unit/:unit', one)
    .get('/space/:space/unit/:unit/extended', one)
    .put('/space/:space/unit/:unit', async (request) => {
      const body = await bodyOf(request);
      return update(request, (unit) => readPut(unit, body));
    })
    .patch('/space/:space/unit/:unit', async (request) => {
      const patch = await patchOf(request);
      return update(request, (unit) => readPatch(unit, patch));
    })
    .delete('/space/:space/unit/:unit', (request) => {
      const unit = unitOf(hub, request);
      store.database.write(() => deleteUnlocked(hub, unit));
      return request.json({ Message: `unit ${unit.Slug} deleted` });
    });
}
