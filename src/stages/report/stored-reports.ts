import { isRevision } from '../../clients/git/revision.ts';
import { parseDuration } from '../../domain/duration.ts';
import { GitError } from '../../domain/errors.ts';
import { type PreviousReport, summarySchema } from '../../domain/report.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import { DATA_FILES, faultsOf } from './last-report.ts';
import { parseAs, parseCorrections, parseFindings, parseGone, parseSummary, plainDigest } from './previous.ts';
import { openReportReader, type ReportReader, type ReportReaderOptions } from './repository.ts';
import { showReportAgain } from './shown-again.ts';

/** One cluster's report as a commit of the report repository holds it. */
export interface StoredReport extends Omit<PreviousReport, 'guard' | 'faults'> {
  /** Below the root of the reports. */
  readonly folder: string;
  readonly cluster: string;
  readonly guard: { readonly name: string; readonly detail: string } | null;
  /** README.md. */
  readonly page: string;
  /** All files of the report, below the root of the reports. */
  readonly files: ReadonlySet<string>;
}

export interface ReportCommit {
  /** Empty for the time before the first commit. */
  readonly sha: string;
  /** RFC 3339. */
  readonly time: string;
  readonly reports: readonly StoredReport[];
}

/** What the reports of a commit are read with. */
export type CommitReader = Pick<ReportReader, 'listFiles' | 'readFile' | 'timeOf'>;

const storedSchema = summarySchema.pick({ cluster: true, digest: true, guard: true, incomplete: true });

/**
 * Reads the newest reports, and those of `since` where it is given: a commit, tag or branch with `~3` behind it, or an age
 * such as `24h` or `7d`. Nothing is written, here or there.
 */
export async function readReports(
  options: ReportReaderOptions,
  since: string | undefined,
  now: Date,
): Promise<{ readonly head: ReportCommit; readonly since: ReportCommit | undefined }> {
  if (since !== undefined && !isRevision(since)) {
    throw new GitError(`${JSON.stringify(since.slice(0, 200))} is not a revision`, {
      code: 'usage',
      subject: '--since',
      remedy: 'Give a commit, a tag, a branch with ~N behind it, or an age such as 24h or 7d.',
    });
  }
  const show = options.showValues ?? 'safe';
  await using reader = await openReportReader(options);
  if (reader.head === '') {
    throw new GitError(`the report repository has no branch ${options.branch}`, {
      code: 'not-found',
      subject: 'DRIFT_REPORT_BRANCH',
      remedy: 'Correct DRIFT_REPORT_BRANCH or REPORT_REPO, or write the first report (drift-detector run).',
    });
  }
  const then = since === undefined ? undefined : await findCommit(reader, since, options.branch, now);
  return {
    head: await readCommit(reader, reader.head, show),
    since: then === undefined ? undefined : await readCommit(reader, then, show),
  };
}

async function findCommit(reader: ReportReader, since: string, branch: string, now: Date): Promise<string> {
  const seconds = ageSeconds(since);
  if (seconds !== undefined) return reader.newestAt(new Date(now.getTime() - seconds * 1000));
  const found = await reader.resolve(since);
  if (found !== undefined) return found;
  throw new GitError(`${since} is neither a recent commit of ${branch} nor a tag`, {
    code: 'usage',
    subject: '--since',
    remedy: 'Give a commit that git log shows there, a tag, or an age such as 24h.',
  });
}

/** Of a Go duration, or of `7d`; `undefined` for other texts. */
function ageSeconds(text: string): number | undefined {
  const days = /^(\d{1,4})d$/u.exec(text)?.[1];
  if (days !== undefined) return Number(days) * 86_400;
  const nanoseconds = /^\d/u.test(text) ? parseDuration(text) : undefined;
  return nanoseconds === undefined ? undefined : nanoseconds / 1e9;
}

/** The reports of a commit; `reader` reads the files. */
export async function readCommit(reader: CommitReader, sha: string, show: ShowValues): Promise<ReportCommit> {
  if (sha === '') return { sha, time: '', reports: [] };
  const files = await reader.listFiles(sha);
  const reports: StoredReport[] = [];
  for (const folder of files.flatMap((path) => /^([^/]+)\/report\.json$/u.exec(path)?.[1] ?? [])) {
    const texts = new Map<string, string | undefined>();
    for (const name of [...DATA_FILES, 'README.md']) texts.set(name, await reader.readFile(`${folder}/${name}`, sha));
    const text = (name: string): string => texts.get(name) ?? '';
    const summary = parseAs(text('report.json'), storedSchema) ?? { cluster: folder, digest: '', guard: null, incomplete: [] };
    // What a broken file does not tell is not known, rather than not there.
    const broken = faultsOf(texts, summary.cluster).map(({ file, fault }) => ({ what: `${file} of this report`, error: fault }));
    const shown = showReportAgain(
      {
        ...parseSummary(text('report.json')),
        findings: parseFindings(text('findings.jsonl')),
        corrections: parseCorrections(text('corrections.jsonl')),
        gone: parseGone(text('gone.jsonl')),
        page: text('README.md'),
      },
      show,
    );
    reports.push({
      ...shown,
      ...summary,
      digest: plainDigest(summary.digest),
      incomplete: [...summary.incomplete, ...broken],
      folder,
      files: new Set(files.filter((path) => path.startsWith(`${folder}/`))),
    });
  }
  return { sha, time: await reader.timeOf(sha), reports };
}
