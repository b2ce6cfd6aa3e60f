import { cutCommits, fetchBranch } from './git-head.ts';
import type { Workplace } from './git-workplace.ts';

/** Who wrote a line of a file last, by its commit. */
export interface LineChange {
  /** Full id of the commit. */
  readonly commit: string;
  readonly name: string;
  readonly email: string;
  /** RFC 3339, of the author's clock. */
  readonly time: string;
  /** The line is at least as old as this commit, but the history before it was not read: somebody else may have written it. */
  readonly isOldestRead: boolean;
}

/** How many commits are read one after another, until they tell what is asked. */
const DEPTHS = [50, 200, 800, 3_200];

/**
 * Gives what `find` finds in what was read so far, or in the fewest commits more; takes its last word where all are read.
 */
export async function searchHistory<T>(
  workplace: Workplace,
  branch: string,
  find: (cut: ReadonlySet<string>) => Promise<T>,
  isEnough: (found: T) => boolean,
): Promise<T> {
  let cut = await cutCommits(workplace);
  let found = await find(cut);
  for (const depth of DEPTHS) {
    if (isEnough(found) || cut.size === 0) break;
    await fetchBranch(workplace.git, branch, depth);
    cut = await cutCommits(workplace);
    found = await find(cut);
  }
  return found;
}

/** Who changed each line of a file of this commit, but for its indentation; more history is read until that is enough. */
export async function blameLines(
  workplace: Workplace,
  branch: string,
  commit: string,
  path: string,
  isEnough: (changes: readonly LineChange[]) => boolean,
): Promise<readonly LineChange[]> {
  const { git } = workplace;
  const authors = new Map<string, Omit<LineChange, 'isOldestRead'>>();
  const find = async (cut: ReadonlySet<string>): Promise<readonly LineChange[]> => {
    const changes: LineChange[] = [];
    for (const id of parseBlame(await git(['blame', '-w', '--porcelain', commit, '--', path]))) {
      const author = authors.get(id) ?? (await readAuthor(workplace, id));
      authors.set(id, author);
      changes.push({ ...author, isOldestRead: cut.has(id) });
    }
    return changes;
  };
  return searchHistory(workplace, branch, find, isEnough);
}

/** Whether the history tells of each line who wrote it. */
export function isWholeBlame(changes: readonly LineChange[]): boolean {
  return changes.every(({ isOldestRead }) => !isOldestRead);
}

/** From the commit itself: blame would let a .mailmap in the repository give its author another name. */
async function readAuthor({ git }: Workplace, commit: string): Promise<Omit<LineChange, 'isOldestRead'>> {
  const text = await git(['show', '--no-patch', '--no-show-signature', '--format=%an%x00%ae%x00%at', commit]);
  const [name = '', email = '', seconds = ''] = text.trimEnd().split('\0');
  return { commit, name, email, time: new Date(Number(seconds) * 1000).toISOString() };
}

/** The commit of each line, of `git blame --porcelain` (git-blame(1)). */
export function parseBlame(text: string): readonly string[] {
  const commits: string[] = [];
  let commit = '';
  for (const line of text.split('\n')) {
    // The file's own lines are told from what Git says by the tab alone.
    if (line.startsWith('\t')) commits.push(commit);
    else commit = /^([0-9a-f]{40,64}) \d+ \d+/u.exec(line)?.[1] ?? commit;
  }
  return commits;
}
