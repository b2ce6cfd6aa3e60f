import type { Clone } from './clone.ts';
import { fetchBranch } from './head.ts';

/** A commit of a branch, with the trailers of its message. */
export interface LoggedCommit {
  readonly id: string;
  /** RFC 3339, of the committer. */
  readonly time: string;
  readonly author: string;
  readonly subject: string;
  /** The message below the subject, trailers included. */
  readonly body: string;
  /** Values by name, in the order of the names that were asked for; empty where the message has none. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** The newest `count` commits that change this folder, newest first. */
export async function readLog(
  { git }: Clone,
  {
    commit,
    folder,
    count,
    trailers,
  }: { readonly commit: string; readonly folder: string; readonly count: number; readonly trailers: readonly string[] },
): Promise<readonly LoggedCommit[]> {
  const values = trailers.map((name) => `%(trailers:key=${name},valueonly,separator=%x2C)`);
  const format = ['%H', '%cI', '%an', '%s', '%b', ...values].map((field) => `${field}%x00`).join('');
  const printed = await git([
    'log',
    `--max-count=${count}`,
    '--no-patch',
    '--no-show-signature',
    `--format=${format}`,
    commit,
    '--',
    `:(top,literal)${folder}`,
  ]);
  const fields = printed.split('\0');
  const width = 5 + trailers.length;
  return Array.from({ length: Math.floor(fields.length / width) }, (_, index) => {
    const [id = '', time = '', author = '', subject = '', body = '', ...found] = fields.slice(index * width, (index + 1) * width);
    return {
      id: id.trim(),
      time: new Date(time).toISOString(),
      author,
      subject,
      body,
      trailers: Object.fromEntries(trailers.map((name, at) => [name, found[at] ?? ''])),
    };
  });
}

/** Full id of the branch's newest commit at the server; empty where there is no such branch. */
export async function remoteHead({ git }: Clone, branch: string): Promise<string> {
  return (await git(['ls-remote', '--quiet', 'origin', `refs/heads/${branch}`])).split('\t')[0]?.trim() ?? '';
}

/** Fetches so many commits of the branch. */
export function fetchLog({ git }: Clone, branch: string, count: number): Promise<void> {
  return fetchBranch(git, branch, count);
}
