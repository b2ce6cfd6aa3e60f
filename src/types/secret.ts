import { inspect } from 'node:util';
import { isJsonArray, isJsonObject, type Json } from './json.ts';

/** What stands in the place of a value that is not shown; the length class of a hidden text may follow. */
export const HIDDEN = '***';

/** Length classes of hidden texts, by the most characters of each. */
const CLASSES: readonly (readonly [number, string])[] = [
  [7, 'under 8 characters'],
  [15, '8 to 15 characters'],
  [31, '16 to 31 characters'],
  [63, '32 to 63 characters'],
  [Number.POSITIVE_INFINITY, '64 characters or more'],
];
const ANOTHER = 'another value';
const HIDDEN_FORM = new RegExp(`^\\*\\*\\*(?: \\((?:${CLASSES.map(([, text]) => text).join('|')})(?:, ${ANOTHER})?\\))?$`, 'u');

/** What is shown of a hidden value: the length class of a text, and whether it is `another` one than on the first side. */
export function hiddenForm(value: Json, isAnother = false): string {
  if (typeof value !== 'string') return HIDDEN;
  const [, length = ''] = CLASSES.find(([most]) => value.length <= most) ?? [];
  return `${HIDDEN} (${length}${isAnother ? `, ${ANOTHER}` : ''})`;
}

/** Whether a text is what `hiddenForm` gives. */
export function isHiddenForm(text: string): boolean {
  return HIDDEN_FORM.test(text);
}

/** What of a value is shown: all of it, or of a hidden one its shown form. */
export function shownPart<T>(value: T | Secret<T>): T | Json {
  return value instanceof Secret ? value.shown : value;
}

/** Whether a value of a report has a hidden part. */
export function hasHiddenPart(value: Json): boolean {
  if (typeof value === 'string') return isHiddenForm(value);
  if (isJsonArray(value)) return value.some(hasHiddenPart);
  return isJsonObject(value) && Object.values(value).some(hasHiddenPart);
}

/**
 * A value that no log, report, prompt or page may show: every way of turning it into text gives `***`, or the form of it
 * that may be shown. Only code that must have the value itself, a request header or a patch, calls `reveal`.
 */
export class Secret<T> {
  readonly #value: T;
  /** With `***` in the place of the parts that are hidden. */
  readonly shown: Json;
  constructor(value: T, shown: Json = HIDDEN) {
    this.#value = value;
    this.shown = shown;
  }
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return typeof this.shown === 'string' ? this.shown : HIDDEN;
  }
  toJSON(): Json {
    return this.shown;
  }
  [inspect.custom](): string {
    return this.toString();
  }
}
