import { type JsonObject, stringAt } from '../../domain/json.ts';
import { editText, readsAs } from './edit-text.ts';
import { applyEdits, mergeValues } from './edits.ts';
import { equal } from './equal.ts';
import { mergeLines } from './lines.ts';
import { schemaOf } from './list-schema.ts';
import { identityOf, matchParts, type NamesOf, ownName } from './match.ts';
import { type Part, splitParts } from './split.ts';

export interface Sides {
  /** The upstream when it was last taken. */
  readonly base: string;
  /** What this unit has now. */
  readonly ours: string;
  /** The upstream now. */
  readonly theirs: string;
}

/** A change of upstream's that was not taken, since the same place was changed here; without values, which may be secret. */
export type Conflict = {
  /** `apps/v1/Deployment` */
  readonly ResourceType: string;
  readonly ResourceName: string;
  /** Empty for the resource as a whole. */
  readonly Path: string;
  readonly Message: string;
};

export type Merge =
  | { readonly outcome: 'merged'; readonly text: string; readonly conflicts: readonly Conflict[] }
  | { readonly outcome: 'unreadable'; readonly side: keyof Sides; readonly message: string };

/** Names that resources had earlier, by side. */
export type EarlierNames = Readonly<Partial<Record<keyof Sides, NamesOf>>>;

/**
 * Takes what changed upstream and keeps what was changed here; where both changed one place, ours stays and the conflict is
 * named (reference, section 6.3). What no edit touches keeps its bytes.
 */
export function mergeThreeWay({ base, ours, theirs }: Sides, earlier: EarlierNames = {}): Merge {
  const read = { base: splitParts(base), ours: splitParts(ours), theirs: splitParts(theirs) };
  for (const side of ['base', 'ours', 'theirs'] as const) {
    const split = read[side];
    if (split.outcome === 'unreadable') return { outcome: 'unreadable', side, message: split.message };
  }
  const parts = { base: partsOf(read.base), ours: partsOf(read.ours), theirs: partsOf(read.theirs) };
  const conflicts: Conflict[] = [];
  const names = { base: ownName, ours: ownName, theirs: ownName, ...earlier };
  const toOurs = matchParts(parts.base, parts.ours, { from: names.base, to: names.ours });
  const toTheirs = matchParts(parts.base, parts.theirs, { from: names.base, to: names.theirs });
  const baseOf = new Map([...toOurs].map(([from, to]) => [to, from]));
  const added = addedOf(parts, toTheirs, toOurs, names);

  const kept = parts.ours.flatMap((part, index) => {
    const from = baseOf.get(index);
    const matched = from === undefined ? undefined : parts.base[from];
    const their = from === undefined ? added.inOurs.get(index) : toTheirs.get(from);
    return mergePart(matched, part, their === undefined ? undefined : parts.theirs[their], conflicts);
  });
  for (const [from, their] of toTheirs) {
    const [was, is] = [parts.base[from]?.value, parts.theirs[their]?.value];
    if (is && !toOurs.has(from) && !equal(was, is)) conflicts.push(conflict(is, '', 'removed here, changed upstream'));
  }
  const taken = new Set(parts.ours.map(({ value }) => identityOf(value)));
  for (const their of added.fresh) {
    const part = parts.theirs[their];
    if (part?.value === undefined) continue;
    if (taken.has(identityOf(part.value))) conflicts.push(conflict(part.value, '', 'added upstream, and its name is taken here'));
    else kept.push(part.text);
  }
  return { outcome: 'merged', text: joinParts(kept), conflicts };
}

/** Documents of theirs that the base has not: those that we added as well, by our position, and the others. */
function addedOf(
  parts: Readonly<Record<keyof Sides, readonly Part[]>>,
  toTheirs: ReadonlyMap<number, number>,
  toOurs: ReadonlyMap<number, number>,
  names: Readonly<Record<keyof Sides, NamesOf>>,
): { readonly inOurs: ReadonlyMap<number, number>; readonly fresh: readonly number[] } {
  const [known, here] = [new Set(toTheirs.values()), new Set(toOurs.values())];
  const theirs = [...parts.theirs.keys()].filter((index) => !known.has(index));
  const ours = [...parts.ours.keys()].filter((index) => !here.has(index));
  const at = (list: readonly Part[], indices: readonly number[]): readonly Part[] =>
    indices.flatMap((index) => list[index] ?? []);
  const byName = { from: names.ours, to: names.theirs };
  const inOurs = new Map<number, number>();
  for (const [one, other] of matchParts(at(parts.ours, ours), at(parts.theirs, theirs), byName)) {
    const [our, their] = [ours[one] ?? 0, theirs[other] ?? 0];
    // Two new resources of one kind are two resources.
    if (identityOf(parts.ours[our]?.value) === identityOf(parts.theirs[their]?.value)) inOurs.set(our, their);
  }
  const shared = new Set(inOurs.values());
  return { inOurs, fresh: theirs.filter((index) => !shared.has(index)) };
}

export type Split = ReturnType<typeof splitParts>;

export function partsOf(split: Split): readonly Part[] {
  return split.outcome === 'parts' ? split.parts : [];
}

/** The texts that our part becomes: one, or none where upstream removed what we never changed. */
function mergePart(base: Part | undefined, ours: Part, theirs: Part | undefined, conflicts: Conflict[]): readonly string[] {
  if (ours.value === undefined || (base === undefined && theirs === undefined)) return [ours.text];
  if (theirs?.value === undefined) {
    if (equal(withoutNamespace(base?.value), withoutNamespace(ours.value))) return [];
    if (base?.value !== undefined) conflicts.push(conflict(ours.value, '', 'changed here, removed upstream'));
    return [ours.text];
  }
  if (base?.text === theirs.text) return [ours.text];
  if (ours.text === base?.text) return [theirs.text];
  const { edits, conflicts: paths } = mergeValues(
    { base: base?.value, ours: ours.value, theirs: theirs.value },
    schemaOf(ours.value),
  );
  for (const { path, message } of paths) conflicts.push(conflict(ours.value, path, message));
  const wanted = applyEdits(ours.value, edits);
  // Line by line first: it takes upstream's comments as well, and touches nothing else.
  const byLine = mergeLines({ base: base?.text ?? '', ours: ours.text, theirs: theirs.text }, 'ours');
  if (base && readsAs(byLine, wanted)) return [byLine];
  return [edits.length === 0 ? ours.text : editText(ours.text, edits, wanted)];
}

function conflict(value: JsonObject, path: string, message: string): Conflict {
  return {
    ResourceType: `${stringAt(value, 'apiVersion') ?? ''}/${stringAt(value, 'kind') ?? ''}`,
    ResourceName: stringAt(value, 'metadata', 'name') ?? '',
    Path: path,
    Message: message,
  };
}

function withoutNamespace(value: JsonObject | undefined): JsonObject | undefined {
  const metadata = value?.['metadata'];
  if (value === undefined || typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return value;
  return { ...value, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'namespace')) };
}

/** Puts a separator wherever two documents would run into one, and leaves every other byte as it is. */
function joinParts(texts: readonly string[]): string {
  let joined = '';
  for (const text of texts) {
    if (joined === '') {
      joined = text;
      continue;
    }
    if (!joined.endsWith('\n')) joined += '\n';
    joined += /^---(?:[ \t\r\n]|$)/u.test(text) || joined.trim() === '' ? text : `---\n${text}`;
  }
  return joined;
}
