import type { Clone } from '../../clients/git/clone.ts';
import { listEntries, readEntry } from '../../clients/git/head.ts';
import { fetchLog, type LoggedCommit, readLog, remoteHead } from '../../clients/git/log.ts';
import { openAtHead, type ReportReaderOptions, withGitErrors } from './repository.ts';
import { type CommitReader, type ReportCommit, readCommit } from './stored-reports.ts';

/** The newest reports, and the commits that led to them. */
export interface FollowedReports {
  readonly head: ReportCommit;
  /** Newest first; their trailers are `REPORT_TRAILERS`. */
  readonly commits: readonly LoggedCommit[];
}

/** The report repository, read again and again. */
export interface ReportFollower extends AsyncDisposable {
  /** The newest reports; the same object as before while the branch has not moved. */
  read(): Promise<FollowedReports>;
}

/** Trailers of a report's commit that are read, without `Drift-`. */
const REPORT_TRAILERS = ['Cluster', 'New', 'Fixed', 'Open', 'Tool'].map((name) => `Drift-${name}`);
/** Commits that are read. */
const HISTORY = 500;
const NOTHING: FollowedReports = { head: { sha: '', time: '', reports: [] }, commits: [] };

/**
 * Keeps a clone between reads. After a failure it is made anew: a clone that was cut off in the middle, or that another
 * process removed as left over, never stays.
 */
export function followReports(options: ReportReaderOptions): ReportFollower {
  let clone: Clone | undefined;
  let last = NOTHING;
  const close = async (): Promise<void> => {
    const old = clone;
    clone = undefined;
    await old?.[Symbol.asyncDispose]();
  };
  const readWith = async (open: Clone): Promise<FollowedReports> => {
    const head = await withGitErrors(open)('reach the report repository', () => remoteHead(open, options.branch));
    if (head === last.head.sha) return last;
    if (head === '') return NOTHING;
    return withGitErrors(open)('read the report repository', () => readAt(open, head, options));
  };
  return {
    async read() {
      try {
        clone ??= (await openAtHead(options)).clone;
        last = await readWith(clone);
        return last;
      } catch (error) {
        await close();
        throw error;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

async function readAt(
  clone: Clone,
  head: string,
  { branch, root, showValues = 'safe' }: ReportReaderOptions,
): Promise<FollowedReports> {
  await fetchLog(clone, branch, HISTORY);
  const entries = await listEntries(clone.git, head, root);
  const reader: CommitReader = {
    listFiles: async () => [...entries.keys()].map((path) => path.slice(root.length + 1)).sort(),
    readFile: (path) => readEntry(clone.git, entries.get(`${root}/${path}`)),
    timeOf: async (commit) => (await clone.git(['show', '--no-patch', '--no-show-signature', '--format=%cI', commit])).trim(),
  };
  return {
    head: await readCommit(reader, head, showValues),
    commits: await readLog(clone, { commit: head, folder: root, count: HISTORY, trailers: REPORT_TRAILERS }),
  };
}
