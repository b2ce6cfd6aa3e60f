import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SimpleGit, simpleGit } from 'simple-git';
import { GitError, messageOf } from '../types/errors.ts';
import type { PreviousReport } from '../types/report.ts';
import type { Secret } from '../types/secret.ts';
import { type ClusterSummary, parseSummary, renderIndex } from './index-page.ts';
import { type LineChange, parseBlame } from './line-changes.ts';
import { pathPart } from './paths.ts';
import { parseCorrections, parseDesiredObjects, parseFindings, parseReportedDecisions } from './previous.ts';
import type { ReportFiles } from './render.ts';

export interface ReportRepositoryOptions {
  /** https, ssh or file URL, or a path on this machine. */
  readonly url: string;
  readonly branch: string;
  /** Folder of the reports inside the repository. */
  readonly root: string;
  readonly cluster: string;
  /** For https: sent as the password by an askpass program, never in an argument or a file of the clone. */
  readonly token: Secret<string> | undefined;
  readonly author: { readonly name: string; readonly email: string };
  /** What Git inherits: `PATH`, `HOME` and the like. Nothing else of the environment reaches it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asked before each push; throws where this pass may not write any more. */
  readonly mayPush: () => Promise<void>;
  readonly signal: AbortSignal;
}

export interface PublishedReport {
  /** Empty where nothing had changed and nothing was committed. */
  readonly commit: string;
}

/**
 * Changes of files that people keep beside the report, by path below the folder of the reports. Each is given the text as
 * it stands on the remote branch ('' where there is no such file) and gives the new one; '' removes the file. It is asked
 * again with what is there then after every lost race, so it must hold for any text, its own result included.
 */
export type ReportEdits = ReadonlyMap<string, (text: string) => string>;

/** A shallow clone of the report repository for one pass. */
export interface ReportRepository extends AsyncDisposable {
  readonly previous: PreviousReport;
  /** The text of a file below the folder of the reports, such as `prod-eu/decisions.yaml`; `undefined` where there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Who changed each line of that file last; empty where there is no such file. Reads as much history as that takes. */
  whoChanged(path: string): Promise<readonly LineChange[]>;
  /** Writes the files and edits, commits and pushes; nothing where the tree is what it was. */
  publish(files: ReportFiles, message: string, edits?: ReportEdits): Promise<PublishedReport>;
}

const PUSH_TRIES = 5;
/** A silent Git command is ended after this many milliseconds. */
const SILENCE_MS = 60_000;
const BRANCH = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/u;

