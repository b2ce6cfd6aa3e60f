import type { JsonObject } from '../../types/json.ts';
import type { Hub } from '../context.ts';
import type { Space } from '../entities/space.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest } from '../errors.ts';
import { extend, extensionOf } from '../query/extend.ts';
import type { Parameters } from '../query/parameters.ts';
import { Reader } from '../query/reader.ts';
import { find } from '../query/select.ts';
import { readPatch } from '../units/body.ts';
import { cloneUnit } from '../units/create.ts';
import { deleteUnit } from '../units/delete.ts';
import { updateUnit } from '../units/update.ts';
import { bulk, bulkAnswer } from './bulk.ts';
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
      const copies = selectNamedUnits(hub, request).flatMap((upstream) => destinations(hub, upstream, parameters));
      const clone = ({ upstream, space, slug }: Copy): JsonObject => {
        const existing = store.units.last({ column: 'space_id', values: [space] }, { column: 'slug', values: [slug] });
        if (existing && parameters.allow_exists) return extended(existing, parameters);
        return extended(cloneUnit(hub, request.get('caller'), upstream, space, { ...patch, Slug: slug }), parameters);
      };
      return bulkAnswer(request, bulk(hub, copies, clone, { dryRun: parameters.dry_run }));
    })
    .patch('/unit', async (request) => {
      const patch = await patchOf(request);
      const parameters = parametersOf(request);
      const update = (unit: Unit): JsonObject =>
        extended(updateUnit(hub, request.get('caller'), unit, readPatch(unit, patch), parameters, true), parameters);
      return bulkAnswer(request, bulk(hub, selectUnits(hub, request), update, { dryRun: parameters.dry_run }));
    })
    .delete('/unit', (request) => {
      const parameters = parametersOf(request);
      const remove = (unit: Unit): JsonObject => {
        deleteUnit(hub, unit);
        return { Message: `unit ${unit.Slug} deleted` };
      };
      return bulkAnswer(request, bulk(hub, selectNamedUnits(hub, request), remove, { dryRun: parameters.dry_run }));
    });
}

function extendWith(reader: Reader, unit: Unit, { include }: Parameters): JsonObject {
  return extend(reader, 'Unit', unit, extensionOf(reader, 'Unit', { include }));
}

interface Copy {
  readonly upstream: Unit;
  readonly space: string;
  readonly slug: string;
}

/** Where the clones of one unit go: each selected space, or its own under each prefix (reference, section 5.5). */
function destinations(hub: Hub, upstream: Unit, parameters: Parameters): readonly Copy[] {
  const prefixes = parameters.name_prefixes ?? [''];
  const spaces = destinationSpaces(hub, parameters) ?? [upstream.SpaceID];
  return spaces.flatMap((space) => prefixes.map((prefix) => ({ upstream, space, slug: prefix + upstream.Slug })));
}

function destinationSpaces(hub: Hub, parameters: Parameters): readonly string[] | undefined {
  if (parameters.where_space === undefined && parameters.filter_space === undefined) {
    if (parameters.name_prefixes === undefined) throw badRequest('a clone needs where_space, filter_space or name_prefixes');
    return undefined;
  }
  const selection = { where: parameters.where_space, filter: parameters.filter_space };
  const spaces: readonly Space[] = find(new Reader(hub.store), 'Space', hub.store.spaces, [], selection);
  if (spaces.length === 0) throw badRequest('no space matches where_space');
  return spaces.map(({ SpaceID }) => SpaceID);
}
