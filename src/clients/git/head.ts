import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clone } from './clone.ts';
import { type Git, GitCommandError } from './command.ts';

/** An entry of a tree: a file (100644, 100755), a link (120000) or a commit of another repository (160000). */
export interface TreeEntry {
  readonly mode: string;
  /** Of its blob; a hash of the content. */
  readonly id: string;
}

/** The remote branch as last fetched. */
export interface Head {
  /** Full id; empty where the repository is empty or has no such branch. */
  readonly commit: string;
  /** Id of its tree; empty where there is no commit. */
  readonly tree: string;
  /** All below the folder of the reports, by path from the top of the repository. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

const NO_HEAD: Head = { commit: '', tree: '', entries: new Map() };

/** Reads the newest commit of the branch, without its history; `known` itself where it still is that. */
export async function fetchHead(git: Git, branch: string, root: string, known: Head = NO_HEAD): Promise<Head> {
  try {
    await fetchBranch(git, branch, 1);
  } catch (error) {
    // An empty repository, or one without this branch: the first report makes it.
    if (error instanceof GitCommandError && /couldn't find remote ref/iu.test(error.words.reveal())) return NO_HEAD;
    throw error;
  }
  return readHead(git, trackingRef(branch), root, known);
}

/** A commit that is in the clone. */
export async function readHead(git: Git, name: string, root: string, known: Head = NO_HEAD): Promise<Head> {
  const [commit = '', tree = ''] = (await git(['rev-parse', `${name}^{commit}`, `${name}^{tree}`])).split('\n');
  return commit === known.commit ? known : { commit, tree, entries: await listEntries(git, commit, root) };
}

/** Fetches the branch with this many commits of its history. */
export async function fetchBranch(git: Git, branch: string, depth: number): Promise<void> {
  const refspec = `+refs/heads/${branch}:${trackingRef(branch)}`;
  await git(['fetch', '--quiet', `--depth=${depth}`, '--no-tags', '--no-write-fetch-head', 'origin', refspec]);
}

export async function listEntries(git: Git, commit: string, folder: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const entries = new Map<string, TreeEntry>();
  for (const line of (await git(['ls-tree', '-r', '-z', '--full-tree', commit, '--', folder])).split('\0')) {
    const [, mode, id, path] = /^(\d{6}) \w+ ([0-9a-f]+)\t([\s\S]+)$/u.exec(line) ?? [];
    if (mode !== undefined && id !== undefined && path !== undefined) entries.set(path, { mode, id });
  }
  return entries;
}

/** The text of a file, byte for byte as it was committed; `undefined` if there is none or a link in its place. */
export async function readEntry(git: Git, entry: TreeEntry | undefined): Promise<string | undefined> {
  return entry?.mode.startsWith('100') ? git(['cat-file', 'blob', entry.id]) : undefined;
}

/** The text of a file, '' where there is none; each blob is read once as long as `known` lives. */
export async function readOnce(git: Git, entry: TreeEntry | undefined, known: Map<string, string>): Promise<string> {
  if (!entry) return '';
  const text = known.get(entry.id) ?? (await readEntry(git, entry)) ?? '';
  known.set(entry.id, text);
  return text;
}

/** Commits whose parents were not fetched; empty where the history is whole (gitformat-shallow, `shallow` in the clone). */
export async function cutCommits({ path }: Clone): Promise<ReadonlySet<string>> {
  const text = await readFile(join(path, 'shallow'), 'utf8').catch(() => '');
  return new Set(text.split('\n').filter((line) => line !== ''));
}

function trackingRef(branch: string): string {
  return `refs/remotes/origin/${branch}`;
}
