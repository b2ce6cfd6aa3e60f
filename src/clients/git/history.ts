import { randomUUID } from 'node:crypto';
import type { FileHistory, FileVersion } from '../../domain/file-history.ts';
import type { Clone } from './clone.ts';
import { cutCommits, fetchBranch } from './head.ts';

/** Numbers of commits to fetch, one after another, until the answer is found. */
const DEPTHS = [50, 200, 800, 3_200];
/** More commits than are pushed between two passes. */
const BETWEEN_PASSES = 200;
/** Of one file: their texts are all in memory at once. */
const MAX_VERSIONS = 200;

/**
 * Gives what `find` finds in what was read so far, or in the fewest commits more; takes its last word where all are read.
 */
export async function searchHistory<T>(
  clone: Clone,
  branch: string,
  find: (cut: ReadonlySet<string>, depth: number) => Promise<T>,
  isEnough: (found: T) => boolean,
): Promise<T> {
  let cut = await cutCommits(clone);
  let found = await find(cut, 1);
  for (const depth of DEPTHS) {
    if (isEnough(found) || cut.size === 0) break;
    await fetchBranch(clone.git, branch, depth);
    cut = await cutCommits(clone);
    found = await find(cut, depth);
  }
  return found;
}

/** Reads the versions of a file of this commit until they are enough; `report` is a file that each report that changed changes. */
export function readVersions(
  clone: Clone,
  { branch, commit, path, report }: { readonly [name in 'branch' | 'commit' | 'path' | 'report']: string },
  isEnough: (history: FileHistory) => boolean,
): Promise<FileHistory> {
  const find = async (cut: ReadonlySet<string>, depth: number): Promise<FileHistory> => {
    const [latest] = (await clone.git(['rev-list', '-1', commit, '--', literal(report)])).split('\n');
    return {
      versions: await listVersions(clone, commit, path, cut),
      isSinceReport: depth >= BETWEEN_PASSES || (latest !== '' && !cut.has(latest ?? '')),
    };
  };
  return searchHistory(clone, branch, find, isEnough);
}

async function listVersions(
  { git }: Clone,
  commit: string,
  path: string,
  cut: ReadonlySet<string>,
): Promise<readonly FileVersion[]> {
  // With both sides of each merge. The names are the commits' own: a .mailmap in the repository has no say.
  const log = ['log', '--simplify-merges', '--parents', '--topo-order', '--no-patch', '--no-show-signature'];
  const printed = await git([...log, '--format=%H%x00%P%x00%an%x00%ae%x00%at', commit, '--', literal(path)]);
  const lines = printed.split('\n').filter((line) => line !== '');
  const found = lines.slice(0, MAX_VERSIONS).map((line) => line.split('\0'));
  const ids = new Set(found.map(([id]) => id));
  const texts = await readTexts(
    { git },
    found.map(([id]) => `${id}:${path}`),
  );
  return found.map(([id = '', below = '', name = '', email = '', seconds = ''], index) => {
    const parents = below.split(' ').filter((parent) => parent !== '');
    return {
      commit: id,
      parents,
      name,
      email,
      time: timeOf(Number(seconds)),
      text: texts[index] ?? '',
      isOldestRead: cut.has(id) || parents.some((parent) => !ids.has(parent)),
    };
  });
}

/** The texts of files by their names for Git, in one command; empty for one that is not there. */
async function readTexts({ git }: Pick<Clone, 'git'>, names: readonly string[]): Promise<readonly string[]> {
  // Without a line to read, Git's standard input is never closed.
  if (names.length === 0) return [];
  // Told apart by a name that no file can foresee: sizes count bytes, which a text that is no UTF-8 has no more.
  const mark = `end-${randomUUID()}`;
  const printed = await git(['cat-file', '--batch'], names.map((name) => `${name}\n${mark}\n`).join(''));
  const parts = printed.split(`${mark} missing\n`);
  return names.map((_, index) => /^[0-9a-f]+ blob \d+\n([\s\S]*)\n$/u.exec(parts[index] ?? '')?.[1] ?? '');
}

/** Empty for a second that no calendar has: anybody may write any into a commit. */
function timeOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

/** A path for Git, in which nothing is a pattern. */
function literal(path: string): string {
  return `:(top,literal)${path}`;
}
