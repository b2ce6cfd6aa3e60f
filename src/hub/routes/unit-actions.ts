import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Caller, Hub } from '../context.ts';
import type { QueuedOperation } from '../entities/queued-operation.ts';
import type { Unit } from '../entities/unit.ts';
import type { UnitEvent } from '../entities/unit-event.ts';
import { badRequest, HubError, notFound } from '../errors.ts';
import { Reader } from '../query/reader.ts';
import { approveUnit } from '../units/approve.ts';
import { findRevision } from '../units/history.ts';
import { tagRevision } from '../units/revise.ts';
import { cancelOperations, planOperation, queueOperation } from '../worker/operations.ts';
import { bulk, bulkAnswer } from './bulk.ts';
import { bodyOf, type HubRoutes, idOf, newRoutes, parametersOf } from './environment.ts';
import { type ListWriter, listResponse } from './list.ts';
import { unitOf } from './lookup.ts';
import { selectNamedUnits } from './selection.ts';

const tagBody = z.object({ TagID: z.guid(), Revision: z.string().default('HeadRevisionNum') });

/** Operations that the worker carries out, for one unit and for all that a query selects. */
function operationRoutes(hub: Hub): HubRoutes {
  const routes = newRoutes();
  for (const action of ['Apply', 'Destroy', 'Refresh'] as const) {
    const path = action.toLowerCase();
    routes.post(`/space/:space/unit/:unit/${path}`, (request) => {
      const { revision, dry_run } = parametersOf(request);
      const unit = unitOf(hub, request);
      const operation = planOperation(hub, unit, action, action === 'Apply' ? revision : undefined);
      if (dry_run) return request.json(operation);
      hub.store.database.write(() => queueOperation(hub, unit, operation));
      hub.enqueue([operation]);
      return request.json(operation);
    });
    routes.post(`/unit/${path}`, (request) => {
      const parameters = parametersOf(request);
      const queued: QueuedOperation[] = [];
      const queue = (unit: Unit): JsonObject => {
        const operation = queueOperation(
          hub,
          unit,
          planOperation(hub, unit, action, action === 'Apply' ? parameters.revision : undefined),
        );
        queued.push(operation);
        return { Action: operation };
      };
      const results = bulk(hub, selectNamedUnits(hub, request), queue, { dryRun: parameters.dry_run });
      if (!parameters.dry_run) hub.enqueue(queued);
      return bulkAnswer(request, results);
    });
  }
  const cancel = (unit: Unit): JsonObject => {
    const count = cancelOperations(hub, unit);
    if (count === 0) throw new HubError(409, `unit ${unit.Slug} has no operation to cancel`, { type: 'Unit', id: unit.UnitID });
    return { Message: `unit ${unit.Slug}: ${count} canceled` };
  };
  routes.post('/space/:space/unit/:unit/cancel', (request) => {
    const unit = unitOf(hub, request);
    return request.json(hub.store.database.write(() => cancel(unit)));
  });
  routes.post('/unit/cancel', (request) =>
    bulkAnswer(request, bulk(hub, selectNamedUnits(hub, request), cancel, { dryRun: false })),
  );
  return routes;
}

/** Events are listed bare, without a wrapper (reference, section 2). */
const bare: ListWriter<UnitEvent> = { write: (event) => JSON.stringify(event), readsData: false };

/** Actions on units besides writes: apply, approve, tag, and the events of it. */
export function unitActionRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  const approve = (caller: Caller, unit: Unit): JsonObject => {
    approveUnit(hub, caller, unit);
    return { Message: `unit ${unit.Slug} approved` };
  };

  return (
    operationRoutes(hub)
      // A JSON string, as the cub of August 2025 decodes it (reference, section 5.9).
      .post('/space/:space/unit/:unit/approve', (request) => {
        const unit = unitOf(hub, request);
        store.database.write(() => approve(request.get('caller'), unit));
        return request.json(`unit ${unit.Slug} approved`);
      })
      .post('/unit/approve', (request) => {
        const units = selectNamedUnits(hub, request);
        return bulkAnswer(
          request,
          bulk(hub, units, (unit) => approve(request.get('caller'), unit), { dryRun: false }),
        );
      })
      .post('/unit/tag', async (request) => {
        const body = tagBody.safeParse(await bodyOf(request));
        if (!body.success) throw badRequest('the body needs TagID, a UUID, and may have Revision');
        const tagId = body.data.TagID.toLowerCase();
        const tag = new Reader(store).load('Tag', tagId);
        if (!tag) throw notFound('Tag', tagId);
        const apply = (unit: Unit): JsonObject => {
          tagRevision(hub, unit.UnitID, findRevision(hub, unit, body.data.Revision).RevisionNum, {
            id: tagId,
            slug: String(tag['Slug']),
          });
          return { Message: `unit ${unit.Slug} tagged` };
        };
        return bulkAnswer(request, bulk(hub, selectNamedUnits(hub, request), apply, { dryRun: false }));
      })
      .get('/space/:space/unit/:unit/unit_event', (request) => {
        const ofUnit = { column: 'unit_id', values: [unitOf(hub, request).UnitID] };
        return listResponse(hub, request, { entity: 'UnitEvent', table: store.events, conditions: [ofUnit] }, () => bare);
      })
      .get('/space/:space/unit/:unit/unit_event/:event', (request) => {
        const event = store.events.get(idOf(request, 'event'));
        if (event?.UnitID !== unitOf(hub, request).UnitID) throw notFound('UnitEvent', idOf(request, 'event'));
        return request.json(event);
      })
      .get('/unit_event', (request) => listResponse(hub, request, { entity: 'UnitEvent', table: store.events }, () => bare))
  );
}
