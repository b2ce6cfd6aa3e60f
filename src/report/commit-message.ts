import { sanitize } from '../types/describe.ts';
import { displayRef } from '../types/object-ref.ts';
import { type Severity, severityOrder } from '../types/ranking.ts';
import type { Correction, Report, ReportFinding } from '../types/report.ts';
import { state } from './render.ts';

const MAX_LINE = 72;
const MAX_ROWS = 15;

export interface CommitFacts {
  readonly pass: string;
  /** `drift-detector/<version>` */
  readonly tool: string;
}

/** Subject, one line for each thing, and trailers that `git log --format=%(trailers)` reads. */
export function composeCommitMessage(report: Report, facts: CommitFacts): string {
  const corrected = report.correctedNow === 0 ? [] : report.corrections.slice(-report.correctedNow);
  const rows = [...corrected.map(correctionRow), ...report.findings.map(findingRow)];
  const shown = rows.slice(0, MAX_ROWS);
  if (rows.length > shown.length) shown.push(`... and ${rows.length - shown.length} more`);
  const changeSets = [...new Set([...corrected, ...report.findings].map((entry) => entry.changeSet))]
    .filter((name) => name !== '')
    .sort();
  const trailers = [
    `Drift-Pass: ${facts.pass}`,
    `Drift-Cluster: ${report.cluster}`,
    `Drift-Digest: sha256:${report.digest}`,
    `Drift-New: ${report.newFindings}`,
    `Drift-Fixed: ${corrected.length}`,
    `Drift-Open: ${report.findings.length}`,
    ...changeSets.map((name) => `ConfigHub-ChangeSet: ${name}`),
    `Drift-Tool: ${facts.tool}`,
  ].map((line) => sanitize(line));
  return [cut(subject(report, corrected)), shown.map(cut).join('\n'), trailers.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function subject(report: Report, corrected: readonly Correction[]): string {
  const scope = `drift(${report.cluster})`;
  const open = report.findings.length;
  if (corrected.length === 0 && open === 0) return `${scope}: all clear`;
  const parts = [
    report.newFindings > 0 ? `${report.newFindings} new` : '',
    corrected.length > 0 ? `${corrected.length} fixed` : '',
    open > 0 ? `${open} still open` : '',
  ].filter((part) => part !== '');
  const severities: Severity[] = [...corrected, ...report.findings].map((entry) => entry.severity);
  const worst = severities.sort((a, b) => severityOrder(a) - severityOrder(b))[0];
  return `${scope}: ${parts.join(', ')} (worst: ${worst})`;
}

function correctionRow(correction: Correction): string {
  const done = correction.revision === 0 ? 'fixed' : `fixed, revision ${correction.revision}`;
  return row(correction, done);
}

function findingRow(finding: ReportFinding): string {
  return row(finding, state(finding));
}

/** Each row fits its line with the outcome whole: what was done matters more than the end of a long value. */
function row(entry: ReportFinding | Correction, done: string): string {
  const head = `${entry.severity}  ${sanitize(displayRef(entry.object))}  `;
  const room = MAX_LINE - head.length - done.length - 2;
  const summary = sanitize(entry.summary);
  const what = room < 12 ? '' : summary.length > room ? `${summary.slice(0, room - 3)}...` : summary;
  return `${head}${what}${what === '' ? '' : '  '}${done}`;
}

function cut(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 3)}...` : line;
}
