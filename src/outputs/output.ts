import { displayEffect } from '../domain/decision.ts';
import { sanitize } from '../domain/describe.ts';
import { displayRef } from '../domain/object-ref.ts';
import type { Plan, UnitFix } from '../domain/plan.ts';
import type { Report } from '../domain/report.ts';
import { type LinkTemplates, renderReport, workloadPage } from '../stages/report/report.ts';
import { guardLine, incompleteLine, withReadLimit } from './formats/context-lines.ts';
import { countsLine, type ObjectCounts } from './formats/counts.ts';
import { correctedEntry, type Entry, openEntry, type ShownReport } from './formats/entry.ts';
import { type FormatName, formatOf, print } from './formats/formats.ts';
import type { Screen } from './terminal/screen.ts';
import { paintSeverity } from './terminal/severity.ts';
import { type Column, fitTable } from './terminal/table.ts';

export { printTable } from './terminal/table.ts';

export interface OutputOptions {
  readonly form: FormatName;
  readonly screen: Screen;
  /** Of the program. */
  readonly version: string;
  /** Folder of the reports in the report repository. */
  readonly root: string;
  readonly links: LinkTemplates;
  /** Objects that were compared. */
  readonly compared: number;
  /** Objects by what they are, for the last line of a table; absent where it has none. */
  readonly counts?: ObjectCounts;
}

/** The result of a pass for standard output: everything of this pass, corrected or open. */
export function printReport(report: Report, options: OutputOptions): string {
  const { form, screen, version, root, links } = options;
  const corrected = report.fixedNow === 0 ? [] : report.corrections.slice(-report.fixedNow);
  const { cluster, digest, findings, incomplete } = report;
  const guard = report.guard ?? null;
  const files = renderReport(report, root, links);
  const [readme = '', page = ''] = [...files].find(([path]) => /^[^/]+\/README\.md$/u.test(path)) ?? [];
  const folder = readme.slice(0, readme.indexOf('/'));
  const shown: ShownReport = {
    cluster,
    digest,
    findings,
    corrections: corrected,
    guard,
    incomplete,
    page,
    pathOf: (ref) => {
      const path = `${folder}/${workloadPage(ref)}`;
      return `${root}/${files.has(path) ? path : `${folder}/findings.jsonl`}`;
    },
  };
  const entriesOf = (): readonly Entry[] => [
    ...corrected.map((correction) => correctedEntry(cluster, correction)),
    ...findings.map((finding) => openEntry(cluster, finding)),
  ];
  const document = { cluster, digest: `sha256:${digest}`, corrected, open: findings, incomplete, guard };
  const sarif = { version, cluster, provenance: undefined };
  const nothing = nothingFound(report, options);
  const showing = { reports: [shown], entriesOf, document, page: undefined, nothing, isComparison: false, sarif };
  return print(form, showing, screen) + (formatOf(form).table === undefined ? '' : countsLine(options.counts ?? {}));
}

function nothingFound(report: Report, { compared }: OutputOptions): string {
  return compared === 0 ? 'Nothing was compared.' : withReadLimit('No drift', [report]);
}

const PLAN_COLUMNS: readonly Column[] = [
  { title: 'ACTION', role: 'key' },
  { title: 'SEVERITY', role: 'key', paint: paintSeverity },
  { title: 'WORKLOAD', role: 'key', isSubject: true },
  { title: 'REASON', role: 'name' },
  { title: 'WHAT', role: 'text' },
  { title: 'BY', role: 'extra' },
  { title: 'THROUGH', role: 'extra' },
  { title: 'EFFECT', role: 'name' },
  { title: 'DETAIL', role: 'text' },
];

/** The whole plan of a dry run: every finding with what would be done about it, why, by whom, and with what effect. */
export function printPlan(plan: Plan, report: Report, options: OutputOptions): string {
  const { form, screen } = options;
  const { printDocument, table } = formatOf(form);
  if (printDocument) return printDocument(planDocument(plan, report));
  if (table === undefined) return printReport(report, options);
  const rows = planRows(plan, report);
  const lines = fitTable(PLAN_COLUMNS, rows, table === 'wide' ? { ...screen, columns: undefined } : screen);
  return (rows.length === 0 ? `${nothingFound(report, options)}\n` : lines) + printBelow(report);
}

function planDocument(plan: Plan, report: Report): object {
  const { cluster, guard, pauses, notes, incomplete, decisions } = report;
  const corrections = plan.fixes.map(({ id, unit, objects, isCritical, writesPair, changeSet, isStaged, route }) => ({
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
  const items = report.findings;
  return { cluster, dryRun: true, guard: guard ?? null, pauses, decisions, notes, incomplete, items, corrections };
}

function planRows(plan: Plan, report: Report): readonly (readonly string[])[] {
  const fixOf = new Map(
    plan.fixes.flatMap((unitFix) =>
      unitFix.objects.flatMap((object) => object.fix.map((finding) => [finding.id, unitFix] as const)),
    ),
  );
  const shown = new Map(report.findings.map((finding) => [finding.id, finding]));
  return plan.items.flatMap(({ ranked, action, reason, detail, restartsPods }) => {
    const finding = shown.get(ranked.finding.id);
    if (!finding || shown.has(finding.shownWith)) return [];
    const unitFix = fixOf.get(finding.id);
    return [
      [
        action,
        finding.severity,
        displayRef(finding.object),
        reason,
        finding.summary,
        finding.blame?.manager ?? 'unknown',
        unitFix ? through(unitFix) : '',
        // A staged fix changes no pods until a person applies it.
        unitFix && restartsPods && !unitFix.isStaged ? 'restarts pods' : '',
        detail,
      ],
    ];
  });
}

/** What holds for the plan as a whole, one line each. */
function printBelow({ guard, pauses, decisions, incomplete, notes }: Report): string {
  const lines = [
    ...(guard ? [guardLine(guard)] : []),
    ...pauses.map(({ what, until }) => `Paused: ${what} until ${until}`),
    ...decisions.map(
      ({ kind, what, by, effect, detail }) =>
        `Decided: ${kind === '' ? '' : `${kind} `}${what}${by === '' ? '' : ` by ${by}`}: ${displayEffect(effect)}: ${detail}`,
    ),
    ...incomplete.map(incompleteLine),
    ...notes,
  ];
  return lines.map((line) => `${sanitize(line)}\n`).join('');
}

function through({ route, isStaged, changeSet }: UnitFix): string {
  if (isStaged && changeSet) return `changeset ${changeSet.space}/${changeSet.slug}`;
  return { confighub: 'ConfigHub', direct: 'patch', both: 'patch, then ConfigHub' }[route];
}
