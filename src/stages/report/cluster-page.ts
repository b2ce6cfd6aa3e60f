import { displayRef } from '../../domain/object-ref.ts';
import { SEVERITIES, severityOrder } from '../../domain/ranking.ts';
import type { Correction, Report, ReportFinding } from '../../domain/report.ts';
import {
  costWords,
  dollars,
  fixState,
  GUARD_EFFECT,
  minute,
  plural,
  stateIn,
  sumCosts,
  withoutRepeated,
} from '../../domain/words.ts';
import { DECISION_HEADER, decisionRows } from './decisions.ts';
import { details, escapeText, table, tableWithin } from './markdown.ts';
import { changedBy } from './page-table.ts';
import { workloadPage } from './paths.ts';
import { assemblePage, type Section } from './sections.ts';

/** What Git hosts show without collapsing it. */
const LIMITS = { bytes: 100_000, lines: 2_000, elsewhere: 'findings.jsonl' };
const FINDINGS_SHOWN = 50;
const FINDINGS_FOLDED = 200;
const ROWS_SHOWN = 20;
/** Of the table of findings and of the one that is folded. */
const TABLE_BYTES = 30_000;
const SHORT_BYTES = 8_000;

export interface ClusterPage {
  readonly report: Report;
  /** Pages of workloads that are in the tree. */
  readonly pages: ReadonlySet<string>;
  /** Workloads that drift and have no page. */
  readonly withoutPage: number;
}

/** The page's sections in order; another one is another entry. */
const SECTIONS: readonly Section<ClusterPage>[] = [
  headline,
  openFindings,
  groups,
  notCompared,
  pauses,
  contested,
  decisions,
  ignored,
  promotions,
  corrections,
  smallPrint,
];

/** The page that a person opens: the state of one cluster. */
export function renderCluster(page: ClusterPage): string {
  return assemblePage(page, SECTIONS, LIMITS);
}

function headline({ report, withoutPage }: ClusterPage): readonly string[] {
  const parts = [`# Drift in ${escapeText(report.cluster)}`];
  const { findings, guard } = report;
  const [worst] = findings;
  if (!worst) parts.push(clearWords(report));
  else {
    parts.push(
      `**${findings.length} open, worst ${worst.severity}**: ${escapeText(displayRef(worst.object))} ${escapeText(worst.summary)}.`,
      totals(findings),
    );
  }
  if (withoutPage > 0)
    parts.push(
      `**${withoutPage} more workloads have no page of their own**: only the worst have one, the others are in [findings.jsonl](findings.jsonl).`,
    );
  if (report.incomplete.length > 0)
    parts.push(`**${plural(report.incomplete.length, 'thing')} could not be compared**, see below.`);
  if (guard) parts.push(`**Guard ${guard.name}**: ${escapeText(guard.detail)}; ${GUARD_EFFECT}.`);
  return parts;
}

function clearWords({ incomplete, ignored, decisions }: Report): string {
  if (incomplete.length > 0) return 'No drift in what was compared.';
  const byDecision = decisions.filter(({ kind, effect }) => kind === 'ignore' && (effect === 'active' || effect === 'unused'));
  const rules = ignored.filter(({ isExpired }) => !isExpired).length + byDecision.length;
  return `All clear: live and desired agree${rules === 0 ? '' : `, apart from what ${plural(rules, 'ignore rule')} may cover`}.`;
}

function totals(findings: readonly ReportFinding[]): string {
  const bySeverity = Map.groupBy(findings, ({ severity }) => severity);
  const severities = SEVERITIES.filter((severity) => bySeverity.has(severity));
  const { known, unknown } = sumCosts(findings);
  const count = (test: (finding: ReportFinding) => boolean): string => String(findings.filter(test).length);
  const columns: readonly (readonly [string, string])[] = [
    ['open', String(findings.length)],
    ...severities.map((severity) => [severity, String(bySeverity.get(severity)?.length ?? 0)] as const),
    ['workloads', String(new Set(findings.map(({ object }) => displayRef(object))).size)],
    ['staged', count(({ result }) => result === 'staged')],
    ['blocked', count(({ action }) => action === 'blocked')],
    ['$ a month', unknown === findings.length ? 'unknown' : `${dollars(known)}${unknown > 0 ? ` and ${unknown} unknown` : ''}`],
  ];
  return table(
    columns.map(([name]) => name),
    [columns.map(([, value]) => value)],
  );
}

