import { cutText, sanitize } from '../types/describe.ts';
import { displayRef } from '../types/object-ref.ts';
import { severityOrder } from '../types/ranking.ts';
import type { Report, ReportedDrift, ReportFinding } from '../types/report.ts';
import { correctionState, costWords, day, dollars, GUARD_EFFECT, plural, state, writer } from './words.ts';

const MAX_LINE = 72;
/** Lines between subject and trailers. */
const MAX_LINES = 20;

export interface CommitFacts {
  readonly pass: string;
  /** `drift-detector/<version>` */
  readonly tool: string;
}

/** Subject, one or two lines for each thing, worst first, and trailers that `git log --format=%(trailers)` reads. */
export function composeCommitMessage(report: Report, facts: CommitFacts): string {
  const corrected = report.correctedNow === 0 ? [] : report.corrections.slice(-report.correctedNow);
  const changeSets = [...new Set([...corrected, ...report.findings].map((entry) => entry.changeSet))]
    .filter((name) => name !== '')
    .sort();
  const trailers = [
    `Drift-Pass: ${facts.pass}`,
    `Drift-Cluster: ${inert(report.cluster)}`,
    `Drift-Digest: sha256:${report.digest}`,
    `Drift-New: ${report.newFindings}`,
    `Drift-Fixed: ${corrected.length}`,
    `Drift-Open: ${report.findings.length}`,
    ...changeSets.map((name) => `ConfigHub-ChangeSet: ${inert(name)}`),
    `Drift-Tool: ${facts.tool}`,
  ].map((line) => sanitize(line));
  const entries: readonly Entry[] = [
    ...corrected.map((drift) => ({ drift, done: correctionState(drift) })),
    ...report.findings.map((drift) => ({ drift, done: shortState(drift) })),
    ...report.resolved.map((drift) => ({ drift, done: 'gone' })),
  ];
  const sorted = entries.toSorted((a, b) => severityOrder(a.drift.severity) - severityOrder(b.drift.severity));
  const around = asides(report);
  const body = [rowsWithin(MAX_LINES - around.length - 1, sorted), around].map((lines) => lines.map(cut).join('\n'));
  return [subject(report, corrected.length, sorted[0]?.drift), ...body, trailers.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

interface Entry {
  readonly drift: ReportedDrift;
  readonly done: string;
}

function subject(report: Report, corrected: number, worst: ReportedDrift | undefined): string {
  const open = report.findings.length;
  const parts = [
    report.newFindings > 0 ? `${report.newFindings} new` : '',
    corrected > 0 ? `${corrected} fixed` : '',
    report.resolved.length > 0 ? `${report.resolved.length} gone` : '',
  ].filter((part) => part !== '');
  const allClear = report.incomplete.length > 0 ? 'nothing open in what could be read' : 'all clear';
  const isClear = corrected === 0 && open === 0;
  // Else nobody could tell from the log why there is a commit.
  const changed = parts.length === 0 && report.alsoChanged.length > 0 ? [changedWords(report.alsoChanged)] : [];
  const stands = isClear ? [allClear] : open > 0 ? [`${open} still open`] : [];
  const said = [...changed, ...(isClear ? [] : parts), ...stands].join(', ') + (isClear ? '' : ` (worst: ${worst?.severity})`);
  // The counts are whole whatever the cluster is called.
  const room = MAX_LINE - `drift(): ${said}`.length;
  const name = inert(sanitize(report.cluster));
  return `drift(${name.length > room ? `${cutText(name, room - 3)}...` : name}): ${said}`;
}

function changedWords(parts: readonly string[]): string {
  return `${parts.length > 1 ? plural(parts.length, 'part') : parts.join()} changed`;
}

/** What holds for all of it: what was not read, what stopped the fixes, what the open drift costs. */
function asides({ guard, incomplete, findings, alsoChanged }: Report): readonly string[] {
  const lines: string[] = [];
  if (alsoChanged.length > 0) lines.push(`Also changed: ${alsoChanged.join(', ')}`);
  if (guard) lines.push(`Guard ${guard.name}: ${GUARD_EFFECT}`);
  if (incomplete.length > 0) lines.push(`Incomplete: ${plural(incomplete.length, 'thing')} could not be compared`);
  if (findings.length > 0) lines.push(`Open drift: ${costWords(findings)}`);
  return lines;
}

/** The worst entries that fit in so many lines, and how many do not. */
function rowsWithin(lines: number, entries: readonly Entry[]): readonly string[] {
  const shown: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const rows = rowsOf(entry);
    const isLast = index === entries.length - 1;
    if (shown.length + rows.length + (isLast ? 0 : 1) > lines) return [...shown, `... and ${entries.length - index} more`];
    shown.push(...rows);
  }
  return shown;
}

/** One line where it fits; else what was done on the first, what had happened and by whom on the second, the cost where it has room. */
function rowsOf({ drift, done }: Entry): readonly string[] {
  const severity = drift.severity.padEnd(8);
  const name = displayRef(drift.object);
  const cost = drift.costUsdPerMonth ? `${dollars(drift.costUsdPerMonth)}/month` : '';
  const by = drift.blame ? `(${writer(drift)}${drift.blame.time === undefined ? '' : ` ${day(drift.blame.time)}`})` : '';
  const join = (...parts: readonly string[]): string => inert(sanitize(parts.filter((part) => part !== '').join('  ')));
  const single = join(severity, name, drift.summary, done, by, cost);
  if (single.length <= MAX_LINE) return [single];
  const first = join(severity, name, done, cost);
  const second = (end: string): string => `  ${fitted(inert(sanitize(drift.summary)), end)}`;
  // A cost that is cut says nothing.
  return first.length <= MAX_LINE ? [first, second(join(by))] : [join(severity, name, done), second(join(by, cost))];
}

/** Both on one line: who it was stays whole at the cost of what it was, which the page tells anyway. */
function fitted(summary: string, by: string): string {
  const room = MAX_LINE - 3 - Math.min(by.length, MAX_LINE / 2);
  return `${summary.length > room ? `${cutText(summary, room - 3)}...` : summary} ${by}`.trimEnd();
}

function shortState(finding: ReportFinding): string {
  return finding.result === null && finding.action === 'report' ? 'report only' : state(finding);
}

/** A Git host reads commit messages: nothing of a cluster may call people, close issues, skip checks or make links there. */
export function inert(text: string): string {
  return text
    .replaceAll(/(?<!\w)@(?=\w)/gu, '@ ')
    .replaceAll(/([#!])(?=\w)|([%~&^])(?=\d)/gu, '$& ')
    .replaceAll(/\b(GH-)(?=\d)/giu, '$1 ')
    .replaceAll('://', ': //')
    .replaceAll(/NO_CI/giu, 'NO CI')
    .replaceAll(/\[(?=[^\]]*\b(ci|actions|azp|azurepipelines|travis|circleci|render|netlify|deploy)\b[^\]]*\])/giu, '[ ');
}

function cut(line: string): string {
  return line.length > MAX_LINE ? `${cutText(line, MAX_LINE - 3)}...` : line;
}
