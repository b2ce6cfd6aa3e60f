import type { Hub } from '../context.ts';
import { planOperation, queueOperation } from '../worker/operations.ts';
import { type HubRoutes, newRoutes } from './environment.ts';
import { spaceOf } from './lookup.ts';

/**
 * Generation C's delivery: a space is published as a whole, every unit with a target at its head. What a GitOps tool does
 * with the published bundle, the hub's own worker does here. The path is not in the published schema (reference, doubt 5).
 */
export function releaseRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  return newRoutes().post('/space/:space/release', (request) => {
    const space = spaceOf(hub, request);
    const operations = store.database.write(() =>
      store.units
        .find({ column: 'space_id', values: [space.SpaceID] })
        .filter(({ TargetID }) => TargetID !== null)
        .map((unit) => queueOperation(hub, unit, planOperation(hub, unit, 'Apply'))),
    );
    hub.enqueue(operations);
    return request.json({ ReleaseID: hub.newId(), SpaceID: space.SpaceID, UnitCount: operations.length, CreatedAt: hub.now() });
  });
}
