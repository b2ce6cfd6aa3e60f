import { type JsonObject, stringAt } from '../../domain/json.ts';
import { HEALTHY, type Health } from '../../domain/kinds/health.ts';
import { kindNamed } from '../../domain/kinds/kinds.ts';

export type { Health } from '../../domain/kinds/health.ts';

/** How an object is, by the rules of its kind; one of any other kind is healthy by being there. */
export function healthOf(object: JsonObject): Health {
  return kindNamed(stringAt(object, 'kind') ?? '')?.health?.(object) ?? HEALTHY;
}
