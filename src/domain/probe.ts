import type { DesiredObject } from './desired.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { objectKey } from './object-ref.ts';
import { withoutServerFields } from './server-fields.ts';
import { sha256 } from './sha256.ts';

/**
 * What the API server would make of a desired object, by dry run. `new`: as an object of its own, so that everything in
 * it that desired does not say is a default or admission. `existing`: applied to the live one, where whatever others
 * own stays as it is, so that only declared values tell anything.
 */
export type Probe =
  | { readonly kind: 'new' | 'existing'; readonly body: JsonObject }
  | { readonly kind: 'refused'; readonly error: string };

/** The desired document under a name that no object has. */
export function standingAlone({ ref, document }: DesiredObject): JsonObject {
  const { metadata, ...rest } = withoutServerFields(document);
  const digest = sha256(objectKey(ref)).slice(0, 12);
  return { ...rest, metadata: { ...(isJsonObject(metadata) ? metadata : {}), name: `drift-probe-${digest}` } };
}
