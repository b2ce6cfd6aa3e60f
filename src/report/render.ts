import { cutText } from '../types/describe.ts';
import { canonicalJson } from '../types/finding.ts';
import type { Json } from '../types/json.ts';
import { displayRef, objectKey } from '../types/object-ref.ts';
import type { Correction, Report, ReportedDrift, ReportFinding } from '../types/report.ts';
import { renderDecisions } from './decisions.ts';
import { escapeText, fence, table } from './markdown.ts';
import { pathPart, workloadPage } from './paths.ts';

/** Raised when the layout or a meaning changes. */
export const REPORT_SCHEMA = 1;
const FINDINGS_SHOWN = 50;
const CORRECTIONS_SHOWN = 20;
const PAGES = 200;
const VALUE_LINES = 60;
const VALUE_LENGTH = 4_000;
/** Git hosts show a file of 400 lines and 20 kB at once; no field is begun on a page past this, and one takes up to half of it. */
const PAGE_LENGTH = 8_000;
const PAGE_LINES = 250;

/** Path below the report root to content. Everything under the cluster's folder that is not in it is to be removed. */
export type ReportFiles = ReadonlyMap<string, string>;

/** The files of a report; the same report gives the same bytes. */
export function renderReport(report: Report): ReportFiles {
  const folder = pathPart(report.cluster);
  const files = new Map<string, string>();
  // By page rather than by object: kinds of the same name in two API groups share one.
  const byPage = Map.groupBy(report.findings, (finding) => workloadPage(finding.object));
  const pages = new Map([...byPage].slice(0, PAGES));
  files.set(`${folder}/README.md`, renderReadme(report, pages, byPage.size - pages.size));
  files.set(`${folder}/report.json`, `${JSON.stringify(summaryOf(report), undefined, 2)}\n`);
  files.set(`${folder}/findings.jsonl`, jsonLines([...report.findings].sort((a, b) => (lineKey(a) < lineKey(b) ? -1 : 1))));
  files.set(`${folder}/corrections.jsonl`, jsonLines(report.corrections));
  for (const [page, findings] of pages) {
    const [first] = findings;
    if (first) files.set(`${folder}/${page}`, renderWorkload(findings, first));
  }
  return files;
}

function lineKey(finding: ReportFinding): string {
  return `${objectKey(finding.object)} ${finding.path} ${finding.class}`;
}

function jsonLines(entries: readonly object[]): string {
  return entries.map((entry) => `${canonicalJson(entry)}\n`).join('');
}

function summaryOf(report: Report): Json {
  const worst = report.findings[0]?.severity ?? null;
  const count = (action: string): number => report.findings.filter((finding) => finding.action === action).length;
  return {
    schema: REPORT_SCHEMA,
    cluster: report.cluster,
    digest: `sha256:${report.digest}`,
    open: report.findings.length,
    worst,
    blocked: count('blocked'),
    staged: report.findings.filter((finding) => finding.result === 'staged').length,
    corrections: report.corrections.length,
    guard: report.guard ? { name: report.guard.name, detail: report.guard.detail } : null,
    desiredObjects: report.desiredObjects,
    pauses: report.pauses.map(({ what, until }) => ({ what, until })),
    promotions: report.promotions.map(({ unit, upstream, refusal }) => ({ unit, upstream, refusal })),
    decisions: report.decisions.map((decision) => ({ ...decision })),
    notes: report.notes,
    incomplete: report.incomplete.map(({ what, error }) => ({ what, error })),
    prices: report.prices,
  };
}

/** `+$29.27`, `-$3.00`, `$0`, or `unknown` where requests are not declared. */
export function dollars(amount: number | null): string {
  if (amount === null) return 'unknown';
  if (amount === 0) return '$0';
  return `${amount > 0 ? '+' : '-'}$${Math.abs(amount).toFixed(2)}`;
}

