import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clone } from '../../clients/git/clone.ts';
import type { Git } from '../../clients/git/command.ts';
import { type Head, readEntry, readOnce, type TreeEntry } from '../../clients/git/head.ts';
import { GitError } from '../../domain/errors.ts';
import { pathPart } from './paths.ts';
import type { ReportFiles } from './render.ts';
import { indexFor } from './repository-index.ts';
import { stalePages } from './repository-pages.ts';
import { isNewerSchema, SCHEMA_PATH } from './schema.ts';

/**
 * Changes of files that people keep beside the report, by path below the folder of the reports. Each gets the text of
 * the remote branch ('' if there is no such file) and returns the new one; '' removes the file. After a lost race it is called
 * again with the newer text, so it must accept any text, its own result included.
 */
export type ReportEdits = ReadonlyMap<string, (text: string) => string>;

export interface TreeChange {
  /** Texts of the branch by the ids of their blobs: filled here, so that after a lost race only what is new is read. */
  readonly known: Map<string, string>;
  readonly root: string;
  readonly cluster: string;
  readonly files: ReportFiles;
  readonly edits: ReportEdits;
}

/** Makes the tree that the branch shall have: the head's, with the cluster's report exactly the given files. Its id. */
export async function writeTree(clone: Clone, head: Head, change: TreeChange): Promise<string> {
  const { root } = change;
  refuseLinks(head, change);
  const files = new Map<string, string | undefined>([...change.files].map(([path, text]) => [`${root}/${path}`, text]));
  for (const [path, edit] of change.edits) {
    const full = `${root}/${path}`;
    files.set(full, edit((await readEntry(clone.git, head.entries.get(full))) ?? '') || undefined);
  }
  // Of two versions of the tool that report here, the newer one's schema stays.
  const schema = `${root}/${SCHEMA_PATH}`;
  if (isNewerSchema(await readOnce(clone.git, head.entries.get(schema), change.known))) files.delete(schema);
  // Edits alone are a person's: the report stays as it is.
  const stale = change.files.size > 0 ? [...(await stalePages(clone.git, head, change, files)), ...formerFiles(change)] : [];
  for (const path of stale) files.set(path, undefined);
  const index = await indexFor(clone.git, head, change, files);
  if (index !== undefined) files.set(`${root}/README.md`, index);
  refuseObstacles(head, files);
  return writeEntries(clone, head, files);
}

/** Versions before wrote these beside the report. */
function formerFiles({ root, cluster }: TreeChange): readonly string[] {
  return ['units.jsonl'].map((name) => `${root}/${pathPart(cluster)}/${name}`);
}

/** Texts by path from the top of the repository; `undefined` where no file shall be. */
export type Texts = ReadonlyMap<string, string | undefined>;

async function writeEntries({ git, folder }: Clone, head: Head, files: Texts): Promise<string> {
  await git(['read-tree', ...(head.commit === '' ? ['--empty'] : [head.commit])]);
  const written = [...files].flatMap(([path, text]) => (text === undefined ? [] : [{ path, text }]));
  const ids = await writeBlobs(
    git,
    join(folder, 'files'),
    written.map(({ text }) => text),
  );
  const lines = written.map(({ path }, index) => `${modeOf(head.entries.get(path))} ${ids[index]}\t${path}\0`);
  const nothing = '0'.repeat(head.commit.length);
  const removed = [...files.keys()].filter((path) => files.get(path) === undefined && head.entries.has(path));
  await git(['update-index', '-z', '--index-info'], [...removed.map((path) => `0 ${nothing}\t${path}\0`), ...lines].join(''));
  return (await git(['write-tree'])).trim();
}

/** The ids of the blobs with these texts, in order; as they are, whatever attributes the repository gives their paths. */
async function writeBlobs(git: Git, folder: string, texts: readonly string[]): Promise<readonly string[]> {
  if (texts.length === 0) return [];
  await mkdir(folder);
  try {
    const paths = texts.map((_, index) => join(folder, String(index)));
    for (const [index, path] of paths.entries()) await writeFile(path, texts[index] ?? '');
    const printed = await git(['hash-object', '-w', '--no-filters', '--stdin-paths'], `${paths.join('\n')}\n`);
    return printed.trim().split('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function modeOf(entry: TreeEntry | undefined): string {
  return entry?.mode.startsWith('100') ? entry.mode : '100644';
}

/** A link where the report is written would lead its readers out of the repository. */
export function refuseLinks(head: Head, { root, cluster }: Pick<TreeChange, 'root' | 'cluster'>): void {
  const folder = `${root}/${pathPart(cluster)}`;
  for (const [path, { mode }] of head.entries) {
    const isOurs =
      [root, `${root}/README.md`, `${root}/${SCHEMA_PATH}`, `${root}/schema`].includes(path) ||
      `${path}/`.startsWith(`${folder}/`);
    if (!isOurs || mode.startsWith('100')) continue;
    throw new GitError('the report repository has a symbolic link in the path of the report', {
      code: 'configuration',
      subject: path,
      remedy: 'Remove the link from the report repository.',
    });
  }
}

/** A file where a folder belongs, or a folder where a file does. */
function refuseObstacles(head: Head, files: Texts): void {
  const folders = new Set([...head.entries.keys()].flatMap(parentsOf));
  for (const [path, text] of files) {
    if (text === undefined) continue;
    const obstacle = folders.has(path) ? path : parentsOf(path).find((parent) => head.entries.has(parent));
    if (obstacle === undefined) continue;
    throw new GitError('cannot write the report: another entry is in its place', {
      code: 'configuration',
      subject: obstacle,
      remedy: 'Remove that entry from the report repository.',
    });
  }
}

/** `a` and `a/b` of `a/b/c`. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
