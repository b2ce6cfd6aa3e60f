import { rowOf } from '../../domain/finding-classes.ts';
import { SEVERITIES } from '../../domain/ranking.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { dollars, minute, plural, state as stateWords, sumCosts, writer } from '../../domain/words.ts';
import { GUARD_EFFECT, type StoredReport } from '../../stages/report/report.ts';
import type { OpenRow, PastRow } from '../state.ts';
import { type Html, html, NOTHING } from '../view/html.ts';
import { changedBy, diffBlock, severityBadge, severityCounts, workload, workloadName } from '../view/parts.ts';
import { lastPassTile } from '../view/pass.ts';
import { linkTo } from '../view/query.ts';
import { type Column, table } from '../view/table.ts';
import { age } from '../view/time.ts';
import { trendChart, trendOf } from '../view/trend.ts';
import { FINDING_RULES } from './findings.ts';
import type { Page, View } from './page.ts';

const NEXT_SHOWN = 6;
const MOST_DRIFTING = 8;
const LATEST_SHOWN = 5;
/** Of the diff of the worst finding. */
const WORST_LINES = 8;

/** What counts as drift: unmanaged workloads and the like are findings, and listed apart. */
const isDrift = ({ finding }: OpenRow): boolean => rowOf(finding.class).isDrift;

function linkToFinding(row: OpenRow): string {
  return linkTo('/findings', new URLSearchParams({ open: FINDING_RULES.id(row) }));
}

const LATEST = (now: Date): readonly Column<PastRow>[] => [
  { title: 'When', isNumber: true, cell: ({ drift }) => age(drift.time, now) },
  { title: 'Outcome', cell: ({ outcome }) => outcome },
  {
    title: 'Workload',
    cell: ({ report, drift }) =>
      html`<a href="${linkTo('/history', new URLSearchParams({ cluster: report.cluster, text: workloadName(drift) }))}">${workload(drift)}</a>`,
  },
  { title: 'Drift', wraps: 'anywhere', cell: ({ drift }) => drift.summary },
  { title: 'Drifted by', isMinor: true, cell: ({ drift }) => changedBy(drift) },
];

/** The worst finding: what it is, who changed it, why it is still there, and what a model says of it. */
function worst(row: OpenRow | undefined, { state, now }: View): Html {
  if (!row)
    return state.commit === ''
      ? noReport()
      : html`<section class="worst tile ok"><h2>Worst now</h2><p class="figure">No open findings</p><p>Live and desired state agree in all that was compared.</p>
${state.past.length === 0 ? NOTHING : html`<h2>Fixed or resolved last</h2>${table('Fixed or resolved last', LATEST(now), state.past.slice(0, LATEST_SHOWN), '')}`}</section>`;
  const { report, finding } = row;
  const { opinion } = finding;
  return html`<section class="worst"><h2>Worst now</h2>
<p class="worst-title">${severityBadge(finding.severity)} <a href="${linkToFinding(row)}">${workloadName(finding)}</a> <span class="quiet">in ${report.cluster}</span></p>
<p class="worst-what">${finding.summary}</p>
${diffBlock(finding, WORST_LINES)}
<dl class="facts"><div><dt>Changed by</dt><dd>${changedBy(finding)}${finding.blame?.time === undefined ? NOTHING : html` ${minute(finding.blame.time)}, ${age(finding.blame.time, now)}`}</dd></div>
<div><dt>Still open because</dt><dd>${whyOpen(finding)}</dd></div>
${opinion ? html`<div><dt>Advice by a model</dt><dd>${opinion.advice.cause} ${opinion.advice.advice}</dd></div>` : NOTHING}
<div><dt>Cost</dt><dd>${dollars(finding.costUsdPerMonth)} a month</dd></div></dl></section>`;
}

function whyOpen(finding: ReportFinding): string {
  const detail = [finding.detail, finding.message].filter((text) => text !== '').join('. ');
  return detail === '' ? stateWords(finding) : `${stateWords(finding)}: ${detail}`;
}

function noReport(): Html {
  return html`<section class="worst tile quiet-tile"><h2>Worst now</h2><p class="figure">No report yet</p><p>The first pass that commits one fills these pages.</p></section>`;
}

function tiles(view: View): Html {
  const { state, now } = view;
  const drift = state.open.filter(isDrift);
  const others = state.open.length - drift.length;
  const week = new Date(now.getTime() - 7 * 86_400_000).toISOString();
  const fixes = state.past.filter(({ drift: { time }, outcome }) => outcome === 'fixed' && time >= week);
  const writers = Map.groupBy(drift, ({ finding }) => writer(finding));
  const [most] = [...writers].sort(([, a], [, b]) => b.length - a.length);
  const costs = drift.map(({ finding }) => finding);
  const { unknown } = sumCosts(costs);
  return html`<div class="tiles">${lastPassTile(view)}
<div class="tile"><h2>Open drift</h2><p class="figure">${drift.length}</p><p class="counts">${severityCounts(drift.map(({ finding }) => finding.severity))}${others > 0 ? html`<span class="quiet">and ${plural(others, 'other finding')}</span>` : NOTHING}</p></div>
<div class="tile"><h2>Cost of the drift</h2><p class="figure">${dollars(sumCosts(costs).known)}</p><p>a month${unknown > 0 ? `, ${unknown} of unknown cost` : ''}</p></div>
<div class="tile"><h2>Fixed in 7 days</h2><p class="figure">${fixes.length}</p><p>${most ? `Most open drift by ${most[0]} (${most[1].length})` : 'No open drift'}</p></div></div>`;
}

