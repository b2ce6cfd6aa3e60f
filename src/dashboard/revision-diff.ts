import { structuredPatch } from 'diff';
import { stringify } from 'yaml';
import { readManifest } from '../clients/kubernetes/manifest.ts';
import { cutText } from '../domain/describe.ts';
import type { JsonObject } from '../domain/json.ts';
import { objectKey, refOf } from '../domain/object-ref.ts';
import { showDocuments } from '../domain/show/document.ts';
import type { ShowValues } from '../domain/show/show-values.ts';
import { plural } from '../domain/words.ts';

/** A unified diff of what may be shown of two revisions. */
export interface RevisionDiff {
  /** Of the diff, with its hunks; none where nothing that is shown differs. */
  readonly lines: readonly string[];
  /** What else there is to know, a sentence each. */
  readonly notes: readonly string[];
}

const MOST_LINES = 400;
const LINE_LENGTH = 400;
const MOST_CHARACTERS = 60_000;
/** Of changed lines: finding the least difference takes the square of it. */
const MOST_CHANGES = 4_000;

/** `undefined` is a revision that there is not. Values are read, and written again as YAML: comments are left out. */
export function revisionDiff(
  data: Readonly<Record<'from' | 'to', string | undefined>>,
  numbers: Readonly<Record<'from' | 'to', number>>,
  show: ShowValues,
): RevisionDiff {
  const missing = (['from', 'to'] as const).filter((side) => data[side] === undefined).map((side) => numbers[side]);
  if (data.from === undefined || data.to === undefined)
    return { lines: [], notes: [...new Set(missing)].map((number) => `There is no revision ${number}.`) };
  const [from, to] = [readManifest(data.from), readManifest(data.to)];
  const unread = from.faults.length + to.faults.length;
  const notes = unread === 0 ? [] : [`${plural(unread, 'document')} cannot be read and so not shown.`];
  const texts = shownTexts(
    from.documents.map(({ document }) => document),
    to.documents.map(({ document }) => document),
    show,
  );
  const patch = structuredPatch('', '', texts.from, texts.to, undefined, undefined, { context: 3, maxEditLength: MOST_CHANGES });
  if (patch === undefined) return { lines: [], notes: [...notes, 'The revisions differ in too many lines to be shown.'] };
  const all = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines.map((line) => (line.length > LINE_LENGTH ? `${cutText(line, LINE_LENGTH)}…` : line)),
  ]);
  if (data.from === data.to) notes.push('The revisions are equal.');
  else if (all.length === 0) notes.push('The revisions differ only in what is not shown: comments, form, or hidden values.');
  let size = 0;
  const lines = all.slice(0, MOST_LINES).filter((line) => {
    size += line.length + 1;
    return size <= MOST_CHARACTERS;
  });
  const left = all.length - lines.length;
  if (left > 0) notes.push(`${plural(left, 'more line')}: cub unit diff shows them.`);
  return { lines, notes };
}

/** Both revisions as text; a hidden value of the second is said to be another one where it is. */
function shownTexts(
  from: readonly JsonObject[],
  to: readonly JsonObject[],
  show: ShowValues,
): Readonly<Record<'from' | 'to', string>> {
  const [before, after] = [byKey(from), byKey(to)];
  const text = (one: readonly (readonly [string, JsonObject])[], shown: (key: string, document: JsonObject) => unknown): string =>
    one
      .map(([key, document]) => `---\n${stringify(shown(key, document), { lineWidth: 0, aliasDuplicateObjects: false })}`)
      .join('');
  return {
    from: text([...before], (key, desired) => showDocuments({ desired, live: after.get(key) }, show).desired),
    to: text([...after], (key, live) => showDocuments({ desired: before.get(key), live }, show).live),
  };
}

/** Documents by what they are; what is no object, or is there twice, by its place. */
function byKey(documents: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const [index, document] of documents.entries()) {
    const ref = refOf(document);
    const key = ref ? objectKey(ref) : '';
    found.set(key === '' || found.has(key) ? `#${index}` : key, document);
  }
  return found;
}
