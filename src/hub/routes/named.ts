import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { EntityName } from '../entities/definition.ts';
import type { Named, NamedKind } from '../entities/named.ts';
import { notSupported } from '../errors.ts';
import { deleteNamed } from '../named/delete.ts';
import { extendNamed } from '../named/extend.ts';
import { copyNamed, createNamed, patchNamed, putNamed } from '../named/write.ts';
import { extend, extensionOf } from '../query/extend.ts';
import { everything, present } from '../query/present.ts';
import { Reader } from '../query/reader.ts';
import { bulk, bulkAnswer } from './bulk.ts';
import { type Copy, copiesOf } from './copies.ts';
import { bodyOf, type HubRoutes, newRoutes, parametersOf, patchOf, type Request } from './environment.ts';
import { listResponse } from './list.ts';
import { namedOf, spaceOf } from './lookup.ts';
import { selectBy } from './selection.ts';

/** Kinds that are copied as units are. */
const COPIED: readonly EntityName[] = ['Filter', 'Tag', 'ChangeSet', 'Set'];

/** The same routes for every kind below a space, and its list over all spaces. */
export function namedRoutes(hub: Hub, kind: NamedKind): HubRoutes {
  const { store } = hub;
  const { name } = kind.definition;
  const ofKind = { column: 'entity_type', values: [name] };
  const wire = (record: Named): JsonObject =>
    present(new Reader(store), { entity: name, record, owner: name, wanted: everything });
  const { path } = kind;
  const selectNamed = (request: Request): readonly Named[] => selectBy(hub, request, name, store.named, [ofKind]);

  return newRoutes()
    .get(`/${path}`, (request) => {
      return listResponse(hub, request, { entity: name, table: store.named, conditions: [ofKind] });
    })
    .get(`/space/:space/${path}`, (request) => {
      const parameters = parametersOf(request);
      const inSpace = { column: 'space_id', values: [spaceOf(hub, request).SpaceID] };
      return listResponse(hub, request, { entity: name, table: store.named, conditions: [ofKind, inSpace] }, (reader) => {
        const extension = extensionOf(reader, name, parameters);
        const write = (record: Named): string =>
          JSON.stringify(extendNamed(reader, record, extend(reader, name, record, extension), wire(record)));
        return { write, readsData: false };
      });
    })
    .post(`/space/:space/${path}`, async (request) => {
      const body = await bodyOf(request);
      const space = spaceOf(hub, request);
      const { allow_exists } = parametersOf(request);
      const { record, once } = store.database.write(() => createNamed(hub, kind, space.SpaceID, body, allow_exists));
      return request.json({ ...wire(record), ...once });
    })
    .get(`/space/:space/${path}/:id`, (request) => {
      const record = namedOf(hub, kind, request);
      const reader = new Reader(store);
      return request.json(
        extendNamed(reader, record, extend(reader, name, record, extensionOf(reader, name, parametersOf(request))), wire(record)),
      );
    })
    .put(`/space/:space/${path}/:id`, async (request) => {
      const body = await bodyOf(request);
      return request.json(wire(store.database.write(() => putNamed(hub, kind, namedOf(hub, kind, request), body))));
    })
    .patch(`/space/:space/${path}/:id`, async (request) => {
      const patch = await patchOf(request);
      return request.json(wire(store.database.write(() => patchNamed(hub, kind, namedOf(hub, kind, request), patch))));
    })
    .post(`/${path}`, async (request) => {
      // A worker's copy would share its secret, a target's its worker, a link's both ends: these are made one by one.
      if (!COPIED.includes(name)) throw notSupported(`the creation of several entities of kind ${name} at once`);
      const patch = await bodyOf(request);
      const parameters = parametersOf(request);
      const copy = ({ source, space, slug }: Copy<Named>): JsonObject => ({
        [name]: wire(
          copyNamed(hub, kind, source, {
            spaceId: space,
            patch: { ...patch, Slug: slug },
            allowExists: parameters.allow_exists,
          }),
        ),
      });
      const copies = copiesOf(hub, selectNamed(request), parameters);
      return bulkAnswer(request, bulk(hub, copies, copy, { dryRun: parameters.dry_run }));
    })
    .patch(`/${path}`, async (request) => {
      const patch = await patchOf(request);
      const one = (record: Named): JsonObject => ({ [name]: wire(patchNamed(hub, kind, record, patch)) });
      return bulkAnswer(request, bulk(hub, selectNamed(request), one, { dryRun: parametersOf(request).dry_run }));
    })
    .delete(`/${path}`, (request) => {
      const one = (record: Named): JsonObject => {
        deleteNamed(hub, record, 'refuse');
        return { Message: `${name} ${record.Slug} deleted` };
      };
      return bulkAnswer(request, bulk(hub, selectNamed(request), one, { dryRun: parametersOf(request).dry_run }));
    })
    .delete(`/space/:space/${path}/:id`, (request) => {
      const record = namedOf(hub, kind, request);
      store.database.write(() => deleteNamed(hub, record, 'refuse'));
      return request.json({ Message: `${name} ${record.Slug} deleted` });
    });
}