function who(entry: Pick<ReportedDrift, 'blame'>): string {
  if (!entry.blame) return 'unknown';
  const { manager, subresource, time } = entry.blame;
  return `${escapeText(manager)}${subresource === '' ? '' : ` via ${escapeText(subresource)}`}, ${escapeText(time ?? 'time unknown')}`;
}

/** What was decided and became of it, as a short text. */
export function state(finding: ReportFinding): string {
  if (finding.result === 'staged') return `staged, revision ${finding.revision}`;
  if (finding.result !== null) return finding.result;
  switch (finding.action) {
    case 'fix':
      return 'would be fixed';
    case 'stage':
      return 'would be staged';
    case 'blocked':
      return `blocked (${finding.reason})`;
    case 'report':
      return `report only (${finding.reason})`;
  }
}

function renderReadme(report: Report, pages: ReadonlyMap<string, unknown>, withoutPage: number): string {
  const parts = [`# Drift in ${escapeText(report.cluster)}`, headline(report)];
  if (withoutPage > 0)
    parts.push(`${withoutPage} more workloads have no page of their own, see [findings.jsonl](findings.jsonl).`);
  if (report.guard) parts.push(`**Guard ${report.guard.name}:** ${escapeText(report.guard.detail)}.`);
  if (report.incomplete.length > 0) {
    const rows = report.incomplete.map(({ what, error }) => [escapeText(what), escapeText(error)]);
    parts.push('## Not compared', table(['what', 'why'], rows));
  }
  if (report.pauses.length > 0) {
    const rows = report.pauses.map(({ what, until }) => [escapeText(what), escapeText(until)]);
    parts.push('## Fixes on hold', table(['what', 'until'], rows));
  }
  if (report.findings.length > 0) {
    parts.push('## Open', findingTable(report.findings.slice(0, FINDINGS_SHOWN), pages));
    const more = report.findings.slice(FINDINGS_SHOWN);
    if (more.length > 0)
      parts.push(`<details><summary>${more.length} more</summary>\n\n${findingTable(more.slice(0, PAGES), pages)}\n\n</details>`);
    const unlisted = more.length - PAGES;
    if (unlisted > 0) parts.push(`${unlisted} more are in [findings.jsonl](findings.jsonl).`);
  }
  parts.push(...renderDecisions(report.decisions));
  if (report.promotions.length > 0) {
    const rows = report.promotions
      .slice(0, FINDINGS_SHOWN)
      .map(({ unit, upstream, refusal }) => [escapeText(unit), escapeText(upstream), escapeText(refusal)]);
    parts.push(
      '## Promotion needed',
      'An upgrade from upstream would change these units (`bin/promote ENV --dry-run` shows how).',
    );
    parts.push(table(['unit', 'upstream', 'refused'], rows));
    const more = report.promotions.length - rows.length;
    if (more > 0) parts.push(`${more} more are in [report.json](report.json).`);
  }
  if (report.corrections.length > 0) {
    // Newest first; one pass's in the order of their rank.
    const latest = report.corrections.slice(-CORRECTIONS_SHOWN).sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
    parts.push('## Latest corrections', correctionTable(latest));
    const rest = report.corrections.length - latest.length;
    if (rest > 0) parts.push(`${rest} older ones are in [corrections.jsonl](corrections.jsonl).`);
  }
  parts.push(...report.notes.map((note) => `${escapeText(note)}.`));
  parts.push(`Costs are live minus desired in US dollars a month of 730 hours: ${escapeText(report.prices)}.`);
  return `${parts.join('\n\n')}\n`;
}

function headline(report: Report): string {
  const [worst] = report.findings;
  if (!worst) return 'All clear: live and desired agree.';
  const known = report.findings.map((finding) => finding.costUsdPerMonth).filter((cost) => cost !== null);
  const cents = known.reduce((sum, cost) => sum + Math.round(cost * 100), 0);
  const unknown = report.findings.length - known.length;
  const cost = `${dollars(cents / 100)} a month${unknown > 0 ? `, ${unknown} of unknown cost` : ''}`;
  return `**${report.findings.length} open, worst ${worst.severity}**, ${cost}.`;
}

