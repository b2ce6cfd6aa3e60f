import { CLASSES, FINDING_CLASSES } from '../../domain/finding-classes.ts';

/** How many there are of each word, such as `drifted`, `in_sync`, `unmanaged`. */
export type ObjectCounts = Readonly<Record<string, number>>;

const ORDER: readonly string[] = [...FINDING_CLASSES.map((found) => CLASSES[found].state), 'in_sync'];

/** `4 drifted, 2 in sync, 1 unmanaged`: those that differ first, worst first; empty for nothing. */
export function countsLine(counts: ObjectCounts): string {
  const place = (state: string): number => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);
  const states = Object.keys(counts)
    .filter((state) => (counts[state] ?? 0) > 0)
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return states.length === 0 ? '' : `${states.map((state) => `${counts[state]} ${state.replaceAll('_', ' ')}`).join(', ')}\n`;
}

/** How often each word is there. */
export function countWords(words: readonly string[]): ObjectCounts {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
