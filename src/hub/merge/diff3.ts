import { diffArrays } from 'diff';

/** Half open: from the first index to behind the last one. */
type Range = readonly [number, number];

/** A part of the result: what our side has there, what theirs has, or what both changed in different ways. */
export type Region =
  | { readonly kind: 'ours'; readonly ours: Range }
  | { readonly kind: 'theirs'; readonly theirs: Range }
  | { readonly kind: 'conflict'; readonly base: Range; readonly ours: Range; readonly theirs: Range };

export interface Sequences<T> {
  readonly base: readonly T[];
  readonly ours: readonly T[];
  readonly theirs: readonly T[];
}

export interface Diff3Options<T> {
  readonly equal: (left: T, right: T) => boolean;
  /** Whether changes of neighbours get into each other's way, as they do in Git. */
  readonly neighboursConflict: boolean;
}

type Side = 'ours' | 'theirs';
interface Hunk {
  readonly side: Side;
  readonly base: Range;
  /** How much longer the side is there. */
  readonly growth: number;
}

/** Three-way merge of two sequences with their common base, in order of the base (Khanna, Kunal, Pierce 2007). */
export function diff3<T>(sequences: Sequences<T>, options: Diff3Options<T>): readonly Region[] {
  const hunks = [...hunksOf('ours', sequences, options), ...hunksOf('theirs', sequences, options)].sort(
    (one, other) => one.base[0] - other.base[0] || one.base[1] - other.base[1],
  );
  const regions: Region[] = [];
  const shift = { ours: 0, theirs: 0 };
  let end = 0;
  for (let next = 0; next < hunks.length; ) {
    const group = groupAt(hunks, next, options.neighboursConflict);
    next += group.length;
    const base: Range = [group[0]?.base[0] ?? 0, Math.max(...group.map((hunk) => hunk.base[1]))];
    if (base[0] > end) regions.push({ kind: 'ours', ours: [end + shift.ours, base[0] + shift.ours] });
    const range = (side: Side): Range => {
      const start = base[0] + shift[side];
      for (const hunk of group) if (hunk.side === side) shift[side] += hunk.growth;
      return [start, base[1] + shift[side]];
    };
    const [ours, theirs] = [range('ours'), range('theirs')];
    const changed = new Set(group.map(({ side }) => side));
    if (!changed.has('theirs') || isSame(sequences, ours, theirs, options.equal)) regions.push({ kind: 'ours', ours });
    else regions.push(changed.has('ours') ? { kind: 'conflict', base, ours, theirs } : { kind: 'theirs', theirs });
    end = base[1];
  }
  if (end < sequences.base.length) regions.push({ kind: 'ours', ours: [end + shift.ours, sequences.ours.length] });
  return regions;
}

function hunksOf<T>(side: Side, sequences: Sequences<T>, { equal }: Diff3Options<T>): readonly Hunk[] {
  const hunks: { side: Side; base: [number, number]; growth: number }[] = [];
  let at = 0;
  for (const { added, removed, count } of diffArrays([...sequences.base], [...sequences[side]], { comparator: equal })) {
    if (!added && !removed) {
      at += count;
      continue;
    }
    let hunk = hunks.at(-1);
    if (hunk?.base[1] !== at) {
      hunk = { side, base: [at, at], growth: 0 };
      hunks.push(hunk);
    }
    if (removed) at += count;
    hunk.base[1] = at;
    hunk.growth += added ? count : -count;
  }
  return hunks;
}

/** The hunks from this one on that are in each other's way. */
function groupAt(hunks: readonly Hunk[], first: number, neighboursConflict: boolean): readonly Hunk[] {
  let end = hunks[first]?.base[1] ?? 0;
  let last = first + 1;
  for (; last < hunks.length; last += 1) {
    const [start, stop] = hunks[last]?.base ?? [0, 0];
    const bothInsert = start === stop && start === hunks[first]?.base[0];
    if (neighboursConflict ? start > end : start >= end && !(bothInsert && start === end)) break;
    end = Math.max(end, stop);
  }
  return hunks.slice(first, last);
}

function isSame<T>(sequences: Sequences<T>, ours: Range, theirs: Range, equal: (left: T, right: T) => boolean): boolean {
  const [left, right] = [sequences.ours.slice(...ours), sequences.theirs.slice(...theirs)];
  return left.length === right.length && left.every((value, index) => equal(value, right[index] as T));
}
