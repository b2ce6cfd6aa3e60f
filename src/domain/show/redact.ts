import { isJsonArray, isJsonObject, isNumber, type Json, own } from '../json.ts';
import { HIDDEN } from '../secret.ts';

/** Shorter texts stand in every other word. */
const SHORTEST = 4;

/** The texts and numbers of a value, as texts. */
export function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string' || isNumber(value)) return [String(value)];
  if (isJsonArray(value)) return value.flatMap(textsOf);
  return isJsonObject(value) ? Object.values(value).flatMap(textsOf) : [];
}

/** The texts of a value that its shown form does not have in the same place. */
export function textsNotShown(value: Json, shown: Json | undefined): readonly string[] {
  if (isJsonArray(value) && isJsonArray(shown)) return value.flatMap((entry, index) => textsNotShown(entry, shown[index]));
  if (isJsonObject(value) && isJsonObject(shown))
    return Object.entries(value).flatMap(([field, entry]) => textsNotShown(entry, own(shown, field)));
  return value === shown ? [] : textsOf(value);
}

/** A text with `***` in the place of these, also as JSON has them. */
export function withoutTexts(text: string, hidden: readonly string[]): string {
  const forms = new Set(hidden.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]));
  // Longer ones first, so that none is left in part.
  return [...forms]
    .filter(({ length }) => length >= SHORTEST)
    .sort((one, other) => other.length - one.length)
    .reduce((rest, value) => rest.replaceAll(value, HIDDEN), text);
}