function findingTable(findings: readonly ReportFinding[], pages: ReadonlyMap<string, unknown>): string {
  const link = (text: string, page: string): string => (pages.has(page) ? `[${text}](${page})` : text);
  const rows = findings.map((finding) => [
    finding.severity,
    link(escapeText(displayRef(finding.object)), workloadPage(finding.object)),
    escapeText(finding.summary),
    who(finding),
    dollars(finding.costUsdPerMonth),
    state(finding),
  ]);
  return table(['severity', 'workload', 'what', 'who', '$ a month', 'state'], rows);
}

function correctionTable(corrections: readonly Correction[]): string {
  const rows = corrections.map((correction) => [
    escapeText(correction.time),
    correction.severity,
    escapeText(displayRef(correction.object)),
    escapeText(correction.summary),
    who(correction),
    dollars(correction.costUsdPerMonth),
    correction.revision === 0
      ? correction.result
      : `${correction.result}, revision ${correction.revision} of ${escapeText(correction.unit)}`,
    correction.changeSet === '' ? '' : escapeText(correction.changeSet),
  ]);
  return table(['time', 'severity', 'workload', 'what', 'who', '$ a month', 'done', 'changeset'], rows);
}

function renderWorkload(findings: readonly ReportFinding[], first: ReportFinding): string {
  const parts = [`# ${escapeText(displayRef(first.object))}`];
  parts.push(
    first.unit === ''
      ? 'No unit declares it.'
      : `Desired: unit ${escapeText(first.unit)}${first.isCritical ? ' (tier=critical)' : ''}.`,
  );
  for (const [index, finding] of findings.entries()) {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const lines = parts.reduce((sum, part) => sum + part.split('\n').length + 1, 0);
    if (index > 0 && (length > PAGE_LENGTH || lines > PAGE_LINES)) {
      parts.push(`${findings.length - index} more fields, see [findings.jsonl](../findings.jsonl).`);
      break;
    }
    parts.push(`## ${finding.severity}: ${escapeText(finding.summary)}`);
    parts.push(
      table(
        ['field', 'class', 'who', 'first seen', '$ a month', 'restarts pods', 'state'],
        [
          [
            escapeText(finding.path === '' ? '(whole object)' : finding.path),
            finding.class,
            who(finding),
            escapeText(finding.firstSeen),
            dollars(finding.costUsdPerMonth),
            finding.restartsPods ? 'yes' : 'no',
            state(finding),
          ],
        ],
      ),
    );
    if (finding.path !== '')
      parts.push(
        'Desired (-) and live (+):',
        fence('diff', [...valueLines('-', finding.desired), ...valueLines('+', finding.live)]),
      );
    const notes = [finding.detail, finding.message].filter((note) => note !== '');
    if (notes.length > 0) parts.push(notes.map(escapeText).join('. '));
    if (finding.opinion) {
      const { cause, advice, confidence } = finding.opinion.advice;
      parts.push(`Advice by model (confidence ${confidence}): ${escapeText(cause)} ${escapeText(advice)}`);
    }
  }
  return `${parts.join('\n\n')}\n`;
}

function valueLines(sign: '-' | '+', value: Json): readonly string[] {
  if (value === null) return [];
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  const lines = text.split('\n');
  const shown = cutText(lines.slice(0, VALUE_LINES).join('\n'), VALUE_LENGTH).split('\n');
  const isWhole = shown.join('\n') === text;
  const rest = lines.length - shown.length;
  return [
    ...shown.map((line) => `${sign} ${line}`),
    ...(isWhole ? [] : [`${sign} ... ${rest > 0 ? `${rest} more lines` : 'more'}, see findings.jsonl`]),
  ];
}
