import type { DecisionEffect } from '../../domain/decision.ts';
import { cutText } from '../../domain/describe.ts';
import { SEVERITIES, severityOrder } from '../../domain/ranking.ts';
import type { Correction, Report, ReportFinding } from '../../domain/report.ts';
import { costWords, dollars, fixState, GUARD_EFFECT, plural, stateIn, withoutRepeated } from '../../domain/words.ts';
import { adviceWords, blameWords, returnedSentence } from './about.ts';
import { DECISION_HEADER, decisionRows } from './decisions.ts';
import { type LinkTemplates, unitLink, withRevisionLink } from './links.ts';
import { caution, details, escapeText, tableWithin } from './markdown.ts';
import { byWorkload, linked, notDriftSection, workloadTable } from './open-table.ts';
import { cellOf, changedBy, marked, moment, saidOfAll, withoutConstant } from './page-table.ts';
import { assemblePage, type Section } from './sections.ts';
import { classWords, isDriftLine } from './tally.ts';

/** What Git hosts show without collapsing it. */
const LIMITS = { bytes: 100_000, lines: 2_000, elsewhere: 'findings.jsonl' };
const FINDINGS_SHOWN = 50;
const ROWS_SHOWN = 20;
/** Of the table of fixes. */
const TABLE_BYTES = 15_000;
/** Workloads, or things that were not compared, that a line names. */
const NAMED_AT_TOP = 5;
const NAME_LENGTH = 100;
/** Effects of decisions that people should see. */
const NEEDS_HAND: ReadonlySet<DecisionEffect> = new Set(['no-effect', 'refused', 'waiting', 'expired']);
const SHORT_BYTES = 8_000;

export interface ClusterPage {
  readonly report: Report;
  /** Pages of workloads that are in the tree. */
  readonly pages: ReadonlySet<string>;
  /** Workloads that drift and have no page. */
  readonly withoutPage: number;
  readonly links: LinkTemplates;
}

