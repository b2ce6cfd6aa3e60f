import { diffArrays } from 'diff';
import { canonicalJson } from './finding.ts';
import { isJsonArray, isJsonObject, type Json } from './json.ts';

// Values as their leaves, so that a sentence never holds an object.

/** One scalar, list of scalars or empty object within a value, by the names above it; none for the value itself. */
export interface Leaf {
  readonly names: readonly string[];
  readonly value: Json;
}

/** A leaf whose sides differ; `undefined` where a side has none. */
export interface ChangedLeaf {
  readonly names: readonly string[];
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

/** Fields that decide what the others mean: named first. */
const FIRST: readonly string[] = ['privileged', 'image', 'command'];
/** Lines and characters of a text that are compared line by line. */
const TEXT_LINES = 400;
const TEXT_LENGTH = 100_000;
const MAX_EDITS = 100;

/** True where a value is shown as its leaves. */
export function isBranch(value: Json | undefined): boolean {
  return isJsonObject(value) || (isJsonArray(value) && value.some((part) => typeof part === 'object' && part !== null));
}

/** The leaves of a value, the decisive ones first, then in the order of their names. */
export function leavesOf(value: Json): readonly Leaf[] {
  return leavesIn(value, []).toSorted(byWeight);
}

function leavesIn(value: Json, names: readonly string[]): readonly Leaf[] {
  if (isJsonArray(value) && isBranch(value))
    return value.flatMap((part, index) => {
      const name = nameOf(part);
      // What names the element is no leaf of it, where it has others.
      const { name: _, ...rest } = isJsonObject(part) ? part : {};
      const hasOthers = name !== '' && Object.keys(rest).length > 0;
      return leavesIn(hasOthers ? rest : part, [...names, name === '' ? String(index + 1) : name]);
    });
  if (!isJsonObject(value) || Object.keys(value).length === 0) return [{ names, value }];
  return Object.entries(value).flatMap(([name, part]) => leavesIn(part, [...names, name]));
}

function nameOf(element: Json): string {
  const name = isJsonObject(element) ? element['name'] : undefined;
  return typeof name === 'string' ? name : '';
}

/** The leaves that differ between two values, in the order of `leavesOf`. */
export function changedLeaves(from: Json, to: Json): readonly ChangedLeaf[] {
  const [before, after] = [byName(leavesIn(from, [])), byName(leavesIn(to, []))];
  return [...new Map([...before, ...after])]
    .map(([key, { names }]) => ({ names, from: before.get(key)?.value, to: after.get(key)?.value }))
    .filter((leaf) => canonicalJson(leaf.from) !== canonicalJson(leaf.to))
    .sort(byWeight);
}

function byName(leaves: readonly Leaf[]): ReadonlyMap<string, Leaf> {
  return new Map(leaves.map((leaf) => [JSON.stringify(leaf.names), leaf]));
}

function byWeight({ names: one }: Pick<Leaf, 'names'>, { names: other }: Pick<Leaf, 'names'>): number {
  const place = (names: readonly string[]): number => FIRST.indexOf(names.at(-1) ?? '');
  const weight = (names: readonly string[]): number => (place(names) < 0 ? FIRST.length : place(names));
  const [a, b] = [one.join('/'), other.join('/')];
  return weight(one) - weight(other) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The first lines that differ between two texts, and how many others do; `undefined` for texts too long to compare. */
export function changedLines(from: string, to: string): (Omit<ChangedLeaf, 'names'> & { readonly others: number }) | undefined {
  const [before, after] = [from, to].map((text) => text.trimEnd().split('\n'));
  if (!before || !after || from.length + to.length > TEXT_LENGTH || before.length + after.length > TEXT_LINES) return undefined;
  const parts = diffArrays(before, after, { maxEditLength: MAX_EDITS })?.filter(({ added, removed }) => added || removed);
  const [first, second] = parts ?? [];
  if (!parts || !first) return undefined;
  const replaced = first.removed && second?.added ? adjacent(before, after, first.value, second.value) : undefined;
  const shown = replaced ?? (first.removed ? { from: first.value[0], to: undefined } : { from: undefined, to: first.value[0] });
  const count = parts.reduce((sum, { value }) => sum + value.length, 0);
  return { ...shown, others: count - (replaced ? 2 : 1) };
}

/** The first lines of two parts, if the second replaces the first. */
function adjacent(
  before: readonly string[],
  after: readonly string[],
  gone: readonly string[],
  come: readonly string[],
): Omit<ChangedLeaf, 'names'> | undefined {
  const start = before.findIndex((line, index) => line !== after[index]);
  return after[start] === come[0] && before[start] === gone[0] ? { from: gone[0], to: come[0] } : undefined;
}
