import type { Hub } from '../context.ts';
import type { Revision } from '../entities/revision.ts';
import { notFound } from '../errors.ts';
import { extend, extensionOf } from '../query/extend.ts';
import { everything } from '../query/present.ts';
import { Reader } from '../query/reader.ts';
import type { Condition } from '../storage/table.ts';
import { type HubRoutes, idOf, newRoutes, parametersOf, type Request } from './environment.ts';
import { listResponse } from './list.ts';
import { unitOf } from './lookup.ts';

/** The history of units, for reading; only changes of units write it. */
export function revisionRoutes(hub: Hub): HubRoutes {
  const { store } = hub;

  const list = (request: Request, conditions: readonly Condition[]): Response =>
    listResponse(hub, request, { entity: 'Revision', table: store.revisions, conditions });

  const revisionOf = (request: Request): Revision => {
    const unit = unitOf(hub, request);
    const revision = store.revisions.get(idOf(request, 'revision'));
    if (!revision || revision.UnitID !== unit.UnitID) throw notFound('Revision', idOf(request, 'revision'));
    return revision;
  };

  return newRoutes()
    .get('/revision', (request) => list(request, []))
    .get('/space/:space/unit/:unit/revision', (request) =>
      list(request, [{ column: 'unit_id', values: [unitOf(hub, request).UnitID] }]),
    )
    .get('/space/:space/unit/:unit/revision/:revision', (request) => {
      const reader = new Reader(store);
      const extension = extensionOf(reader, 'Revision', parametersOf(request), everything);
      return request.json(extend(reader, 'Revision', revisionOf(request), extension));
    })
    .get('/space/:space/unit/:unit/revision/:revision/data', (request) =>
      request.body(new Uint8Array(store.blobs.get(revisionOf(request).DataHash)), 200, {
        'content-type': 'application/octet-stream',
      }),
    );
}