/** Guards and incomplete reads change what all figures mean, so they come first. */
function notices({ state, problems }: View): Html {
  const guards = state.reports.flatMap(({ cluster, guard }) =>
    guard
      ? [html`<p class="notice bad"><b>${cluster}: guard ${guard.name} tripped.</b> ${guard.detail}; ${GUARD_EFFECT}.</p>`]
      : [],
  );
  const unread = state.reports.filter(({ incomplete }) => incomplete.length > 0);
  return html`${problems.map((problem) => html`<p class="notice warning">${problem}</p>`)}${guards}
${unread.map(({ cluster, incomplete }) => html`<p class="notice warning"><b>${cluster}: incomplete.</b> ${plural(incomplete.length, 'source')} not read, first ${incomplete[0]?.what ?? ''}. <a href="/runs">Details</a></p>`)}`;
}

const NEXT = (now: Date): readonly Column<OpenRow>[] => [
  { title: 'Severity', cell: ({ finding }) => severityBadge(finding.severity) },
  { title: 'Workload', cell: (row) => html`<a href="${linkToFinding(row)}">${workload(row.finding)}</a>` },
  { title: 'Cluster', wraps: 'never', isMinor: true, cell: ({ report }) => report.cluster },
  { title: 'What', wraps: 'anywhere', cell: ({ finding }) => finding.summary },
  { title: 'Changed by', isMinor: true, cell: ({ finding }) => changedBy(finding) },
  { title: '$ a month', isNumber: true, isMinor: true, cell: ({ finding }) => dollars(finding.costUsdPerMonth) },
  { title: 'First seen', isNumber: true, isMinor: true, cell: ({ finding }) => age(finding.firstSeen, now) },
];

const CLUSTERS = (view: View): readonly Column<StoredReport>[] => [
  {
    title: 'Cluster',
    cell: ({ cluster }) => html`<a href="${linkTo('/findings', new URLSearchParams({ cluster }))}">${cluster}</a>`,
  },
  { title: 'Open', isNumber: true, cell: ({ findings }) => findings.length },
  { title: 'By severity', cell: ({ findings }) => severityCounts(findings.map(({ severity }) => severity)) },
  {
    title: '$ a month',
    isNumber: true,
    isMinor: true,
    cell: ({ findings }) => (findings.length === 0 ? '' : dollars(sumCosts(findings).known)),
  },
  { title: 'Promotions', isNumber: true, isMinor: true, cell: ({ promotions }) => promotions.length },
  {
    title: 'Last change',
    isNumber: true,
    cell: ({ cluster }) => age(view.state.commits.find(({ trailers }) => trailers['Drift-Cluster'] === cluster)?.time, view.now),
  },
];

interface Drifting {
  readonly workload: string;
  readonly cluster: string;
  readonly open: number;
  readonly past: number;
}

/** By how often a field of it drifted, as far as the reports keep it. */
function mostDrifting({ state }: View): readonly Drifting[] {
  const all = [
    ...state.open.filter(isDrift).map(({ report, finding }) => ({ cluster: report.cluster, drift: finding, isOpen: true })),
    ...state.past.map(({ report, drift }) => ({ cluster: report.cluster, drift, isOpen: false })),
  ];
  return [...Map.groupBy(all, ({ cluster, drift }) => JSON.stringify([cluster, workloadName(drift)])).values()]
    .flatMap((together) => {
      const [first] = together;
      const open = together.filter(({ isOpen }) => isOpen).length;
      return first ? [{ workload: workloadName(first.drift), cluster: first.cluster, open, past: together.length - open }] : [];
    })
    .sort((a, b) => b.open + b.past - (a.open + a.past))
    .slice(0, MOST_DRIFTING);
}

const DRIFTING: readonly Column<Drifting>[] = [
  {
    title: 'Workload',
    cell: ({ workload, cluster }) =>
      html`<a href="${linkTo('/history', new URLSearchParams({ cluster, text: workload }))}">${workload}</a>`,
  },
  { title: 'Cluster', wraps: 'never', cell: ({ cluster }) => cluster },
  { title: 'Open', isNumber: true, cell: ({ open }) => open },
  { title: 'Earlier', isNumber: true, cell: ({ past }) => past },
];

export const overview: Page = {
  path: '/',
  title: 'Overview',
  body: (view) => {
    const [first, ...others] = [...view.state.open.filter(isDrift), ...view.state.open.filter((row) => !isDrift(row))];
    return html`${notices(view)}
<div class="first">${worst(first, view)}<div>${tiles(view)}<section class="tile"><h2>Trend</h2>${trendChart(trendOf(view.state))}</section></div></div>
${others.length === 0 ? NOTHING : html`<section><h2>Next</h2>${table('Next', NEXT(view.now), others.slice(0, NEXT_SHOWN), '')}${others.length > NEXT_SHOWN ? html`<p><a href="/findings">All ${view.state.open.length} findings</a></p>` : NOTHING}</section>`}
<div class="pair"><section><h2>Clusters</h2>${table('Clusters', CLUSTERS(view), view.state.reports, 'No cluster has reported yet.')}</section>
<section><h2>Workloads that drift most</h2>${table('Workloads that drift most', DRIFTING, mostDrifting(view), 'No workload has drifted yet.')}</section></div>`;
  },
  data: (view) => ({
    clusters: view.state.reports.map(({ cluster, digest, guard, findings, incomplete, promotions }) => ({
      cluster,
      digest: `sha256:${digest}`,
      guard,
      open: findings.length,
      severities: Object.fromEntries(
        SEVERITIES.map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length]),
      ),
      costUsdPerMonth: sumCosts(findings).known,
      unknownCosts: sumCosts(findings).unknown,
      incomplete,
      promotions,
    })),
    trend: trendOf(view.state),
    mostDrifting: mostDrifting(view),
  }),
};
