import { dollars, state } from './report/report.ts';
import { sanitize } from './types/describe.ts';
import { displayRef } from './types/object-ref.ts';
import type { Plan, UnitCorrection } from './types/plan.ts';
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

/** The whole plan of a dry run: every finding with what would be done about it, why, by whom, and with what effect. */
export function printPlan(plan: Plan, report: Report, form: OutputForm): string {
  const correctionOf = new Map(
    plan.corrections.flatMap((correction) =>
      correction.objects.flatMap((object) => object.fix.map((finding) => [finding.id, correction] as const)),
    ),
  );
  const shown = new Map(report.findings.map((finding) => [finding.id, finding]));
  const lines = plan.items.flatMap(({ ranked, action, reason, detail, restartsPods }) => {
    const finding = shown.get(ranked.finding.id);
    if (!finding) return [];
    const correction = correctionOf.get(finding.id);
    return [{ finding, action, reason, detail, restartsPods, correction }];
  });
  switch (form) {
    case 'name':
      return printReport(report, form);
    case 'json': {
      const { cluster, guard, pauses, notes, incomplete } = report;
      const corrections = plan.corrections.map(({ id, unit, objects, isCritical, writesPair, changeSet, isStaged, route }) => ({
        id,
        unit: `${unit.space}/${unit.slug}`,
        objects: objects.map(({ desired, fix }) => ({
          object: displayRef(desired.ref),
          findings: fix.map((finding) => finding.id),
        })),
        isCritical,
        writesPair,
        changeSet: changeSet ? `${changeSet.space}/${changeSet.slug}` : null,
        isStaged,
        route,
      }));
      const items = lines.map(({ finding }) => finding);
      return `${JSON.stringify({ cluster, dryRun: true, guard: guard ?? null, pauses, notes, incomplete, items, corrections }, undefined, 2)}\n`;
    }
    case 'table':
      return `${printTable(
        ['ACTION', 'REASON', 'SEVERITY', 'WORKLOAD', 'WHAT', 'BY', 'THROUGH', 'EFFECT', 'DETAIL'],
        lines.map(({ finding, action, reason, detail, restartsPods, correction }) => [
          action,
          reason,
          finding.severity,
          displayRef(finding.object),
          finding.summary,
          finding.blame?.manager ?? 'unknown',
          correction ? through(correction) : '',
          correction && restartsPods ? 'restarts pods' : '',
          detail,
        ]),
      )}${printCircumstances(report)}`;
  }
}

/** What holds for the plan as a whole, one line each. */
function printCircumstances({ guard, pauses, incomplete, notes }: Report): string {
  const lines = [
    ...(guard ? [`Guard ${guard.name}: ${guard.detail}; nothing is fixed but what a person approved`] : []),
    ...pauses.map(({ what, until }) => `Paused: ${what} until ${until}`),
    ...incomplete.map(({ what, error }) => `Not read: ${what}: ${error}`),
    ...notes,
  ];
  return lines.map((line) => `${sanitize(line)}\n`).join('');
}

function through({ route, isStaged, changeSet }: UnitCorrection): string {
  if (isStaged && changeSet) return `changeset ${changeSet.space}/${changeSet.slug}`;
  return route === 'confighub' ? 'ConfigHub' : 'server-side apply';
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
