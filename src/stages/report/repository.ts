import { checkBranch } from '../../clients/git/address.ts';
import { type Clone, type GitConnectionOptions, openClone } from '../../clients/git/clone.ts';
import { inFormatOfRemote } from '../../clients/git/format.ts';
import { fetchHead, type Head, listEntries, readEntry } from '../../clients/git/head.ts';
import { readVersions } from '../../clients/git/history.ts';
import { commitAndPush, rehearsePush } from '../../clients/git/push.ts';
import { newestAt, resolveRevision } from '../../clients/git/revision.ts';
import type { FileHistory } from '../../domain/file-history.ts';
import type { PreviousReport } from '../../domain/report.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import { readLastReport } from './last-report.ts';
import { pathPart } from './paths.ts';
import type { ReportFiles } from './render.ts';
import { type ReportEdits, refuseLinks, writeTree } from './repository-tree.ts';

export interface ReportReaderOptions extends GitConnectionOptions {
  readonly branch: string;
  /** Folder of the reports inside the repository. */
  readonly root: string;
  /** What is shown of values that are read; `safe` where it is not given. */
  readonly showValues?: ShowValues;
}

export interface ReportRepositoryOptions extends ReportReaderOptions {
  readonly cluster: string;
  /** Asked before each push; throws where this pass may not write any more. */
  readonly mayPush: () => Promise<void>;
}

export interface PublishedReport {
  /** Empty where nothing had changed and nothing was committed. */
  readonly commit: string;
}

/** A shallow clone of the report repository for one pass. */
export interface ReportRepository extends AsyncDisposable {
  readonly previous: PreviousReport;
  /** The text of a file below the folder of the reports, such as `prod-eu/decisions.yaml`; `undefined` where there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** How that file came to be what it is; as much of it as is enough, or can be read. */
  historyOf(path: string, isEnough: (history: FileHistory) => boolean): Promise<FileHistory>;
  /** Throws where a report could not be pushed, before anything is written that it is to tell; asks the server once. */
  confirmWritable(): Promise<void>;
  /** Writes the files and edits, commits and pushes; nothing where the tree is what it was. */
  publish(files: ReportFiles, message: string, edits?: ReportEdits): Promise<PublishedReport>;
}

/** The report repository to read in, at any commit of the branch's newest 3,200. */
export interface ReportReader extends AsyncDisposable {
  /** The branch's newest commit; empty where there is none. */
  readonly head: string;
  /**
   * Full id of the commit that is meant by an id, the start of one, a tag, `HEAD` or the branch, with or without a number of
   * commits behind it as in `HEAD~3`; `undefined` where there is none.
   */
  resolve(name: string): Promise<string | undefined>;
  /** The newest commit that is not younger; empty where the history begins later. */
  newestAt(time: Date): Promise<string>;
  /** RFC 3339 time of a commit. */
  timeOf(commit: string): Promise<string>;
  /** The text of a file below the folder of the reports as this commit has it; `undefined` where it has none. */
  readFile(path: string, commit: string): Promise<string | undefined>;
  /** Paths of all files below the folder of the reports in this commit, in code-unit order. */
  listFiles(commit: string): Promise<readonly string[]>;
}

/** Clones the report repository and reads the last report; an empty repository or a new branch is a first report. */
export async function openReportRepository(options: ReportRepositoryOptions): Promise<ReportRepository> {
  const { branch, root, cluster, mayPush, signal } = options;
  const { clone, head: first } = await openAtHead(options);
  const run = withGitErrors(clone);
  const known = new Map<string, string>();
  let head = first;
  let confirmed: Promise<void> | undefined;
  try {
    // Known before anything is fixed, not when its report cannot be written.
    refuseLinks(head, { root, cluster });
    const folder = `${root}/${pathPart(cluster)}`;
    return {
      previous: await run('read the last report', () =>
        readLastReport(clone, head, { branch, folder, cluster, show: options.showValues ?? 'safe' }),
      ),
      readFile: (path) => run('read a file', () => readEntry(clone.git, head.entries.get(`${root}/${path}`))),
      historyOf: (path, isEnough) =>
        run('read the history of the report repository', async () => {
          const at = { branch, commit: head.commit, path: `${root}/${path}`, report: `${folder}/report.json` };
          return head.commit === '' ? { versions: [], isSinceReport: true } : readVersions(clone, at, isEnough);
        }),
      confirmWritable: () => {
        confirmed ??= run('push the report', () => inFormatOfRemote(clone, () => rehearsePush(clone, head, branch, signal)));
        return confirmed;
      },
      publish: (files, message, edits = new Map()) =>
        run('commit the report', async () => {
          const compose = (onto: Head): Promise<string> => writeTree(clone, onto, { root, cluster, files, edits, known });
          const pushed = await inFormatOfRemote(clone, () =>
            commitAndPush(clone, head, compose, { branch, root, message, mayPush, signal }),
          );
          head = pushed.head;
          return { commit: pushed.commit };
        }),
      [Symbol.asyncDispose]: () => clone[Symbol.asyncDispose](),
    };
  } catch (error) {
    await clone[Symbol.asyncDispose]();
    throw error;
  }
}

/** Clones the report repository to read in. */
export async function openReportReader(options: ReportReaderOptions): Promise<ReportReader> {
  const { branch, root } = options;
  const { clone, head } = await openAtHead(options);
  const run = withGitErrors(clone);
  const history = 'read the history of the report repository';
  const trees = new Map([[head.commit, Promise.resolve(head.entries)]]);
  const entriesOf = (commit: string): Promise<Head['entries']> => {
    const reading = trees.get(commit) ?? listEntries(clone.git, commit, root);
    trees.set(commit, reading);
    return reading;
  };
  return {
    head: head.commit,
    resolve: (name) => run(history, () => resolveRevision(clone, branch, head.commit, name)),
    newestAt: (time) => run(history, () => newestAt(clone, branch, head.commit, time)),
    timeOf: (commit) =>
      run(history, async () => (await clone.git(['show', '--no-patch', '--no-show-signature', '--format=%cI', commit])).trim()),
    readFile: (path, commit) =>
      run('read a file', async () => readEntry(clone.git, (await entriesOf(commit)).get(`${root}/${path}`))),
    listFiles: (commit) =>
      run('read the report repository', async () =>
        [...(await entriesOf(commit)).keys()].map((path) => path.slice(root.length + 1)).sort(),
      ),
    [Symbol.asyncDispose]: () => clone[Symbol.asyncDispose](),
  };
}

/** A clone with the newest commit of the branch. */
export async function openAtHead(options: ReportReaderOptions): Promise<{ readonly clone: Clone; readonly head: Head }> {
  checkBranch(options.branch);
  const clone = await openClone(options);
  try {
    const head = await withGitErrors(clone)('reach the report repository', () =>
      inFormatOfRemote(clone, () => fetchHead(clone.git, options.branch, options.root)),
    );
    return { clone, head };
  } catch (error) {
    await clone[Symbol.asyncDispose]();
    throw error;
  }
}

/** Has every failure say what was being done. */
export function withGitErrors({ translate }: Clone): <T>(doing: string, work: () => Promise<T>) => Promise<T> {
  return async (doing, work) => {
    try {
      return await work();
    } catch (error) {
      throw translate(error, doing);
    }
  };
}
