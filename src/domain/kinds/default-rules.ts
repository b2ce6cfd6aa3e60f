import { canonicalJson } from '../finding.ts';
import type { Json, JsonObject } from '../json.ts';

/** Whether a value is what the API server writes by itself; `parent` contains it. */
export type DefaultRule = (value: Json, parent: JsonObject) => boolean;

export const is =
  (...defaults: readonly Json[]): DefaultRule =>
  (value) =>
    defaults.includes(value);

/** The same for lists and objects. */
export function isOneOf(...defaults: readonly Json[]): DefaultRule {
  const texts = defaults.map((entry) => canonicalJson(entry));
  return (value) => texts.includes(canonicalJson(value));
}

/** Chosen by the API server, and any value may be. */
export const allocated: DefaultRule = () => true;
