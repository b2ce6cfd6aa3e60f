import type { Config } from '../config.ts';
import {
  escapeText,
  markdownTable,
  pathPart,
  type ReportCommit,
  type ReportReaderOptions,
  readReports,
  type StoredReport,
  workloadPage,
} from '../report/report.ts';
import type { Screen } from '../terminal/screen.ts';
import { GitError } from '../types/errors.ts';
import { displayRef } from '../types/object-ref.ts';
import { changesBetween } from './changes.ts';
import { type Entry, openEntry, type ShownReport } from './entry.ts';
import { print, type Showing } from './forms.ts';

export interface ReportArguments {
  /** A revision or an age; what changed since then is shown. */
  readonly since: string | undefined;
  readonly allClusters: boolean;
}

export interface ShownReports {
  readonly text: string;
  readonly hasDrift: boolean;
}

/** `drift-detector report`: what the report repository holds, in another form. */
export async function showReports(
  { since, allClusters }: ReportArguments,
  config: Pick<Config, 'cluster' | 'output'>,
  repository: ReportReaderOptions,
  version: string,
  screen: Screen,
): Promise<ShownReports> {
  const found = await readReports(repository, since, new Date());
  const isWanted = ({ cluster }: StoredReport): boolean => allClusters || cluster === config.cluster;
  const before = new Map(found.since?.reports.filter(isWanted).map((report) => [report.cluster, shown(report, repository)]));
  const after = found.head.reports.filter(isWanted).map((report) => shown(report, repository));
  if (after.length === 0 && before.size === 0) throw noReport(found.head, config.cluster, allClusters);
  const hasDrift = after.some(({ findings }) => findings.length > 0);
  const sarif = { version, provenance: provenanceOf(repository, found.head) };
  if (found.since === undefined) {
    const entriesOf = ({ cluster, findings }: ShownReport): readonly Entry[] =>
      findings.map((finding) => openEntry(cluster, finding));
    const document = { ...headOf(found.head), clusters: after.map(reportDocument) };
    const showing: Showing = { reports: after, entriesOf, document, page: undefined, isComparison: false, sarif };
    return { text: print(config.output, showing, screen), hasDrift };
  }
  const gone = [...before.values()].filter(({ cluster }) => !after.some((report) => report.cluster === cluster));
  const reports = [...after, ...gone.map((report) => ({ ...report, findings: [], corrections: [], incomplete: [] }))];
  const changes = new Map(reports.map((report) => [report.cluster, changesBetween(before.get(report.cluster), report)]));
  const entriesOf = ({ cluster }: ShownReport): readonly Entry[] => changes.get(cluster) ?? [];
  const document = {
    ...headOf(found.head),
    since: found.since.sha === '' ? null : headOf(found.since),
    clusters: reports.map((report) => changeDocument(report, entriesOf(report))),
  };
  const compared = { before: found.since.sha, after: found.head.sha };
  const page = changePage(found.since, reports, entriesOf);
  return {
    text: print(config.output, { reports, entriesOf, document, page, isComparison: true, sarif: { ...sarif, compared } }, screen),
    hasDrift,
  };
}

function shown(report: StoredReport, { root }: ReportReaderOptions): ShownReport {
  return {
    ...report,
    pathOf: (ref) => {
      const page = `${report.folder}/${workloadPage(ref)}`;
      return `${root}/${report.files.has(page) ? page : `${report.folder}/findings.jsonl`}`;
    },
  };
}

function headOf({ sha, time }: ReportCommit): { readonly commit: string; readonly time: string } {
  return { commit: sha, time };
}

function reportDocument({ cluster, digest, guard, incomplete, findings, corrections }: ShownReport): object {
  return { cluster, digest: `sha256:${digest}`, guard, incomplete, open: findings, corrections };
}

function changeDocument({ cluster, digest }: ShownReport, entries: readonly Entry[]): object {
  const of = (change: Entry['change']): readonly Entry['line'][] =>
    entries.filter((entry) => entry.change === change).map(({ line }) => line);
  return {
    cluster,
    digest: `sha256:${digest}`,
    new: of('new'),
    changed: of('changed'),
    corrected: of('corrected'),
    resolved: of('resolved'),
  };
}

function changePage(
  since: ReportCommit,
  reports: readonly ShownReport[],
  entriesOf: (report: ShownReport) => readonly Entry[],
): string {
  const start = since.sha === '' ? 'the beginning' : `${since.sha.slice(0, 10)} of ${since.time}`;
  const parts = reports.map((report) => {
    const rows = entriesOf(report).map(({ change, drift, state }) => [
      change,
      drift.severity,
      escapeText(displayRef(drift.object)),
      escapeText(drift.summary),
      escapeText(state),
    ]);
    const text =
      rows.length === 0 ? 'Nothing changed.' : markdownTable(['change', 'severity', 'workload', 'what', 'state'], rows);
    return `## ${escapeText(report.cluster)}\n\n${text}`;
  });
  return `# Drift since ${escapeText(start)}\n\n${parts.join('\n\n')}\n`;
}

/** SARIF wants an address that readers can use: of https ones, without the user in it. */
function provenanceOf({ url, branch }: ReportReaderOptions, { sha }: ReportCommit): Showing['sarif']['provenance'] {
  if (!url.startsWith('https://') || !URL.canParse(url)) return undefined;
  const address = new URL(url);
  address.username = '';
  address.password = '';
  return { repositoryUri: address.href, revisionId: sha, branch };
}

/** `allClusters` is `undefined` for a command that is about one cluster only. */
export function noReport({ reports }: ReportCommit, cluster: string, allClusters: boolean | undefined): GitError {
  const names = reports.map((report) => report.cluster).slice(0, 20);
  const what = allClusters ? 'no report' : `no report of cluster ${cluster}`;
  return new GitError(`the report repository has ${what}`, {
    code: 'not-found',
    subject: pathPart(cluster),
    remedy:
      names.length === 0
        ? 'Check REPORT_REPO, REPORT_BRANCH and REPORT_PATH, or let a pass write the first report (drift-detector run).'
        : `Name one with --cluster${allClusters === undefined ? '' : ', or take all with --all-clusters'}; there are ${names.join(', ')}.`,
  });
}
