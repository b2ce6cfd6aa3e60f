import type { Invocation } from '../../cli/command.ts';
import { type Config, required } from '../../cli/config.ts';
import { noReport } from '../../cli/no-report.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { reportConnection } from '../../cli/report-connection.ts';
import { VERSION } from '../../cli/version.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { DRIFT_CLASSES } from '../../domain/finding-classes.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { changesBetween } from '../../outputs/formats/changes.ts';
import { linesOf, withReadLimit } from '../../outputs/formats/context-lines.ts';
import { type Entry, openEntry, type ShownReport } from '../../outputs/formats/entry.ts';
import { print, printAside, type Showing } from '../../outputs/formats/formats.ts';
import { type Screen, screenOf } from '../../outputs/terminal/screen.ts';
import {
  escapeText,
  markdownTable,
  minute,
  type ReportCommit,
  type ReportReaderOptions,
  readReports,
  type StoredReport,
  workloadPage,
} from '../../stages/report/report.ts';
import type { ReportArguments } from './report.ts';

const NO_CHANGE = 'Nothing changed';

interface ShownReports {
  readonly text: string;
  /** What the form has no place for. */
  readonly aside: string;
  readonly hasDrift: boolean;
  readonly isIncomplete: boolean;
  readonly hasGuard: boolean;
}

/** Only the report repository is read. */
export async function execute({ given, configure, signal }: Invocation<ReportArguments>, process: ProcessFacts): Promise<number> {
  const config = await configure();
  const repository = reportConnection(config, required(config, 'reportRepo'), process.environment, signal);
  const shown = await showReports(given, config, repository, screenOf(process));
  process.err(shown.aside);
  process.out(shown.text);
  if (!config.detailedExitcode) return EXIT.ok;
  if (shown.hasGuard) return EXIT.guardTripped;
  if (shown.isIncomplete) return EXIT.incomplete;
  return shown.hasDrift ? EXIT.driftFound : EXIT.ok;
}

/** What the report repository holds, in another form. */
async function showReports(
  { since, allClusters = false }: ReportArguments,
  config: Pick<Config, 'cluster' | 'output'>,
  repository: ReportReaderOptions,
  screen: Screen,
): Promise<ShownReports> {
  const found = await readReports(repository, since, new Date());
  const isWanted = ({ cluster }: StoredReport): boolean => allClusters || cluster === config.cluster;
  const before = new Map(found.since?.reports.filter(isWanted).map((report) => [report.cluster, shown(report, repository)]));
  const after = found.head.reports.filter(isWanted).map((report) => shown(report, repository));
  if (after.length === 0 && before.size === 0) throw noReport(found.head, config.cluster, allClusters);
  const facts = {
    hasDrift: after.some(({ findings }) => findings.some((finding) => DRIFT_CLASSES.has(finding.class))),
    isIncomplete: after.some(({ incomplete }) => incomplete.length > 0),
    hasGuard: after.some(({ guard }) => guard !== null),
    aside: printAside(config.output, after),
  };
  const sarif = {
    version: VERSION,
    cluster: allClusters ? undefined : config.cluster,
    provenance: provenanceOf(repository, found.head),
  };
  if (found.since === undefined) {
    const entriesOf = ({ cluster, findings }: ShownReport): readonly Entry[] =>
      findings.map((finding) => openEntry(cluster, finding));
    const document = { ...headOf(found.head), clusters: after.map(reportDocument) };
    const nothing = withReadLimit('No drift', after);
    const showing: Showing = { reports: after, entriesOf, document, page: undefined, nothing, isComparison: false, sarif };
    return { ...facts, text: print(config.output, showing, screen) };
  }
  const gone = [...before.values()].filter(({ cluster }) => !after.some((report) => report.cluster === cluster));
  const reports = [
    ...after,
    ...gone.map((report) => ({ ...report, findings: [], corrections: [], incomplete: [], guard: null })),
  ];
  const changes = new Map(reports.map((report) => [report.cluster, changesBetween(before.get(report.cluster), report)]));
  const entriesOf = ({ cluster }: ShownReport): readonly Entry[] => changes.get(cluster) ?? [];
  const document = {
    ...headOf(found.head),
    since: found.since.sha === '' ? null : headOf(found.since),
    clusters: reports.map((report) => changeDocument(report, entriesOf(report))),
  };
  const compared = { before: found.since.sha, after: found.head.sha };
  const page = changePage(found.since, reports, entriesOf);
  const nothing = withReadLimit(NO_CHANGE, after);
  const showing: Showing = { reports, entriesOf, document, page, nothing, isComparison: true, sarif: { ...sarif, compared } };
  return { ...facts, text: print(config.output, showing, screen) };
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

function changeDocument({ cluster, digest, guard, incomplete }: ShownReport, entries: readonly Entry[]): object {
  const of = (change: Entry['change']): readonly Entry['line'][] =>
    entries.filter((entry) => entry.change === change).map(({ line }) => line);
  return {
    cluster,
    digest: `sha256:${digest}`,
    guard,
    incomplete,
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
  const start = since.sha === '' ? 'the beginning' : `${since.sha.slice(0, 10)} of ${minute(new Date(since.time).toISOString())}`;
  const parts = reports.map((report) => {
    const rows = entriesOf(report).map(({ change, drift, state }) => [
      change,
      drift.severity,
      escapeText(displayRef(drift.object)),
      escapeText(drift.summary),
      escapeText(state),
    ]);
    const text =
      rows.length === 0
        ? withReadLimit(NO_CHANGE, [report])
        : markdownTable(['change', 'severity', 'workload', 'what', 'state'], rows);
    const circumstances = linesOf(report).map((line) => `- ${escapeText(line)}`);
    return [`## ${escapeText(report.cluster)}`, circumstances.join('\n'), text].filter((part) => part !== '').join('\n\n');
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