function notCompared({ report }: ClusterPage): readonly string[] {
  const rows = report.incomplete.map(({ what, error }) => [escapeText(what), escapeText(error)]);
  return section('## Not compared', ['what', 'why'], rows, 'report.json', [
    'Findings of what could not be read are carried over from the last report.',
  ]);
}

function pauses({ report }: ClusterPage): readonly string[] {
  const rows = report.pauses.map(({ what, until }) => [escapeText(what), escapeText(minute(until))]);
  return section('## Paused fixes', ['what', 'until'], rows, 'report.json');
}

function openFindings({ report, pages }: ClusterPage): readonly string[] {
  if (report.findings.length === 0) return [];
  const lines = withoutRepeated(report.findings, ({ id }) => id);
  const rows = lines.slice(0, FINDINGS_SHOWN + FINDINGS_FOLDED).map((finding) => findingRow(report, finding, pages));
  const header = ['severity', 'workload', 'what', 'changed by', '$ a month', 'state'];
  const first = tableWithin(TABLE_BYTES, header, rows.slice(0, FINDINGS_SHOWN));
  const shown = Math.min(rows.length, FINDINGS_SHOWN) - first.left;
  const folded = rows.slice(shown, shown + FINDINGS_FOLDED);
  const second = tableWithin(TABLE_BYTES, header, folded);
  const foldedShown = folded.length - second.left;
  const left = lines.length - shown - foldedShown;
  return [
    '## Open',
    'Worst first; findings of equal severity by rank.',
    first.text,
    ...(foldedShown > 0 ? [details(`${foldedShown} more`, [second.text])] : []),
    ...(left > 0 ? [`${left} more are in [findings.jsonl](findings.jsonl).`] : []),
  ];
}

function findingRow(report: Report, finding: ReportFinding, pages: ReadonlySet<string>): readonly string[] {
  return [
    finding.severity,
    linked(finding.object, pages),
    escapeText(finding.summary),
    changedBy(finding),
    dollars(finding.costUsdPerMonth),
    escapeText(stateIn(report, finding)),
  ];
}

/** The object's name, leading to its page where it has one. */
function linked(object: ReportFinding['object'], pages: ReadonlySet<string>): string {
  const page = workloadPage(object);
  const name = escapeText(displayRef(object));
  return pages.has(page) ? `[${name}](${page})` : name;
}

function groups({ report }: ClusterPage): readonly string[] {
  const byId = new Map(report.findings.map((finding) => [finding.id, finding]));
  const rows = report.groups.map(({ title, findings: ids }) => {
    const findings = ids.flatMap((id) => byId.get(id) ?? []);
    const worst = findings.map(({ severity }) => severity).sort((a, b) => severityOrder(a) - severityOrder(b))[0];
    return [escapeText(title), String(findings.length), worst ?? '', costWords(findings)];
  });
  return section('## One action, several findings', ['what was done', 'findings', 'worst', 'cost'], rows, 'report.json');
}

function contested({ report }: ClusterPage): readonly string[] {
  const rows = report.findings
    .filter(({ reason }) => reason === 'contested')
    .map((finding) => [
      escapeText(displayRef(finding.object)),
      escapeText(finding.path),
      changedBy(finding),
      escapeText(finding.detail),
    ]);
  return section('## Contested', ['workload', 'field', 'changed by', 'why'], rows, 'findings.jsonl');
}

function decisions({ report }: ClusterPage): readonly string[] {
  return section('## Decisions', DECISION_HEADER, decisionRows(report.decisions), 'report.json', [
    'Decisions from [decisions.yaml](decisions.yaml). Applied, expired and unused entries can be removed.',
  ]);
}

