import { z } from 'zod';
import type { JsonObject } from '../../types/json.ts';
import type { Caller, Hub } from '../context.ts';
import type { QueuedOperation } from '../entities/queued-operation.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest, notFound } from '../errors.ts';
import { find } from '../query/find.ts';
import { Reader } from '../query/reader.ts';
import { approveUnit } from '../units/approve.ts';
import { findRevision } from '../units/history.ts';
import { tagRevision } from '../units/revise.ts';
import { selectNamedUnits } from '../units/select.ts';
import { planApply, queueApply } from '../worker/operations.ts';
import { bulk, bulkAnswer } from './bulk.ts';
import { bodyOf, type HubRoutes, newRoutes, parametersOf } from './environment.ts';
import { unitOf } from './lookup.ts';

const tagBody = z.object({ TagID: z.guid(), Revision: z.string().default('HeadRevisionNum') });

/** What is done with units besides writing them: apply, approve, tag, and the events of it. */
export function unitActionRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  const approve = (caller: Caller, unit: Unit): JsonObject => {
    approveUnit(hub, caller, unit);
    return { Message: `unit ${unit.Slug} approved` };
  };

  return (
    newRoutes()
      .post('/space/:space/unit/:unit/apply', (request) => {
        const { revision, dry_run } = parametersOf(request);
        const unit = unitOf(hub, request);
        const operation = planApply(hub, unit, revision);
        if (dry_run) return request.json(operation);
        store.database.write(() => queueApply(hub, unit, operation));
        hub.enqueue([operation]);
        return request.json(operation);
      })
      .post('/unit/apply', (request) => {
        const parameters = parametersOf(request);
        const queued: QueuedOperation[] = [];
        const apply = (unit: Unit): JsonObject => {
          const operation = queueApply(hub, unit, planApply(hub, unit, parameters.revision));
          queued.push(operation);
          return { Action: operation };
        };
        const results = bulk(hub, selectNamedUnits(hub, parameters), apply, { dryRun: parameters.dry_run });
        if (!parameters.dry_run) hub.enqueue(queued);
        return bulkAnswer(request, results);
      })
      // A JSON string, as the cub of August 2025 decodes it (reference, section 5.9).
      .post('/space/:space/unit/:unit/approve', (request) => {
        const unit = unitOf(hub, request);
        store.database.write(() => approve(request.get('caller'), unit));
        return request.json(`unit ${unit.Slug} approved`);
      })
      .post('/unit/approve', (request) => {
        const units = selectNamedUnits(hub, parametersOf(request));
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
        return bulkAnswer(request, bulk(hub, selectNamedUnits(hub, parametersOf(request)), apply, { dryRun: false }));
      })
      .get('/space/:space/unit/:unit/unit_event', (request) => {
        const ofUnit = { column: 'unit_id', values: [unitOf(hub, request).UnitID] };
        // Events are listed bare, without a wrapper (reference, section 2).
        return request.json(find(new Reader(store), 'UnitEvent', store.events, [ofUnit], parametersOf(request)));
      })
      .get('/unit_event', (request) =>
        request.json(find(new Reader(store), 'UnitEvent', store.events, [], parametersOf(request))),
      )
  );
}
