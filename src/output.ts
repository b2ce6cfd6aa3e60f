import { dollars, state } from './report/report.ts';
import { sanitize } from './types/describe.ts';
import { displayRef } from './types/object-ref.ts';
import type { Report, ReportedDrift } from './types/report.ts';

export type OutputForm = 'table' | 'json' | 'name';

/** The result of a pass for standard output: everything of this pass, corrected or open. */
export function printReport(report: Report, form: OutputForm): string {
  const corrected = report.correctedNow === 0 ? [] : report.corrections.slice(-report.correctedNow);
  switch (form) {
    case 'json':
      return `${JSON.stringify({ cluster: report.cluster, digest: `sha256:${report.digest}`, corrected, open: report.findings, incomplete: report.incomplete, guard: report.guard ?? null }, undefined, 2)}\n`;
    case 'name': {
      const names = [...corrected, ...report.findings].map((entry) => `${entry.object.kind.toLowerCase()}/${entry.object.name}`);
      return [...new Set(names)].map((name) => `${sanitize(name)}\n`).join('');
    }
    case 'table':
      return printTable(
        ['SEVERITY', 'WORKLOAD', 'WHAT', 'BY', '$/MONTH', 'STATE'],
        [
          ...corrected.map((entry) => [...columns(entry), entry.revision === 0 ? 'fixed' : `fixed, revision ${entry.revision}`]),
          ...report.findings.map((finding) => [...columns(finding), state(finding)]),
        ],
      );
  }
}

function columns(entry: ReportedDrift): string[] {
  return [
    entry.severity,
    displayRef(entry.object),
    entry.summary,
    entry.blame?.manager ?? 'unknown',
    dollars(entry.costUsdPerMonth),
  ];
}

/** Columns as wide as their longest cell, `gap` spaces apart; empty without rows. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[], gap = 2): string {
  if (rows.length === 0) return '';
  const safe = [header, ...rows].map((row) => row.map(sanitize));
  const widths = header.map((_, column) => Math.max(...safe.map((row) => row[column]?.length ?? 0)));
  return safe
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join(' '.repeat(gap))
          .trimEnd()}\n`,
    )
    .join('');
}
