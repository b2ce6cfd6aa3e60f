import type { Decider, DecisionsFile } from '../../domain/decision.ts';
import type { FileHistory, FileVersion } from '../../domain/file-history.ts';
import { decisionIds } from './file.ts';

/**
 * Who made each decision of the present file: the author of the commit since which exactly this entry exists without a break.
 * Blame of lines is not enough: removing `path` from a rule, or `fix:` above an entry, adds no line. For decisions older than
 * the history that was read, the last report names the author; if it cannot be relied on, they have none.
 */
export function decidersOf(
  { decisions }: Pick<DecisionsFile, 'decisions'>,
  history: FileHistory,
  known: ReadonlyMap<string, Decider | undefined>,
): ReadonlyMap<string, Decider | undefined> {
  const deciders = new Map<string, Decider | undefined>();
  const head = connect(history.versions);
  if (!head) return deciders;
  for (const { id } of decisions) {
    const since = versionOfDecision(head, id);
    if (!since.isCut) deciders.set(id, authorOf(since.version));
    else if (history.isSinceReport && known.has(id)) deciders.set(id, known.get(id));
  }
  return deciders;
}

/** The file with the author of each decision, if known. */
export function withDeciders(file: DecisionsFile, deciders: ReadonlyMap<string, Decider | undefined>): DecisionsFile {
  return { ...file, decisions: file.decisions.map((entry) => ({ ...entry, by: deciders.get(entry.id) })) };
}

/** A version that says something, with those before it that do. */
interface Version {
  readonly version: FileVersion;
  readonly ids: ReadonlySet<string>;
  readonly parents: readonly Version[];
  /** There may be versions before it that were not read. */
  readonly isCut: boolean;
}

/** The present version above its earlier ones; `undefined` without a history. */
function connect(versions: readonly FileVersion[]): Version | undefined {
  const known = new Map<string, Version & { readonly isBroken: boolean }>();
  let head: Version | undefined;
  for (const version of versions.toReversed()) {
    const below = version.parents.flatMap((commit) => known.get(commit) ?? []);
    const ids = decisionIds(version.text);
    head = {
      version,
      ids: ids ?? new Set(),
      // While the file was unreadable nothing was decided or reverted.
      parents: below.flatMap((parent) => (parent.isBroken ? parent.parents : [parent])),
      isCut: version.isOldestRead || below.some((parent) => parent.isBroken && parent.isCut),
    };
    known.set(version.commit, { ...head, isBroken: ids === undefined });
  }
  return head;
}

function versionOfDecision(head: Version, id: string): Version {
  let version = head;
  for (;;) {
    const before = versionBefore(version, id);
    if (!before) return version;
    version = before;
  }
}

/** The version that had the entry already. A merge adds decisions of the other side, except those that this side reverted. */
function versionBefore({ parents: [first, ...others] }: Version, id: string): Version | undefined {
  if (first?.ids.has(id)) return first;
  const other = others.find(({ ids }) => ids.has(id));
  return other && first && hadEntry(first, id, walk(other)) ? undefined : other;
}

/** Whether this side had it when the branches parted, or later: if it was reverted earlier, the other side decided it again. */
function hadEntry(from: Version, id: string, other: ReadonlySet<Version>): boolean {
  return [...walk(from, other)].some(({ ids }) => ids.has(id));
}

/** A version and all before it, down to the first ones of `end` on each way. */
function walk(from: Version, end: ReadonlySet<Version> = new Set()): ReadonlySet<Version> {
  const seen = new Set<Version>();
  const left = [from];
  for (let version = left.pop(); version; version = left.pop()) {
    if (seen.has(version)) continue;
    seen.add(version);
    if (!end.has(version)) left.push(...version.parents);
  }
  return seen;
}

function authorOf({ name, email, time, commit }: FileVersion): Decider {
  return { name, email, time, commit };
}
