import { isJsonArray, isJsonObject, type Json, type JsonObject, own } from '../../domain/json.ts';
import { type Diff3Options, diff3 } from './diff3.ts';
import { equal } from './equal.ts';
import { byKey, fieldOf, itemOf, type Schema, stepOf } from './list-schema.ts';

type Path = readonly (string | number)[];

/** An entry of an edited list: one that we have, by its index before the edit, or a new one. */
type ListItem = { readonly from: number } | { readonly value: Json };

/** One change to our side. */
export type Edit =
  | { readonly kind: 'set'; readonly path: Path; readonly value: Json }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'list'; readonly path: Path; readonly items: readonly ListItem[] };

/** A change of upstream's that was not taken, since the same place was changed here. */
interface PathConflict {
  /** Steps joined by dots: list entries as `?name=web`, a dot within a key as `~1` (reference, section 3.5). */
  readonly path: string;
  readonly message: string;
}

interface Place {
  readonly schema: Schema;
  /** In our side. */
  readonly path: Path;
  /** The same for people. */
  readonly shown: string;
}

interface Values {
  readonly base: Json | undefined;
  readonly ours: Json | undefined;
  readonly theirs: Json | undefined;
}

export interface Merged {
  readonly edits: readonly Edit[];
  readonly conflicts: readonly PathConflict[];
}

/**
 * What our side takes from theirs: wherever we still have what the base had, their value; wherever both changed the same
 * place, ours, and a conflict (reference, section 6.3). `undefined` is an absent value.
 */
export function mergeValues(values: Values, schema: Schema): Merged {
  const merge = new ValueMerge();
  merge.at(values, { schema, path: [], shown: '' });
  return merge;
}

class ValueMerge implements Merged {
  readonly edits: Edit[] = [];
  readonly conflicts: PathConflict[] = [];

  at(values: Values, place: Place): void {
    const { base, ours, theirs } = values;
    if (equal(base, theirs) || equal(ours, theirs)) return;
    if (isJsonObject(ours) && isJsonObject(theirs) && (isJsonObject(base) || base === undefined)) {
      this.#object(base ?? {}, ours, theirs, place);
    } else if (isJsonArray(ours) && isJsonArray(theirs) && (isJsonArray(base) || base === undefined)) {
      this.#list(base ?? [], ours, theirs, place);
    } else if (!equal(base, ours)) {
      this.#conflict(place, conflictOf(values));
    } else {
      this.edits.push(
        theirs === undefined ? { kind: 'remove', path: place.path } : { kind: 'set', path: place.path, value: theirs },
      );
    }
  }

