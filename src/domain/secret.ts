import { inspect } from 'node:util';
import { isJsonArray, isJsonObject, type Json } from './json.ts';

/** What replaces a value that is not shown; the length class of a hidden text may follow. */
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

/** Shorter ones stand in texts by chance. */
const SHORTEST = 6;
/** Shorter ones may be a part of a word by chance. */
const SHORTEST_PART = 12;
/** A line of a key. */
const SHORTEST_LINE = 16;
/** Every spelling of every credential that this process was given, longest first: one may be a part of another. */
let spellings: readonly string[] = [];

/** A credential of this process: whatever others say of it, in any spelling, is hidden from now on. */
export function ownSecret(value: string): Secret<string> {
  const lines = value.split(/\s+/u).filter((line) => line.length >= SHORTEST_LINE);
  const texts = [value, ...lines].filter((text) => text.length >= SHORTEST);
  spellings = [...new Set([...spellings, ...texts.flatMap(spellingsOf)])].sort((a, b) => b.length - a.length);
  return new Secret(value);
}

/** A text with this in the place of each of our own credentials. */
export function withoutOwnSecrets(text: string, instead: string): string {
  return spellings.reduce((rest, own) => (rest.includes(own) ? replaced(rest, own, instead) : rest), text);
}

function replaced(text: string, own: string, instead: string): string {
  if (own.length >= SHORTEST_PART) return text.replaceAll(own, () => instead);
  const parts = text.split(own);
  const isWithin = (index: number): boolean =>
    /[A-Za-z0-9]$/u.test(parts[index - 1]?.slice(-1) ?? '') || /^[A-Za-z0-9]/u.test(parts[index] ?? '');
  return parts.reduce((before, part, index) => (index === 0 ? part : `${before}${isWithin(index) ? own : instead}${part}`), '');
}

function spellingsOf(text: string): readonly string[] {
  return [text, encodeURIComponent(text.toWellFormed()), JSON.stringify(text).slice(1, -1), ...inBase64(text)];
}

/** Within a longer text that is written in base64, such as `user:password`: without what depends on the letters around it. */
function inBase64(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((offset) => {
    const written = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const own = written.slice(Math.ceil((offset * 8) / 6), whole);
    return own.length < SHORTEST ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** What is wrong with the text of a credential, in a few words that do not hold it; `undefined` where nothing is. */
export function faultOfCredential(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (/[\r\n\u0085\u2028\u2029]/u.test(text)) return 'has more than one line';
  // U+FEFF is the mark that editors write at the beginning of a file.
  if (/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text)) return 'contains a control character';
  return undefined;
}

/** The password of an address, as written there and decoded. */
export function passwordsOf(address: string | undefined): readonly string[] {
  if (address === undefined || !URL.canParse(address)) return [];
  const { password } = new URL(address);
  try {
    return password === '' ? [] : [...new Set([password, decodeURIComponent(password)])];
  } catch {
    return [password];
  }
}
