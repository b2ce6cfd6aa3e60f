import type { Json, JsonObject } from '../../domain/json.ts';
import { assertPatchVersion, assertVersion, readFields, type Versioned } from '../bodies.ts';
import type { Hub } from '../context.ts';
import { type Space, writableSpace } from '../entities/space.ts';
import { HubError } from '../errors.ts';
import { ORGANIZATION_ID } from '../identity.ts';
import { mergePatch, pick } from '../merge-patch.ts';
import { extend, extensionOf } from '../query/extend.ts';
import { everything, present } from '../query/present.ts';
import { Reader } from '../query/reader.ts';
import { deleteSpace } from '../spaces/delete.ts';
import { summarize } from '../spaces/summary.ts';
import { bulk, bulkAnswer } from './bulk.ts';
import { bodyOf, type HubRoutes, newRoutes, parametersOf, patchOf, type Request } from './environment.ts';
import { listResponse } from './list.ts';
import { spaceOf } from './lookup.ts';
import { selectBy } from './selection.ts';

const writableKeys = Object.keys(writableSpace.shape);

export function spaceRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  const wire = (space: Space): JsonObject =>
    present(new Reader(store), { entity: 'Space', record: space, owner: 'Space', wanted: everything });

  const selectSpaces = (request: Request): readonly Space[] => selectBy(hub, request, 'Space', store.spaces, []);

  const change = (space: Space, fields: Json): Space => {
    const next: Space = { ...space, ...readFields(writableSpace, fields) };
    if (next.Slug !== space.Slug) assertFree(hub, next.Slug);
    if (JSON.stringify(next) === JSON.stringify(space)) return space;
    return store.spaces.update({ ...next, UpdatedAt: hub.now(), Version: space.Version + 1 });
  };

  return newRoutes()
    .get('/space', (request) => {
      const parameters = parametersOf(request);
      return listResponse(hub, request, { entity: 'Space', table: store.spaces }, (reader) => {
        const extension = extensionOf(reader, 'Space', parameters);
        const write = (space: Space): string =>
          JSON.stringify({
            ...extend(reader, 'Space', space, extension),
            ...(parameters.summary ? summarize(reader, space) : {}),
          });
        return { write, readsData: false };
      });
    })
    .post('/space', async (request) => {
      const fields = readFields(writableSpace, pick(await bodyOf(request), writableKeys));
      const parameters = parametersOf(request);
      const space = store.database.write(() => {
        const existing = store.spaces.last({ column: 'slug', values: [fields.Slug] });
        if (existing && parameters.allow_exists) return existing;
        assertFree(hub, fields.Slug);
        const now = hub.now();
        return store.spaces.insert({
          EntityType: 'Space',
          SpaceID: hub.newId(),
          OrganizationID: ORGANIZATION_ID,
          ...fields,
          CreatedAt: now,
          UpdatedAt: now,
          Version: 1,
        });
      });
      return request.json(wire(space));
    })
    .get('/space/:space', (request) => {
      const parameters = parametersOf(request);
      const space = spaceOf(hub, request);
      const reader = new Reader(store);
      return request.json({
        ...extend(reader, 'Space', space, extensionOf(reader, 'Space', parameters)),
        ...(parameters.summary ? summarize(reader, space) : {}),
      });
    })
    .put('/space/:space', async (request) => {
      const body = await bodyOf(request);
      return request.json(
        wire(
          store.database.write(() => {
            const space = spaceOf(hub, request);
            assertVersion(versioned(space), body['Version'] ?? 0);
            return change(space, pick(body, writableKeys));
          }),
        ),
      );
    })
    .patch('/space/:space', async (request) => {
      const patch = await patchOf(request);
      return request.json(
        wire(
          store.database.write(() => {
            const space = spaceOf(hub, request);
            assertPatchVersion(versioned(space), patch['Version']);
            return change(space, patched(space, patch));
          }),
        ),
      );
    })
    .patch('/_space', async (request) => {
      const patch = await patchOf(request);
      const one = (space: Space): JsonObject => ({
        Space: wire(change(space, patched(space, patch))),
      });
      return bulkAnswer(request, bulk(hub, selectSpaces(request), one, { dryRun: parametersOf(request).dry_run }));
    })
    .delete('/_space', (request) => {
      const { recursive, dry_run } = parametersOf(request);
      const one = (space: Space): JsonObject => {
        deleteSpace(hub, space, recursive);
        return { Message: `space ${space.Slug} deleted` };
      };
      return bulkAnswer(request, bulk(hub, selectSpaces(request), one, { dryRun: dry_run }));
    })
    .delete('/space/:space', (request) => {
      const space = spaceOf(hub, request);
      store.database.write(() => deleteSpace(hub, space, parametersOf(request).recursive));
      return request.json({ Message: `space ${space.Slug} deleted` });
    });
}

function patched(space: Space, patch: JsonObject): Json {
  return mergePatch(pick(space, writableKeys), pick(patch, writableKeys));
}

function assertFree(hub: Hub, slug: string): void {
  if (hub.store.spaces.has({ column: 'slug', values: [slug] })) throw new HubError(409, `space ${slug} already exists`);
}

function versioned({ SpaceID, Slug, Version }: Space): Versioned {
  return { type: 'Space', id: SpaceID, slug: Slug, version: Version };
}