  #conflict({ shown }: Place, message: string): void {
    if (!this.conflicts.some((other) => other.path === shown && other.message === message))
      this.conflicts.push({ path: shown, message });
  }

  #object(base: JsonObject, ours: JsonObject, theirs: JsonObject, place: Place): void {
    for (const key of new Set([...Object.keys(base), ...Object.keys(theirs)]))
      this.at(
        { base: own(base, key), ours: own(ours, key), theirs: own(theirs, key) },
        step(place, key, key.replaceAll('.', '~1'), fieldOf(place.schema, key)),
      );
  }

  #list(base: readonly Json[], ours: readonly Json[], theirs: readonly Json[], place: Place): void {
    const [baseByKey, oursByKey, theirsByKey] = [base, ours, theirs].map((list) => byKey(place.schema, list));
    if (baseByKey && oursByKey && theirsByKey) this.#keyed(baseByKey, oursByKey, theirsByKey, place);
    else this.#lines(base, ours, theirs, place);
  }

  #keyed(base: Keyed, ours: Keyed, theirs: Keyed, place: Place): void {
    const index = new Map([...ours.keys()].map((key, position) => [key, position]));
    const gone = new Set<string>();
    for (const key of new Set([...base.keys(), ...theirs.keys()])) {
      const values = { base: base.get(key), ours: ours.get(key), theirs: theirs.get(key) };
      const entry = step(
        place,
        index.get(key) ?? 0,
        stepOf(place.schema, values.ours ?? values.theirs ?? values.base ?? null),
        itemOf(place.schema),
      );
      if (values.base !== undefined && (values.ours === undefined || values.theirs === undefined)) {
        const kept = values.ours ?? values.theirs;
        if (kept !== undefined && !equal(values.base, kept)) this.#conflict(entry, conflictOf(values));
        else gone.add(key);
        if (values.ours === undefined) gone.add(key);
      } else if (values.ours !== undefined) this.at(values, entry);
    }
    const order = this.#order(base, ours, theirs, place).filter((key) => !gone.has(key));
    const items = order.map((key): ListItem => {
      const from = index.get(key);
      return from === undefined ? { value: theirs.get(key) ?? null } : { from };
    });
    this.#rebuild(ours.size, items, place);
  }

  /** Keys of ours and theirs in our order, or in theirs where only they reordered. */
  #order(base: Keyed, ours: Keyed, theirs: Keyed, place: Place): readonly string[] {
    const isCommon = (key: string): boolean => base.has(key) && ours.has(key) && theirs.has(key);
    const [was, here, there] = [base, ours, theirs].map((keyed) => [...keyed.keys()].filter(isCommon).join('\0'));
    const [ourKeys, theirKeys] = [[...ours.keys()], [...theirs.keys()]];
    if (there === was || there === here) return placed(ourKeys, theirKeys);
    if (here === was) return placed(theirKeys, ourKeys);
    this.#conflict(place, 'reordered here and upstream');
    return placed(ourKeys, theirKeys);
  }

  #lines(base: readonly Json[], ours: readonly Json[], theirs: readonly Json[], place: Place): void {
    const items: ListItem[] = [];
    const keep = ([start, end]: readonly [number, number]): void => {
      for (let from = start; from < end; from += 1) items.push({ from });
    };
    for (const region of diff3({ base, ours, theirs }, AS_LINES)) {
      if (region.kind === 'theirs') {
        items.push(...theirs.slice(...region.theirs).map((value) => ({ value })));
        continue;
      }
      keep(region.ours);
      if (region.kind === 'conflict') this.#clash(region, { base, ours, theirs }, place);
    }
    this.#rebuild(ours.length, items, place);
  }

  /** As many objects on each side are the same ones, changed. */
  #clash(region: Clash, lists: Readonly<Record<Side, readonly Json[]>>, place: Place): void {
    const [base, ours, theirs] = SIDES.map((side) => lists[side].slice(...region[side]));
    const isAligned = [base, ours, theirs].every((part) => part?.length === ours?.length && part?.every(isJsonObject));
    if (!isAligned) this.#conflict(place, CHANGED_BOTH);
    for (const [offset, value] of isAligned ? (ours ?? []).entries() : []) {
      const index = region.ours[0] + offset;
      this.at(
        { base: base?.[offset], ours: value, theirs: theirs?.[offset] },
        step(place, index, String(index), itemOf(place.schema)),
      );
    }
  }

  #rebuild(length: number, items: readonly ListItem[], { path }: Place): void {
    const isKept = items.length === length && items.every((item, index) => 'from' in item && item.from === index);
    if (!isKept) this.edits.push({ kind: 'list', path, items });
  }
}

type Keyed = ReadonlyMap<string, Json>;
type Side = keyof Values;
const SIDES = ['base', 'ours', 'theirs'] as const;
type Clash = Readonly<Record<Side, readonly [number, number]>>;

/** Neighbours of a list without keys may belong together: a flag and its value. */
const AS_LINES: Diff3Options<Json> = { equal, neighboursConflict: true };

const CHANGED_BOTH = 'changed here and upstream';

function conflictOf({ base, ours, theirs }: Values): string {
  if (ours === undefined) return 'removed here, changed upstream';
  if (theirs === undefined) return 'changed here, removed upstream';
  return base === undefined ? 'added here and upstream' : CHANGED_BOTH;
}

function step(place: Place, key: string | number, shown: string, schema: Schema): Place {
  return { schema, path: [...place.path, key], shown: place.shown === '' ? shown : `${place.shown}.${shown}` };
}

/** `first`, with what only `second` has behind the entry that it follows there. */
function placed(first: readonly string[], second: readonly string[]): readonly string[] {
  const all = [...first];
  const known = new Set(first);
  for (const [index, key] of second.entries()) {
    if (known.has(key)) continue;
    const before = index === 0 ? undefined : second[index - 1];
    all.splice(before === undefined ? 0 : all.indexOf(before) + 1, 0, key);
    known.add(key);
  }
  return all;
}

/** The deepest first, so that no index moves before it is used. */
export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  return edits.toSorted((one, other) => other.path.length - one.path.length);
}

/** The edited value. */
export function applyEdits(value: JsonObject, edits: readonly Edit[]): Json {
  return inOrder(edits).reduce<Json>((edited, edit) => applyAt(edited, edit, edit.path), value);
}

function applyAt(value: Json, edit: Edit, [next, ...rest]: Path): Json {
  if (next === undefined) {
    if (edit.kind === 'set') return edit.value;
    if (edit.kind === 'remove' || !isJsonArray(value)) return value;
    return edit.items.map((item) => ('from' in item ? (value[item.from] ?? null) : item.value));
  }
  if (isJsonArray(value) && typeof next === 'number') return value.with(next, applyAt(value[next] ?? null, edit, rest));
  const entries = new Map(isJsonObject(value) ? Object.entries(value) : []);
  const key = String(next);
  if (edit.kind === 'remove' && rest.length === 0) entries.delete(key);
  else entries.set(key, applyAt(entries.get(key) ?? null, edit, rest));
  return Object.fromEntries(entries);
}
