import type { Json, JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { Revision } from '../entities/revision.ts';
import type { Unit } from '../entities/unit.ts';
import type { Reader } from '../query/reader.ts';
import { type HubRoutes, newRoutes, type Request } from './environment.ts';
import { listResponse } from './list.ts';

/** Lists of what generation C keeps apart from units and revisions (reference, section 6.8), selected as these are. */
export function apartRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  const ofUnits = (request: Request, parts: (reader: Reader, unit: Unit) => JsonObject): Response =>
    listResponse(hub, request, { entity: 'Unit', table: store.units }, (reader) => ({
      readsData: parts === configuration,
      write: (unit) => {
        const { UnitID, SpaceID, Slug } = unit;
        return JSON.stringify({ UnitID, SpaceID, Slug, SpaceSlug: spaceSlug(reader, SpaceID), ...parts(reader, unit) });
      },
    }));
  const ofRevisions = (request: Request, parts: (reader: Reader, revision: Revision) => JsonObject): Response =>
    listResponse(hub, request, { entity: 'Revision', table: store.revisions }, (reader) => ({
      readsData: parts === configuration,
      write: (revision) => {
        const { RevisionID, RevisionNum, UnitID, SpaceID } = revision;
        const name = { RevisionID, RevisionNum, UnitID, SpaceID, SpaceSlug: spaceSlug(reader, SpaceID) };
        return JSON.stringify({ ...name, ...parts(reader, revision) });
      },
    }));

  return newRoutes()
    .get('/unit_data', (request) => ofUnits(request, configuration))
    .get('/revision_data', (request) => ofRevisions(request, configuration))
    .get('/unit_mutation_sources', (request) =>
      ofUnits(request, (_, { UnitID, HeadRevisionNum }) => ({
        MutationSources: store.mutations.sourcesAt(UnitID, HeadRevisionNum),
      })),
    )
    .get('/revision_mutation_sources', (request) =>
      ofRevisions(request, (_, { UnitID, RevisionNum }) => ({
        MutationSources: store.mutations.sourcesAt(UnitID, RevisionNum),
      })),
    );
}

function configuration(reader: Reader, { DataHash }: { readonly DataHash: string }): JsonObject {
  const data = reader.data(DataHash);
  return { Data: data.toString('utf8'), DataHash, DataSize: data.length };
}

function spaceSlug(reader: Reader, id: string): Json {
  return reader.load('Space', id)?.['Slug'] ?? '';
}
