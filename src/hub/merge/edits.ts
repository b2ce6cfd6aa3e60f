import { isJsonArray, isJsonObject, type Json, type JsonObject, own } from '../../domain/json.ts';
import { equal } from './equal.ts';
import { byKey } from './list-keys.ts';

type Path = readonly (string | number)[];

/** One change to our side. `append` adds to the end of the list at the path. */
export type Edit =
  | { readonly kind: 'set'; readonly path: Path; readonly value: Json }
  | { readonly kind: 'append'; readonly path: Path; readonly value: Json }
  | { readonly kind: 'remove'; readonly path: Path };

/**
 * What our side takes from theirs: wherever we still have what the base had, their value; wherever we have our own, ours
 * (reference, section 6.3). `undefined` is an absent value.
 */
export function editsTowards(
  base: Json | undefined,
  ours: Json | undefined,
  theirs: Json | undefined,
  path: Path = [],
): readonly Edit[] {
  if (equal(base, theirs) || equal(ours, theirs)) return [];
  // A resource's identity belongs to the environment that it is in.
  if (path.length === 2 && path[0] === 'metadata' && (path[1] === 'name' || path[1] === 'namespace')) return [];
  if (isJsonObject(ours) && isJsonObject(theirs)) {
    if (isJsonObject(base) || base === undefined) return editsOfObject(base ?? {}, ours, theirs, path);
  } else if (isJsonArray(ours) && isJsonArray(theirs) && (isJsonArray(base) || base === undefined)) {
    const edits = editsOfList(base ?? [], ours, theirs, path);
    if (edits) return edits;
  }
  if (!equal(base, ours)) return [];
  return [theirs === undefined ? { kind: 'remove', path } : { kind: 'set', path, value: theirs }];
}

function editsOfObject(base: JsonObject, ours: JsonObject, theirs: JsonObject, path: Path): readonly Edit[] {
  const keys = new Set([...Object.keys(base), ...Object.keys(theirs)]);
  return [...keys].flatMap((key) => editsTowards(own(base, key), own(ours, key), own(theirs, key), [...path, key]));
}

/** `undefined` where one of the lists has no keys: it is then one value, ours or theirs as a whole. */
function editsOfList(
  base: readonly Json[],
  ours: readonly Json[],
  theirs: readonly Json[],
  path: Path,
): readonly Edit[] | undefined {
  const field = String(path.findLast((step) => typeof step === 'string') ?? '');
  const [baseByKey, oursByKey, theirsByKey] = [byKey(field, base), byKey(field, ours), byKey(field, theirs)];
  if (!baseByKey || !oursByKey || !theirsByKey) return undefined;
  const position = new Map([...oursByKey.keys()].map((key, index) => [key, index]));
  return [...new Set([...baseByKey.keys(), ...theirsByKey.keys()])].flatMap((key): readonly Edit[] => {
    const index = position.get(key);
    if (index !== undefined) return editsTowards(baseByKey.get(key), oursByKey.get(key), theirsByKey.get(key), [...path, index]);
    const added = theirsByKey.get(key);
    return added === undefined || baseByKey.has(key) ? [] : [{ kind: 'append', path, value: added }];
  });
}

/** Values first, then removals from the back, so that no index moves before it is used. */
export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  const removals = edits.filter(({ kind }) => kind === 'remove').toReversed();
  return [...edits.filter(({ kind }) => kind !== 'remove'), ...removals.toSorted(byLastIndexDescending)];
}

function byLastIndexDescending(left: Edit, right: Edit): number {
  for (let depth = 0; depth < Math.min(left.path.length, right.path.length); depth += 1) {
    const [one, other] = [left.path[depth], right.path[depth]];
    if (typeof one === 'number' && typeof other === 'number' && one !== other) return other - one;
  }
  return 0;
}

/** The edited value. */
export function applyEdits(value: JsonObject, edits: readonly Edit[]): Json {
  return inOrder(edits).reduce<Json>((edited, edit) => applyAt(edited, edit, edit.path), value);
}

function applyAt(value: Json, edit: Edit, [step, ...rest]: Path): Json {
  if (step === undefined) {
    if (edit.kind === 'append' && isJsonArray(value)) return [...value, edit.value];
    return edit.kind === 'set' ? edit.value : value;
  }
  const removes = edit.kind === 'remove' && rest.length === 0;
  if (isJsonArray(value) && typeof step === 'number') {
    return removes ? value.toSpliced(step, 1) : value.with(step, applyAt(value[step] ?? null, edit, rest));
  }
  const entries = new Map(isJsonObject(value) ? Object.entries(value) : []);
  const key = String(step);
  if (removes) entries.delete(key);
  else entries.set(key, applyAt(entries.get(key) ?? null, edit, rest));
  return Object.fromEntries(entries);
}
