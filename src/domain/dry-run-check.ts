import type { DesiredObject } from './desired.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { objectKey } from './object-ref.ts';
import { withoutServerFields } from './server-fields.ts';
import { sha256 } from './sha256.ts';

/**
 * A desired object as the API server would store it, by dry run. `new`: created as another object, so every undeclared field
 * is a default or comes from admission. `existing`: applied to the live object, where fields of other managers stay, so only
 * declared fields are evidence.
 */
export type DryRunCheck =
  | { readonly kind: 'new' | 'existing'; readonly body: JsonObject }
  | { readonly kind: 'refused'; readonly error: string };

/** The desired document with a name that no object has, for a dry run of its creation. */
export function underUnusedName({ ref, document }: DesiredObject): JsonObject {
  const { metadata, ...rest } = withoutServerFields(document);
  const digest = sha256(objectKey(ref)).slice(0, 12);
  return { ...rest, metadata: { ...(isJsonObject(metadata) ? metadata : {}), name: `drift-probe-${digest}` } };
}