/** The page's sections in order; another one is another entry. */
const SECTIONS: readonly Section<ClusterPage>[] = [
  headline,
  openFindings,
  notCompared,
  groups,
  notDrift,
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

function headline({ report, pages, withoutPage, links }: ClusterPage): readonly string[] {
  const { findings, guard, incomplete } = report;
  const drift = findings.filter(isDriftLine);
  const other = findings.filter((finding) => !isDriftLine(finding));
  const [worst] = drift;
  const parts = [`# Drift in ${escapeText(report.cluster)}`];
  if (guard) parts.push(caution([`**Guard ${guard.name}**: ${escapeText(guard.detail)}; ${GUARD_EFFECT}.`]));
  if (worst) {
    const said = [worstWords({ report, pages, links }, worst), ...adviceWords(worst)];
    parts.push(worst.severity === 'critical' ? caution(said) : said.join('\n\n'), totals(drift));
  } else parts.push(clearWords(report));
  if (other.length > 0) parts.push(`Not drift: ${classWords(other)}, ${costWords(other)}.`);
  if (withoutPage > 0)
    parts.push(
      `**${withoutPage} more workloads have no page of their own**: only the worst have one, the others are in [findings.jsonl](findings.jsonl).`,
    );
  if (incomplete.length > 0) parts.push(notComparedWords(report));
  return parts;
}

/** What is worst now, and why. */
function worstWords({ report, pages, links }: Omit<ClusterPage, 'withoutPage'>, worst: ReportFinding): string {
  const tier = worst.isCritical ? ' (tier=critical)' : '';
  const facts = [
    `${linked(worst.object, pages)}${tier}: ${escapeText(worst.summary)}.`,
    blameWords(worst),
    returnedSentence(worst),
    worst.costUsdPerMonth ? `${dollars(worst.costUsdPerMonth)} a month.` : '',
    worst.owner === '' ? '' : `Owner: ${escapeText(worst.owner)}.`,
    `State: ${withRevisionLink(escapeText(stateIn(report, worst)), worst.unit, worst.revision, links)}.`,
  ];
  return `**Worst: ${worst.severity}**, ${facts.filter((text) => text !== '').join(' ')}`;
}

/** Named at the top: an empty table says little where something was not read. */
function notComparedWords({ incomplete }: Report): string {
  const names = [...new Set(incomplete.map(({ what }) => what))];
  const shown = names.slice(0, NAMED_AT_TOP).map((name) => escapeText(cutText(name, NAME_LENGTH)));
  const more = names.length - shown.length;
  return `**${plural(incomplete.length, 'thing')} could not be compared**: ${shown.join(', ')}${more > 0 ? `, and ${more} more` : ''}; see *Not compared* below.`;
}

function clearWords({ incomplete, ignored, decisions }: Report): string {
  if (incomplete.length > 0) return 'No drift in what was compared.';
  const byDecision = decisions.filter(({ kind, effect }) => kind === 'ignore' && (effect === 'active' || effect === 'unused'));
  const rules = ignored.filter(({ isExpired }) => !isExpired).length + byDecision.length;
  return `All clear: live and desired agree${rules === 0 ? '' : `, apart from what ${plural(rules, 'ignore rule')} may cover`}.`;
}

/** `8 open in 5 workloads: 1 critical, 2 high; +$204.89 a month; 1 staged.`, without what is zero. */
function totals(drift: readonly ReportFinding[]): string {
  const bySeverity = Map.groupBy(drift, ({ severity }) => severity);
  const severities = SEVERITIES.flatMap((severity) => {
    const count = bySeverity.get(severity)?.length ?? 0;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const fates = [
    [drift.filter(({ result }) => result === 'staged').length, 'staged'],
    [drift.filter(({ action }) => action === 'blocked').length, 'blocked'],
    [drift.filter(({ returned }) => returned > 0).length, 'back after a fix'],
  ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const workloads = byWorkload(drift).length;
  const parts = [`${severities.join(', ')}`, costWords(drift), ...(fates.length > 0 ? [fates.join(', ')] : [])];
  return `**${drift.length} open in ${plural(workloads, 'workload')}**: ${parts.join('; ')}.`;
}

function notCompared({ report }: ClusterPage): readonly string[] {
  const rows = report.incomplete.map(({ what, error }) => [escapeText(what), escapeText(error)]);
  return section({
    heading: '## Not compared',
    header: ['what', 'why'],
    rows,
    elsewhere: 'report.json',
    words: ['Findings of what could not be read are carried over from the last report.'],
    kept: ['what', 'why'],
  });
}

function pauses({ report }: ClusterPage): readonly string[] {
  const rows = report.pauses.map(({ what, until }) => [escapeText(what), moment(until)]);
  return section({
    heading: '## Paused fixes',
    header: ['what', 'until'],
    rows,
    elsewhere: 'report.json',
    folded: plural(rows.length, 'pause'),
    kept: ['what', 'until'],
  });
}

function openFindings({ report, pages }: ClusterPage): readonly string[] {
  const drift = report.findings.filter(isDriftLine);
  if (drift.length === 0) return [];
  return ['## Open', 'Worst first; workloads of equal severity by rank.', ...workloadTable(report, drift, pages)];
}

function notDrift({ report, pages }: ClusterPage): readonly string[] {
  const other = report.findings.filter((finding) => !isDriftLine(finding));
  return notDriftSection(report, other, pages);
}

function groups({ report, pages }: ClusterPage): readonly string[] {
  const places = new Map(report.findings.map(({ id }, place) => [id, place]));
  const rows = report.groups.map(({ title, findings: ids }) => {
    const findings = ids
      .flatMap((id) => places.get(id) ?? [])
      .sort((a, b) => a - b)
      .flatMap((place) => report.findings[place] ?? []);
    const worst = findings.map(({ severity }) => severity).sort((a, b) => severityOrder(a) - severityOrder(b))[0];
    const objects = byWorkload(findings).flatMap(([first]) => (first ? [linked(first.object, pages)] : []));
    const more = objects.length - NAMED_AT_TOP;
    const named = [...objects.slice(0, NAMED_AT_TOP), ...(more > 0 ? [`and ${more} more`] : [])];
    return [escapeText(title), named.join('<br>'), String(findings.length), worst ? marked(worst) : '', costWords(findings)];
  });
  return section({
    heading: '## One action, several findings',
    header: ['what was done', 'workloads', 'findings', 'worst', 'cost'],
    rows,
    elsewhere: 'report.json',
    folded: plural(rows.length, 'action'),
    kept: ['what was done', 'workloads', 'findings'],
  });
}

function contested({ report, pages }: ClusterPage): readonly string[] {
  const rows = report.findings
    .filter(({ reason }) => reason === 'contested')
    .map((finding) => [linked(finding.object, pages), escapeText(finding.path), changedBy(finding), escapeText(finding.detail)]);
  return section({
    heading: '## Contested',
    header: ['workload', 'field', 'changed by', 'why'],
    rows,
    elsewhere: 'findings.jsonl',
    kept: ['workload', 'field', 'changed by', 'why'],
  });
}

function decisions({ report, links }: ClusterPage): readonly string[] {
  const rows = decisionRows(report.decisions, links);
  return section({
    heading: '## Decisions',
    header: DECISION_HEADER,
    rows,
    elsewhere: 'report.json',
    words: ['Decisions from [decisions.yaml](decisions.yaml). Applied, expired and unused entries can be removed.'],
    ...(report.decisions.some(({ effect }) => NEEDS_HAND.has(effect)) ? {} : { folded: plural(rows.length, 'decision') }),
    kept: ['decision', 'what', 'by', 'effect'],
  });
}

function ignored({ report }: ClusterPage): readonly string[] {
  const rows = report.ignored.map(({ what, reason, until, isExpired }) => [
    escapeText(what),
    escapeText(reason),
    isExpired ? `**expired** ${moment(until)}` : until === '' ? 'permanent' : `until ${moment(until)}`,
  ]);
  return section({
    heading: '## Ignored by rule',
    header: ['what', 'reason', 'how long'],
    rows,
    elsewhere: 'report.json',
    words: ['The rules of the ignore file (DRIFT_IGNORE_FILE). The log of a pass lists the unused ones.'],
    ...(report.ignored.some(({ isExpired }) => isExpired) ? {} : { folded: plural(rows.length, 'rule') }),
    kept: ['what', 'reason', 'how long'],
  });
}

function promotions({ report, links }: ClusterPage): readonly string[] {
  const rows = report.promotions.map(({ unit, upstream, refusal }) => [
    unitLink(unit, links),
    unitLink(upstream, links),
    cellOf(refusal),
  ]);
  return section({
    heading: '## Promotion needed',
    header: ['unit', 'upstream', 'refused'],
    rows,
    elsewhere: 'report.json',
    words: ['An upgrade from upstream would change these units (`bin/promote ENV --dry-run` shows how).'],
    ...(report.promotions.some(({ refusal }) => refusal !== '') ? {} : { folded: plural(rows.length, 'unit') }),
    kept: ['unit', 'upstream'],
  });
}

function corrections({ report, pages, links }: ClusterPage): readonly string[] {
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
  const made50 = lines.slice(0, Math.max(ROWS_SHOWN, Math.min(last.length, FINDINGS_SHOWN)));
  const { header, rows, said } = withoutConstant(
    ['workload', 'what', 'changed by', '$ a month', 'done', 'changeset'],
    made50.map((correction) => correctionRow(correction, pages, links)),
    ['workload', 'what', 'done'],
  );
  const shown = tableWithin(TABLE_BYTES, header, rows);
  const left = lines.length - rows.length + shown.left;
  const body = [
    shown.text,
    ...saidOfAll(said),
    ...(left > 0 ? [`${left} older ones are in [corrections.jsonl](corrections.jsonl).`] : []),
    ...(latest.some(({ changeSet }) => changeSet !== '') ? ["`drift-detector undo CHANGESET` reverts a changeset's fixes."] : []),
  ];
  const hasWarning = last.some(({ result, unhealthy }) => result !== 'fixed' || unhealthy !== '');
  return [
    '## Fixed',
    `Last: ${plural(last.length, 'fix')} at ${moment(newest.time)}, ${costWords(last)}.`,
    ...(hasWarning ? body : [details(plural(rows.length - shown.left, 'fix'), body)]),
  ];
}

function correctionRow(correction: Correction, pages: ReadonlySet<string>, links: LinkTemplates): readonly string[] {
  const done = withRevisionLink(escapeText(fixState(correction)), correction.unit, correction.revision, links);
  return [
    linked(correction.object, pages),
    escapeText(correction.summary),
    changedBy(correction),
    dollars(correction.costUsdPerMonth),
    `${done}${correction.revision === 0 ? '' : ` of ${unitLink(correction.unit, links)}`}<br>${moment(correction.time)}`,
    cellOf(correction.changeSet),
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

interface Table {
  readonly heading: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** File that has the rest of it. */
  readonly elsewhere: string;
  readonly words?: readonly string[];
  /** What is shown instead until a reader opens it; a table with a warning has none. */
  readonly folded?: string;
  /** Columns that stay even where all rows say the same. */
  readonly kept: readonly string[];
}

/** A short table under its heading, with a link to the rest. */
function section({ heading, header: all, rows: given, elsewhere, words = [], folded, kept }: Table): readonly string[] {
  if (given.length === 0) return [];
  const { header, rows, said } = withoutConstant(all, given.slice(0, FINDINGS_SHOWN), kept);
  const { text, left } = tableWithin(SHORT_BYTES, header, rows);
  const more = left + Math.max(0, given.length - FINDINGS_SHOWN);
  const body = [text, ...saidOfAll(said), ...(more > 0 ? [`${more} more are in [${elsewhere}](${elsewhere}).`] : [])];
  return [heading, ...words, ...(folded === undefined ? body : [details(folded, body)])];
}
