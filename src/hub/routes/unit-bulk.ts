import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { extend, extensionOf } from '../query/extend.ts';
import type { Parameters } from '../query/parameters.ts';
import { Reader } from '../query/reader.ts';
import { readPatch } from '../units/body.ts';
import { cloneUnit } from '../units/create.ts';
import { deleteUnlocked } from '../units/delete.ts';
import { updateUnit } from '../units/update.ts';
import { bulk, bulkAnswer } from './bulk.ts';
import { type Copy, copiesOf } from './copies.ts';
import { bodyOf, type HubRoutes, newRoutes, parametersOf, patchOf } from './environment.ts';
import { selectNamedUnits, selectUnits } from './selection.ts';

/** Units of all spaces at once. */
export function unitBulkRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  const extended = (unit: Unit, parameters: Parameters): JsonObject => extendWith(new Reader(store), unit, parameters);

  return newRoutes()
    .post('/unit', async (request) => {
      const patch = await bodyOf(request);
      const parameters = parametersOf(request);
      const copies = copiesOf(hub, selectNamedUnits(hub, request), parameters);
      const clone = ({ source, space, slug }: Copy<Unit>): JsonObject => {
        const existing = store.units.last({ column: 'space_id', values: [space] }, { column: 'slug', values: [slug] });
        if (existing && parameters.allow_exists) return extended(existing, parameters);
        return extended(cloneUnit(hub, request.get('caller'), source, space, { ...patch, Slug: slug }), parameters);
      };
      return bulkAnswer(request, bulk(hub, copies, clone, { dryRun: parameters.dry_run }));
    })
    .patch('/unit', async (request) => {
      const patch = await patchOf(request);
      const parameters = parametersOf(request);
      const update = (unit: Unit): JsonObject | undefined => {
        const updated = updateUnit(hub, request.get('caller'), unit, readPatch(unit, patch), { ...parameters, inBulk: true });
        // Clients count the answers as upgraded; the vendor's scripts upgrade whole spaces.
        const isUpgradeOnly = parameters.upgrade && Object.keys(patch).length === 0;
        return isUpgradeOnly && unit.UpstreamUnitID === null ? undefined : extended(updated, parameters);
      };
      return bulkAnswer(request, bulk(hub, selectUnits(hub, request), update, { dryRun: parameters.dry_run }));
    })
    .delete('/unit', (request) => {
      const parameters = parametersOf(request);
      const remove = (unit: Unit): JsonObject => {
        deleteUnlocked(hub, unit);
        return { Message: `unit ${unit.Slug} deleted` };
      };
      return bulkAnswer(request, bulk(hub, selectNamedUnits(hub, request), remove, { dryRun: parameters.dry_run }));
    });
}

function extendWith(reader: Reader, unit: Unit, { include }: Parameters): JsonObject {
  return extend(reader, 'Unit', unit, extensionOf(reader, 'Unit', { include }));
}
