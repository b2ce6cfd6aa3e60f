import { cutText, sanitize } from '../types/describe.ts';
import { displayRef } from '../types/object-ref.ts';
import { type Severity, severityOrder } from '../types/ranking.ts';
import type { Correction, Report, ReportedDrift, ReportFinding } from '../types/report.ts';
import { state } from './render.ts';

const MAX_LINE = 72;
/** Two lines each. */
const MAX_ENTRIES = 9;

export interface CommitFacts {
  readonly pass: string;
  /** `drift-detector/<version>` */
  readonly tool: string;
}

/** Subject, one line for each thing, and trailers that `git log --format=%(trailers)` reads. */
export function composeCommitMessage(report: Report, facts: CommitFacts): string {
  const corrected = report.correctedNow === 0 ? [] : report.corrections.slice(-report.correctedNow);
  const entries = [...corrected.map(correctionRows), ...report.findings.map(findingRows)];
  const shown = entries.slice(0, MAX_ENTRIES).flat();
  if (entries.length > MAX_ENTRIES) shown.push(`... and ${entries.length - MAX_ENTRIES} more`);
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
    ...changeSets.map((name) => `ConfigHub-ChangeSet: ${inert(name)}`),
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

function correctionRows(correction: Correction): readonly string[] {
  return rows(correction, correction.revision === 0 ? 'fixed' : `fixed, revision ${correction.revision}`);
}

function findingRows(finding: ReportFinding): readonly string[] {
  return rows(finding, state(finding));
}

/** What was done on one line, what had happened and by whom on the next: both fit without losing either. */
function rows(entry: ReportedDrift, done: string): readonly string[] {
  const by = entry.blame
    ? ` (${entry.blame.manager}${entry.blame.subresource === '' ? '' : ` via ${entry.blame.subresource}`})`
    : '';
  return [`${entry.severity}  ${displayRef(entry.object)}  ${done}`, `  ${entry.summary}${by}`].map((row) =>
    inert(sanitize(row)),
  );
}

/** A Git host reads commit messages: nothing of a cluster may call people, close issues or make links there. */
function inert(text: string): string {
  return text
    .replaceAll(/(?<!\w)@(?=\w)/gu, '@ ')
    .replaceAll(/([#!])(?=\d)/gu, '$1 ')
    .replaceAll(/\b(GH-)(?=\d)/giu, '$1 ')
    .replaceAll('://', ': //')
    .replaceAll(/\[(?=[^\]]*\b(ci|actions|azp|no ci)\b[^\]]*\])/giu, '[ ');
}

function cut(line: string): string {
  return line.length > MAX_LINE ? `${cutText(line, MAX_LINE - 3)}...` : line;
}
