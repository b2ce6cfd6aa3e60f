import { canonicalJson } from '../../domain/finding.ts';
import { objectKey } from '../../domain/object-ref.ts';
import { picked } from '../../domain/picked.ts';
import { SEVERITIES } from '../../domain/ranking.ts';
import {
  type Correction,
  REPORT_SCHEMA_VERSION,
  type Report,
  type ReportFinding,
  type ReportSummary,
  summarySchema,
} from '../../domain/report.ts';
import { sumCosts } from '../../domain/words.ts';
import { renderCluster } from './cluster-page.ts';
import { renderFixed } from './fixed-page.ts';
import { NO_LINKS } from './links.ts';
import { pathPart, workloadPage } from './paths.ts';
import { reportJsonSchema, SCHEMA_PATH } from './schema.ts';
import { isDriftLine } from './tally.ts';
import { renderWorkload } from './workload-page.ts';

/** Hosts stop showing a change at some hundred files: with more workloads than this only the worst have a page. */
const ALL_PAGES = 250;
const WORST_PAGES = 200;

/** Ids of a group in report.json, which is to stay small; its findings are in findings.jsonl all the same. */
const GROUP_IDS = 50;

/** Path below the report root to content. A workload's page that is not in it is to be removed. */
export type ReportFiles = ReadonlyMap<string, string>;

/** The files of a report; the same report gives the same bytes. `root` is the folder of all reports in the repository. */
export function renderReport(report: Report, root = 'reports', links = NO_LINKS): ReportFiles {
  const folder = pathPart(report.cluster);
  const files = new Map<string, string>();
  const byPage = pagesOf(report);
  const fixed = fixedPages(report, byPage);
  const withoutPage = new Set(report.findings.map(({ object }) => workloadPage(object))).size - byPage.size;
  files.set(SCHEMA_PATH, reportJsonSchema());
  files.set(
    `${folder}/README.md`,
    renderCluster({ report, pages: new Set([...byPage.keys(), ...fixed.keys()]), withoutPage, links }),
  );
  files.set(`${folder}/report.json`, `${JSON.stringify(summaryOf(report), undefined, 2)}\n`);
  files.set(`${folder}/findings.jsonl`, jsonLines([...report.findings].sort((a, b) => (lineKey(a) < lineKey(b) ? -1 : 1))));
  files.set(`${folder}/corrections.jsonl`, jsonLines(report.corrections));
  files.set(`${folder}/gone.jsonl`, jsonLines(report.gone));
  for (const [page, findings] of byPage) files.set(`${folder}/${page}`, renderWorkload(report, findings, { root, links }));
  for (const [page, fixes] of fixed) files.set(`${folder}/${page}`, renderFixed(report, fixes, { root, links }));
  return files;
}

/**
 * Findings by the page that they stand on, worst page first. By page rather than by object: kinds of the same name in two
 * API groups share one.
 */
function pagesOf({ findings }: Pick<Report, 'findings'>): ReadonlyMap<string, readonly ReportFinding[]> {
  const byPage = Map.groupBy(findings, (finding) => workloadPage(finding.object));
  return byPage.size > ALL_PAGES ? new Map([...byPage].slice(0, WORST_PAGES)) : byPage;
}

/** Fixes by the page of their workload where it has no open drift: the last fixed ones, as many as hosts show beside the others. */
function fixedPages(
  { findings, corrections }: Pick<Report, 'findings' | 'corrections'>,
  open: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, readonly Correction[]> {
  const drifting = new Set(findings.map(({ object }) => workloadPage(object)));
  const made = corrections.filter(({ result }) => result === 'fixed');
  const byPage = Map.groupBy(made.toReversed(), ({ object }) => workloadPage(object));
  const clean = [...byPage].filter(([page]) => !drifting.has(page));
  return new Map(clean.slice(0, Math.max(0, ALL_PAGES - open.size)).map(([page, fixes]) => [page, fixes.toReversed()]));
}

function lineKey(finding: ReportFinding): string {
  return `${objectKey(finding.object)} ${finding.path} ${finding.class} ${finding.id}`;
}

function jsonLines(entries: readonly object[]): string {
  return entries.map((entry) => `${canonicalJson(entry)}\n`).join('');
}

function summaryOf(report: Report): ReportSummary {
  const { findings, corrections } = report;
  const { known, unknown } = sumCosts(findings);
  const newest = latest(findings.map(({ firstSeen }) => firstSeen));
  const lastCorrected = latest(corrections.map(({ time }) => time));
  return picked(summarySchema, {
    ...report,
    schemaVersion: REPORT_SCHEMA_VERSION,
    cluster: report.cluster,
    digest: `sha256:${report.digest}`,
    open: findings.length,
    worst: SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity)) ?? null,
    severities: severitiesOf(findings),
    costUsdPerMonth: known,
    unknownCosts: unknown,
    drift: driftSum(findings.filter(isDriftLine)),
    newest: newest && { firstSeen: newest.value, count: newest.count },
    blocked: findings.filter(({ action }) => action === 'blocked').length,
    staged: findings.filter(({ result }) => result === 'staged').length,
    corrections: corrections.length,
    lastCorrected: lastCorrected && { time: lastCorrected.value, count: lastCorrected.count },
    guard: report.guard ? { name: report.guard.name, detail: report.guard.detail } : null,
    groups: report.groups.map(({ title, findings: ids }) => ({ title, count: ids.length, findings: ids.slice(0, GROUP_IDS) })),
    gone: report.gone.length,
  });
}

function severitiesOf(findings: readonly ReportFinding[]): ReportSummary['severities'] {
  const count = (severity: (typeof SEVERITIES)[number]): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return { critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low'), info: count('info') };
}

function driftSum(drift: readonly ReportFinding[]): ReportSummary['drift'] {
  const { known, unknown } = sumCosts(drift);
  return { open: drift.length, severities: severitiesOf(drift), costUsdPerMonth: known, unknownCosts: unknown };
}

/** The greatest of these texts, and how many are it. */
function latest(texts: readonly string[]): { readonly value: string; readonly count: number } | null {
  const value = texts.reduce((greatest, text) => (text > greatest ? text : greatest), '');
  return value === '' ? null : { value, count: texts.filter((text) => text === value).length };
}
