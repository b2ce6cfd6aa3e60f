import { notSupported } from '../errors.ts';
import { type HubRoutes, newRoutes } from './environment.ts';

/** Known parts of the API that this hub does not have. The answer names them, so the path does not look like a typing error. */
const unsupported: readonly (readonly [string, string])[] = [
  ['/space/:space/unit/:unit/import', 'unit import'],
  ['/function/invoke', 'function invoke'],
  ['/space/:space/function/invoke', 'function invoke'],
  ['/_space', 'the creation of several spaces at once'],
  ['/bridge_worker/:id/:call{me|stream|action_result}', 'a worker outside of the hub'],
  ['/unit_action', 'unit actions (use unit_event)'],
  ['/space/:space/unit/:unit/unit_action', 'unit actions (use unit_event)'],
  ['/:kind{trigger|view|invocation}', 'triggers, views and invocations'],
  ['/space/:space/:kind{trigger|view|invocation}', 'triggers, views and invocations'],
  ['/space/:space/:kind{trigger|view|invocation}/:id', 'triggers, views and invocations'],
];

export function unsupportedRoutes(): HubRoutes {
  const routes = newRoutes();
  for (const [path, what] of unsupported) {
    routes.all(path, () => {
      throw notSupported(what);
    });
  }
  return routes;
}
