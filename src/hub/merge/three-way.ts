import { type JsonObject, stringAt } from '../../domain/json.ts';
import { groupOf } from '../../domain/object-ref.ts';
import { editText } from './edit-text.ts';
import { applyEdits, editsTowards } from './edits.ts';
import { equal } from './equal.ts';
import { type Part, splitParts } from './split.ts';

export interface Sides {
  /** The upstream when it was last taken. */
  readonly base: string;
  /** What this unit has now. */
  readonly ours: string;
  /** The upstream now. */
  readonly theirs: string;
}

export type Merge =
  | { readonly outcome: 'merged'; readonly text: string }
  | { readonly outcome: 'unreadable'; readonly side: keyof Sides; readonly message: string };

/**
 * Takes what changed upstream and keeps what was changed here (reference, section 6.3). Documents that upstream did not
 * touch keep their bytes; one that only upstream touched takes upstream's.
 */
export function mergeThreeWay({ base, ours, theirs }: Sides): Merge {
  const parts = { base: splitParts(base), ours: splitParts(ours), theirs: splitParts(theirs) };
  for (const side of ['base', 'ours', 'theirs'] as const) {
    const split = parts[side];
    if (split.outcome === 'unreadable') return { outcome: 'unreadable', side, message: split.message };
  }
  const [baseParts, ourParts, theirParts] = [named(parts.base), named(parts.ours), named(parts.theirs)];
  const kept = [...ourParts].flatMap(([name, part]) => mergePart(baseParts.get(name), part, theirParts.get(name)));
  const added = [...theirParts].filter(([name, { value }]) => value !== undefined && !baseParts.has(name) && !ourParts.has(name));
  return { outcome: 'merged', text: joinParts([...kept, ...added.map(([, { text }]) => text)]) };
}

export type Split = ReturnType<typeof splitParts>;

/** Parts by what they describe, without the namespace, which differs between environments. */
export function named(split: Split): ReadonlyMap<string, Part> {
  const byName = new Map<string, Part>();
  for (const part of split.outcome === 'parts' ? split.parts : []) {
    const name = part.value === undefined ? 'empty' : identity(part.value);
    let unique = name;
    for (let copy = 2; byName.has(unique); copy += 1) unique = `${name} ${copy}`;
    byName.set(unique, part);
  }
  return byName;
}

function identity(value: JsonObject): string {
  return `${groupOf(stringAt(value, 'apiVersion') ?? '')}/${stringAt(value, 'kind') ?? ''}/${stringAt(value, 'metadata', 'name') ?? ''}`;
}

/** The texts that our part becomes: one, or none where upstream removed what we never changed. */
function mergePart(base: Part | undefined, ours: Part, theirs: Part | undefined): readonly string[] {
  if (ours.value === undefined || base?.value === undefined) return [ours.text];
  if (theirs?.value === undefined) return equal(withoutNamespace(base.value), withoutNamespace(ours.value)) ? [] : [ours.text];
  if (ours.text === base.text && namespaceOf(ours) === namespaceOf(theirs)) return [theirs.text];
  const edits = editsTowards(base.value, ours.value, theirs.value);
  return [edits.length === 0 ? ours.text : editText(ours.text, edits, applyEdits(ours.value, edits))];
}

function namespaceOf({ value }: Part): string | undefined {
  return stringAt(value, 'metadata', 'namespace');
}

function withoutNamespace(value: JsonObject): JsonObject {
  const metadata = value['metadata'];
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return value;
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
