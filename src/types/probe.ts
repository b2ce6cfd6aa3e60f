import type { JsonObject } from './json.ts';

/**
 * What the API server would make of a desired object, by dry run. `new`: as an object of its own, so that everything in
 * it that desired does not say is a default or admission. `existing`: applied to the live one, where whatever others
 * own stays as it is, so that only declared values tell anything.
 */
export type Probe =
  | { readonly kind: 'new' | 'existing'; readonly body: JsonObject }
  | { readonly kind: 'refused'; readonly error: string };
