import type { Hub } from '../context.ts';
import { MUTATING_SOURCES, mutationOf } from '../entities/mutation.ts';
import { notFound } from '../errors.ts';
import { extend, extensionOf, extensionWriter } from '../query/extend.ts';
import { Reader } from '../query/reader.ts';
import { type HubRoutes, idOf, newRoutes, parametersOf } from './environment.ts';
import { listResponse } from './list.ts';
import { unitOf } from './lookup.ts';

const CAUSES = { column: 'source', values: MUTATING_SOURCES };

/** Why a unit's configuration changed, change by change. */
export function mutationRoutes(hub: Hub): HubRoutes {
  const { revisions } = hub.store;
  return newRoutes()
    .get('/space/:space/unit/:unit/mutation', (request) => {
      const ofUnit = { column: 'unit_id', values: [unitOf(hub, request).UnitID] };
      return listResponse(hub, request, { entity: 'Mutation', table: revisions, conditions: [ofUnit, CAUSES] }, (reader) => {
        const write = extensionWriter(reader, 'Mutation', extensionOf(reader, 'Mutation', parametersOf(request)));
        return { write: (revision, stored) => write(mutationOf(revision), stored), readsData: false };
      });
    })
    .get('/space/:space/unit/:unit/mutation/:mutation', (request) => {
      const unit = unitOf(hub, request);
      const id = idOf(request, 'mutation');
      const revision = revisions.last({ column: 'id', values: [id] }, { column: 'unit_id', values: [unit.UnitID] }, CAUSES);
      if (!revision) throw notFound('Mutation', id);
      const reader = new Reader(hub.store);
      const extension = extensionOf(reader, 'Mutation', parametersOf(request));
      return request.json(extend(reader, 'Mutation', mutationOf(revision), extension));
    });
}