function ignored({ report }: ClusterPage): readonly string[] {
  const rows = report.ignored.map(({ what, reason, until, isExpired }) => [
    escapeText(what),
    escapeText(reason),
    isExpired ? `**expired** ${escapeText(until)}` : until === '' ? 'permanent' : `until ${escapeText(until)}`,
  ]);
  return section('## Ignored by rule', ['what', 'reason', 'how long'], rows, 'report.json', [
    'The rules of the ignore file (DRIFT_IGNORE_FILE). The log of a pass lists the unused ones.',
  ]);
}

function promotions({ report }: ClusterPage): readonly string[] {
  const rows = report.promotions.map(({ unit, upstream, refusal }) => [
    escapeText(unit),
    escapeText(upstream),
    escapeText(refusal),
  ]);
  return section('## Promotion needed', ['unit', 'upstream', 'refused'], rows, 'report.json', [
    'An upgrade from upstream would change these units (`bin/promote ENV --dry-run` shows how).',
  ]);
}

function corrections({ report, pages }: ClusterPage): readonly string[] {
  // Newest first; those of one pass in the order of their rank.
  const made = report.corrections.filter(({ result }) => result !== 'no-effect');
  const latest = [...Map.groupBy(made, ({ time }) => time).values()].toReversed().flat();
  const [newest] = latest;
  if (!newest) return [];
  const last = latest.filter(({ time }) => time === newest.time);
  const lines = withoutRepeated(
    latest,
    ({ findingId }) => findingId,
    ({ time }) => time,
  );
  const header = ['workload', 'what', 'changed by', '$ a month', 'done', 'changeset', 'time'];
  const shown = tableWithin(
    TABLE_BYTES / 2,
    header,
    lines
      .slice(0, Math.max(ROWS_SHOWN, Math.min(last.length, FINDINGS_SHOWN)))
      .map((correction) => correctionRow(correction, pages)),
  );
  const left = lines.length - shown.text.split('\n').length + 2;
  return [
    '## Fixed',
    `Last: ${plural(last.length, 'fix')} at ${escapeText(minute(newest.time))}, ${costWords(last)}.`,
    shown.text,
    ...(left > 0 ? [`${left} older ones are in [corrections.jsonl](corrections.jsonl).`] : []),
    ...(latest.some(({ changeSet }) => changeSet !== '') ? ["`drift-detector undo CHANGESET` reverts a changeset's fixes."] : []),
  ];
}

function correctionRow(correction: Correction, pages: ReadonlySet<string>): readonly string[] {
  return [
    linked(correction.object, pages),
    escapeText(correction.summary),
    changedBy(correction),
    dollars(correction.costUsdPerMonth),
    `${fixState(correction)}${correction.revision === 0 ? '' : ` of ${escapeText(correction.unit)}`}`,
    escapeText(correction.changeSet),
    escapeText(minute(correction.time)),
  ];
}

function smallPrint({ report }: ClusterPage): readonly string[] {
  const { notMonitored, otherTargets } = report.leftOut;
  const left = [
    ...(notMonitored > 0 ? [`${plural(notMonitored, 'declared object')} in namespaces that are not monitored`] : []),
    ...(otherTargets > 0 ? [`${plural(otherTargets, 'unit')} of other targets`] : []),
  ];
  return [
    ...(left.length > 0 ? [`Left out: some ${left.join(' and some ')}.`] : []),
    ...report.notes.map((note) => `${escapeText(note)}.`),
    `Costs are live minus desired in US dollars a month of 730 hours: ${escapeText(report.prices)}.`,
  ];
}

/** A short table under its heading, and where the rest of it stands. */
function section(
  heading: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  elsewhere: string,
  words: readonly string[] = [],
): readonly string[] {
  if (rows.length === 0) return [];
  const { text, left } = tableWithin(SHORT_BYTES, header, rows.slice(0, FINDINGS_SHOWN));
  const more = left + Math.max(0, rows.length - FINDINGS_SHOWN);
  return [heading, ...words, text, ...(more > 0 ? [`${more} more are in [${elsewhere}](${elsewhere}).`] : [])];
}
