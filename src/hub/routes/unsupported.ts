import { notSupported } from '../errors.ts';
import { type HubRoutes, newRoutes } from './environment.ts';

/** Parts of the API that are known and not here: named in the answer, so that nobody looks for a typing error in the path. */
const unsupported: readonly (readonly [string, string])[] = [
  ['/space/:space/unit/:unit/import', 'unit import'],
  ['/function/invoke', 'function invoke'],
  ['/space/:space/function/invoke', 'function invoke'],
  ['/bridge_worker/:id/stream', 'a worker outside of the hub'],
];

export function unsupportedRoutes(): HubRoutes {
  const routes = newRoutes();
  for (const [path, what] of unsupported) {
    routes.post(path, () => {
      throw notSupported(what);
    });
  }
  return routes;
}