/** Clones the report repository and reads the last report; an empty repository or a new branch is a first report. */
export async function openReportRepository(options: ReportRepositoryOptions): Promise<ReportRepository> {
  const url = checkAddress(options);
  const work = await mkdtemp(join(tmpdir(), 'drift-report-'));
  try {
    const clone = join(work, 'clone');
    await mkdir(clone);
    const git = await createGit(clone, work, options);
    await run(options, 'reach the report repository', async () => {
      await git.init(['--quiet', `--initial-branch=${options.branch}`]);
      await git.addRemote('origin', url);
      await toRemoteHead(git, options);
    });
    const previous = await readPrevious(join(clone, options.root, pathPart(options.cluster)));
    return {
      previous,
      readFile: (path) => readFromHead(git, `${options.root}/${path}`),
      whoChanged: (path) => whoChanged(git, `${options.root}/${path}`, options),
      publish: (files, message, edits = new Map()) => publish(git, clone, files, message, edits, options),
      [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

function checkAddress({ url, branch }: ReportRepositoryOptions): string {
  const refuse = (what: string, remedy: string): GitError =>
    new GitError(what, { code: 'configuration', subject: 'REPORT_REPO', remedy });
  if (url.startsWith('-') || url.includes('::'))
    throw refuse('the report repository is not an address', 'Give an https, ssh or file URL, or a path.');
  if (!BRANCH.test(branch) || branch.includes('..'))
    throw refuse(`${JSON.stringify(branch)} is no branch name`, 'Correct REPORT_BRANCH.');
  if (/^https?:/u.test(url) && URL.canParse(url) && new URL(url).password !== '') {
    throw refuse('the report repository carries a password in its address', 'Put it into GIT_TOKEN or GIT_TOKEN_FILE.');
  }
  return url;
}

async function createGit(clone: string, work: string, options: ReportRepositoryOptions): Promise<SimpleGit> {
  const { author, token } = options;
  const environment: Record<string, string> = {
    ...options.environment,
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
  };
  if (token) {
    const askpass = join(work, 'askpass');
    await writeFile(
      askpass,
      '#!/bin/sh\ncase "$1" in Username*) echo x-access-token ;; *) printf "%s\\n" "$DRIFT_GIT_TOKEN" ;; esac\n',
      { mode: 0o500 },
    );
    environment['GIT_ASKPASS'] = askpass;
    environment['DRIFT_GIT_TOKEN'] = token.reveal();
  }
  return simpleGit({
    baseDir: clone,
    abort: options.signal,
    timeout: { block: SILENCE_MS },
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
    unsafe: { allowUnsafeAskPass: true },
    config: ['commit.gpgsign=false', 'core.symlinks=false', 'gc.auto=0'],
  }).env(environment);
}

/** Runs Git commands; what fails is told as what was tried and where, never with the token. */
async function run<T>(options: ReportRepositoryOptions, doing: string, commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    if (error instanceof GitError) throw error;
    throw new GitError(`cannot ${doing}: ${withoutCredentials(messageOf(error))}`, {
      code: 'unavailable',
      subject: withoutCredentials(options.url),
      remedy:
        'Check REPORT_REPO, REPORT_BRANCH and the credentials (GIT_TOKEN or an SSH key); nothing was changed in the repository.',
      cause: error,
    });
  }
}

/** Of an address, or of a text with addresses in it. */
function withoutCredentials(url: string): string {
  return url.replaceAll(/\/\/[^/@\s]*@/gu, '//');
}

/** Makes the work tree what the remote branch holds; an empty repository or an absent branch gives an empty tree. */
async function toRemoteHead(git: SimpleGit, options: ReportRepositoryOptions): Promise<void> {
  const { branch } = options;
  const heads = await git.listRemote(['--heads', 'origin', `refs/heads/${branch}`]);
  if (heads.trim() === '') {
    // A commit that could not be pushed would make the same report look like no change at all.
    const unpushed = await git.raw(['rev-parse', '--verify', '--quiet', 'HEAD']).catch(() => '');
    if (unpushed.trim() !== '') await git.raw(['update-ref', '-d', 'HEAD']);
    return;
  }
  await git.fetch(['--quiet', '--depth=1', '--no-tags', 'origin', `+refs/heads/${branch}:refs/remotes/origin/${branch}`]);
  await git.reset(['--hard', `refs/remotes/origin/${branch}`]);
  await refuseLinks(git, options);
}

/**
 * A link where the report is written could lead it, or its readers, out of the repository. Links are never followed
 * here (core.symlinks=false), but Git would go on calling what is written in their place a link.
 */
async function refuseLinks(git: SimpleGit, { root, cluster }: ReportRepositoryOptions): Promise<void> {
  const listed = await git.raw(['ls-files', '--stage', '-z', '--', root, `${root}/README.md`, `${root}/${pathPart(cluster)}`]);
  for (const entry of listed.split('\0')) {
    const path = entry.slice(entry.indexOf('\t') + 1);
    const isOurs = path === root || path === `${root}/README.md` || `${path}/`.startsWith(`${root}/${pathPart(cluster)}/`);
    if (!isOurs || !/^(120000|160000) /u.test(entry)) continue;
    throw new GitError('the report repository has a link where the report is written', {
      code: 'configuration',
      subject: path,
      remedy: 'Remove the link from the report repository.',
    });
  }
}

async function readPrevious(folder: string): Promise<PreviousReport> {
  const summary = await readText(join(folder, 'report.json'));
  return {
    findings: parseFindings(await readText(join(folder, 'findings.jsonl'))),
    corrections: parseCorrections(await readText(join(folder, 'corrections.jsonl'))),
    desiredObjects: parseDesiredObjects(summary),
    decisions: parseReportedDecisions(summary),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}

async function publish(
  git: SimpleGit,
  clone: string,
  files: ReportFiles,
  message: string,
  edits: ReportEdits,
  options: ReportRepositoryOptions,
): Promise<PublishedReport> {
  for (let attempt = 1; ; attempt++) {
    await writeTree(clone, await withEdits(git, files, edits, options), options).catch(refuseObstacle);
    const commit = await run(options, 'commit the report', async () => {
      await git.raw(['add', '--all', '--', options.root]);
      if ((await git.raw(['status', '--porcelain'])).trim() === '') return '';
      await git.raw(['commit', '--quiet', '--no-verify', '--cleanup=verbatim', '-m', message]);
      return (await git.revparse(['HEAD'])).trim();
    });
    if (commit === '') return { commit };
    await options.mayPush();
    try {
      await git.raw(['push', '--quiet', '--no-verify', 'origin', `HEAD:refs/heads/${options.branch}`]);
      return { commit };
    } catch (error) {
      // Another cluster's report may have been pushed meanwhile: the same report goes on top of it.
      if (options.signal.aborted || attempt === PUSH_TRIES) return run(options, 'push the report', () => Promise.reject(error));
      await sleep(100 * 2 ** attempt * (1 + Math.random()), undefined, { signal: options.signal });
      await run(options, 'fetch the report repository again', () => toRemoteHead(git, options));
    }
  }
}

/** `undefined` where the branch has no such file, or no commit yet. */
async function readFromHead(git: SimpleGit, path: string): Promise<string | undefined> {
  return git.raw(['cat-file', 'blob', `HEAD:${path}`]).catch(() => undefined);
}

async function withEdits(
  git: SimpleGit,
  files: ReportFiles,
  edits: ReportEdits,
  options: ReportRepositoryOptions,
): Promise<ReportFiles> {
  const all = new Map(files);
  for (const [path, edit] of edits) all.set(path, edit((await readFromHead(git, `${options.root}/${path}`)) ?? ''));
  return all;
}

/** How many commits are read at most to find out who wrote a line. */
const DEEPEST = 1_600;

async function whoChanged(git: SimpleGit, path: string, options: ReportRepositoryOptions): Promise<readonly LineChange[]> {
  if ((await readFromHead(git, path)) === undefined) return [];
  return run(options, 'read the history of the report repository', async () => {
    for (let depth = 50; ; depth *= 2) {
      await git.fetch([
        '--quiet',
        `--depth=${depth}`,
        '--no-tags',
        'origin',
        `+refs/heads/${options.branch}:refs/remotes/origin/${options.branch}`,
      ]);
      const cut = new Set((await git.raw(['rev-list', '--max-parents=0', 'HEAD'])).split('\n'));
      const isShallow = (await git.revparse(['--is-shallow-repository'])).trim() === 'true';
      const changes = parseBlame(await git.raw(['blame', '--porcelain', 'HEAD', '--', path]), isShallow ? cut : new Set());
      if (depth >= DEEPEST || !changes.some(({ isOldestRead }) => isOldestRead)) return changes;
    }
  });
}

/** Makes the cluster's folder exactly the given files. What people keep beside them (decisions.yaml) stays. */
async function writeTree(clone: string, files: ReportFiles, options: ReportRepositoryOptions): Promise<void> {
  const root = join(clone, options.root);
  const folder = join(root, pathPart(options.cluster));
  for (const existing of await listReportPages(folder)) {
    if (!files.has(`${pathPart(options.cluster)}/${existing}`)) await rm(join(folder, existing));
  }
  for (const [path, content] of files) {
    const target = join(root, path);
    if (content === '') {
      await rm(target, { force: true });
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.new`, content);
    await rename(`${target}.new`, target);
  }
  await writeFile(join(root, 'README.md'), renderIndex(await readSummaries(root)));
}

/** Something in the repository stands where a file or folder of the report belongs. */
function refuseObstacle(error: unknown): never {
  if (!(error instanceof Error && 'path' in error)) throw error;
  throw new GitError(`cannot write the report: ${messageOf(error)}`, {
    code: 'configuration',
    subject: String(error.path),
    remedy: 'Remove what stands there from the report repository, and see that the disk is not full.',
    cause: error,
  });
}

/** What each cluster's report.json says; a folder without a readable one is not a report. */
async function readSummaries(root: string): Promise<readonly ClusterSummary[]> {
  const folders = (await readdir(root, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const summaries: ClusterSummary[] = [];
  for (const folder of folders.sort()) {
    const text = await readFile(join(root, folder, 'report.json'), 'utf8').catch(() => '');
    const summary = parseSummary(folder, text);
    if (summary) summaries.push(summary);
  }
  return summaries;
}

/** The pages of workloads, `<namespace>/<kind>.<name>.md`, that are in the tree now. */
async function listReportPages(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const pages = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md') && entry.parentPath !== folder);
    return pages.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch {
    return [];
  }
}
