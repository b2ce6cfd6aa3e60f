import { type FieldPath, printPath, withHiddenSteps } from '../field-path.ts';
import type { FieldValue } from '../finding.ts';
import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import type { ObjectRef } from '../object-ref.ts';
import { HIDDEN, hiddenForm, isHiddenForm, Secret } from '../secret.ts';
import { verdictOf } from './names.ts';
import { below, elementOf, type Place, placeOf } from './places.ts';
import type { ShowValues } from './show-values.ts';
import { isHarmlessText, isSecretKey } from './text.ts';
import { shownTree, type Visitor } from './tree.ts';

// What may be shown of a value, in every sink: log, report, revisions, events, webhook, prompt and errors. Shown is
// only what is known to be harmless, by three questions: what the field is (places.ts), what the value is (tokens.ts,
// detector.ts, atoms.ts), and what its name says (names.ts).

/** Both sides of a difference; `undefined` where a side is absent. */
export interface Sides<T> {
  readonly desired: T;
  readonly live: T;
}

type Kind = Pick<ObjectRef, 'apiVersion' | 'kind'>;

/** Of a Secret everything is hidden but what kind of Secret it is. */
const SHOWN_OF_SECRET = new Set(['/type', '/immutable']);

const isHarmless = (text: string, name: string): boolean => isHiddenForm(text) || isHarmlessText(text, name);

/** Both sides as they may be shown: what has a hidden part is wrapped, and is still compared and patched. */
export function showSides(
  { apiVersion, kind }: Kind,
  path: FieldPath,
  { desired, live }: Sides<Json | undefined>,
  show: ShowValues,
): Sides<FieldValue> {
  const place = placeOf(apiVersion, path);
  const isSecret = kind === 'Secret' && !SHOWN_OF_SECRET.has(printPath(path));
  const side = (value: Json | undefined, other: Json | undefined, isLive: boolean): FieldValue => {
    if (value === undefined) return undefined;
    if (show === 'none') return new Secret(value);
    const hide: Visitor['hide'] = (part, beside) => hiddenForm(part, isLive && typeof beside === 'string' && beside !== part);
    if (isSecret) return new Secret(value, hide(value, other));
    let isHidden = false;
    const visitor: Visitor = {
      isHarmless,
      isSecretKey,
      hide: (part, beside) => {
        isHidden = true;
        return hide(part, beside);
      },
    };
    const shown = shownTree(value, other, place, visitor);
    if (shown === undefined) return new Secret(value);
    return isHidden ? new Secret(value, shown) : value;
  };
  return { desired: side(desired, live, false), live: side(live, desired, true) };
}

/** One value as it may be shown. */
export function showValue(kind: Kind, path: FieldPath, value: Json | undefined, show: ShowValues): FieldValue {
  return showSides(kind, path, { desired: value, live: undefined }, show).desired;
}

/**
 * The path of a value as it may be shown, `isHidden` or not: keys that people choose may be tokens, and the end of the path
 * to an element of a set is the element. `root` is the live object.
 */
export function showPath({ apiVersion }: Kind, path: FieldPath, root: Json | undefined, isHidden: boolean): FieldPath {
  const isSecret = (step: FieldPath[number], index: number): boolean => {
    if ('member' in step) return isHidden && index === path.length - 1;
    const texts = 'field' in step ? [step.field] : Object.values(step.key).map(String);
    return texts.some((text) => isSecretKey(text, placeOf(apiVersion, path.slice(0, index)).name));
  };
  return withHiddenSteps(path, root, isSecret);
}

/** Values of a report, of whatever version, as they may be shown now. */
export function showAgain(kind: Kind, path: FieldPath, { desired, live }: Sides<Json>, show: ShowValues): Sides<Json> {
  const sides = showSides(kind, path, { desired: desired ?? undefined, live: live ?? undefined }, show);
  const json = (value: FieldValue): Json => (value instanceof Secret ? value.shown : (value ?? null));
  // What was hidden stays as it was written: its length is not known any more.
  const again = (was: Json, now: FieldValue): Json => (typeof was === 'string' && isHiddenForm(was) ? was : json(now));
  return { desired: again(desired, sides.desired), live: again(live, sides.live) };
}

/** A part of a document that is not shown: its path and value. */
export interface HiddenPart {
  readonly path: string;
  readonly value: Json;
}

/** The parts of a document that are not shown. */
export function hiddenParts({ apiVersion, kind }: Kind, document: Json): readonly HiddenPart[] {
  const parts: HiddenPart[] = [];
  const visitor = (path: string): Visitor => ({
    isHarmless,
    isSecretKey,
    hide: (value) => {
      parts.push({ path, value });
      return HIDDEN;
    },
  });
  const walk = (value: Json, path: FieldPath, place: Place): void => {
    const text = printPath(path);
    if (kind === 'Secret' && SHOWN_OF_SECRET.has(text)) return;
    if (kind === 'Secret' && typeof value !== 'object') {
      if (!/^\/(?:apiVersion|kind|metadata\/name(?:space)?)$/u.test(text)) parts.push({ path: text, value });
      return;
    }
    if (isJsonObject(value))
      for (const [field, entry] of Object.entries(value)) {
        if (isSecretKey(field, place.name)) parts.push({ path: text, value: field });
        walk(entry, [...path, { field }], below(place, field, value));
      }
    else if (isJsonArray(value) && !value.every((entry) => typeof entry === 'string'))
      for (const [index, entry] of value.entries())
        walk(entry, [...path, { key: { name: nameOf(entry) ?? index } }], elementOf(place));
    else if (shownTree(value, undefined, place, visitor(text)) === undefined) parts.push({ path: text, value });
  };
  walk(document, [], placeOf(apiVersion, []));
  return parts;
}

function nameOf(value: Json): string | undefined {
  const name = isJsonObject(value) ? value['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Ids and digests that a description of ours ends with. */
const MARKS = /\b(?:drift|accept(?:ed)?|sha256):[0-9a-f]{8,64}\b/gu;
const OURS = /^(?:Drift detected:|Fixed|Accepted|Staged|Undo)/u;

/** What people and passes wrote about a revision, where it may be shown; else `***`. */
export function showDescription(text: string): string {
  const rest = text.replaceAll(MARKS, '');
  const namesSecret = (word: string): boolean => {
    const { says, unless } = verdictOf(word);
    return says === 'password' && unless === undefined;
  };
  // Passes of before have written values there that are not shown any more.
  const namesASecret = OURS.test(rest) && !rest.includes('(value not stored)') && rest.split(/[\s/,;:()]+/u).some(namesSecret);
  return namesASecret || !isHarmlessText(rest, 'description') ? HIDDEN : text;
}
