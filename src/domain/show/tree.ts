import { isJsonArray, isJsonObject, isNumber, type Json, own, stringAt } from '../json.ts';
import { HIDDEN } from '../secret.ts';
import { type Judge, judgeArguments } from './command-line.ts';
import { namesPassword, verdictOf } from './names.ts';
import { below, elementOf, isShownHere, type Place } from './places.ts';

/** What a walk over a value needs: how texts are judged, and what replaces a hidden one. */
export interface Visitor {
  readonly isHarmless: Judge;
  /** Whether a key of an object may not be shown; `above` is the name of the object. */
  readonly isSecretKey: (key: string, above: string) => boolean;
  readonly hide: (value: Json, other: Json | undefined) => Json;
}

/** Values of more parts, and parts deeper than that, are not looked into. */
const MOST_PARTS = 20_000;
const MOST_DEPTH = 100;

/**
 * The value as it may be shown: harmless parts as they are, the others as `hide` gives them for the part and for what
 * `other` has in the same place. `undefined` where the value has too many parts to be judged.
 */
export function shownTree(value: Json, other: Json | undefined, place: Place, visitor: Visitor): Json | undefined {
  let parts = 0;
  const walk = (node: Json, beside: Json | undefined, here: Place, depth: number): Json => {
    parts += depth > MOST_DEPTH ? MOST_PARTS + 1 : 1;
    if (parts > MOST_PARTS) return null;
    if (isJsonArray(node)) return walkList(node, beside, here, depth + 1);
    if (isJsonObject(node))
      return Object.fromEntries(
        Object.entries(node).map(([field, entry], index) => {
          const isHidden = visitor.isSecretKey(field, here.name);
          if (isHidden) visitor.hide(field, undefined);
          const shown = walk(entry, own(beside, field), below(here, field, node), depth + 1);
          return [isHidden ? `${HIDDEN}#${index + 1}` : field, shown];
        }),
      );
    return isShown(node, here, visitor.isHarmless) ? node : visitor.hide(node, beside);
  };
  const walkList = (list: readonly Json[], beside: Json | undefined, here: Place, depth: number): Json => {
    const others = isJsonArray(beside) ? beside : [];
    const partner = (entry: Json, index: number): Json | undefined => {
      const name = stringAt(entry, 'name');
      return name === undefined ? others[index] : others.find((candidate) => stringAt(candidate, 'name') === name);
    };
    if (
      list.every((entry) => typeof entry === 'string') &&
      (here.isArguments || list.some((entry) => /^--?[A-Za-z]/u.test(entry)))
    ) {
      parts += list.length;
      const judged = judgeArguments(list, visitor.isHarmless);
      return list.map((entry, index) =>
        (judged[index] ?? visitor.isHarmless(entry, here.name)) ? entry : visitor.hide(entry, others[index]),
      );
    }
    // A name and its value, as in a list of headers.
    const [name] = list;
    const isPair = list.length === 2 && typeof name === 'string' && namesPassword(name);
    return list.map((entry, index) => walk(entry, partner(entry, index), elementOf(here, isPair ? name : undefined), depth));
  };
  const shown = walk(value, other, place, 0);
  return parts > MOST_PARTS ? undefined : shown;
}

function isShown(value: Json, place: Place, isHarmless: Judge): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (isShownHere(place, value)) return true;
  if (isNumber(value)) return verdictOf(place.name).says !== 'password' || isHarmless(String(value), place.name);
  if (typeof value !== 'string') return false;
  return place.isBase64 ? isHarmlessBase64(value, place.name, isHarmless) : isHarmless(value, place.name);
}

function isHarmlessBase64(text: string, name: string, isHarmless: Judge): boolean {
  const decoded = decodeText(text);
  return decoded !== undefined && isHarmless(decoded, name);
}

/** The text behind base64 of either alphabet; `undefined` where it is no base64, or no text. */
export function decodeText(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/_\s-]+(?:={1,2}\s*)?$/u.test(base64)) return undefined;
  const text = Buffer.from(base64, 'base64').toString('utf8');
  return /(?![\t\n\v\f\r])\p{Cc}|\ufffd/u.test(text) ? undefined : text;
}
