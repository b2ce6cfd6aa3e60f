import { displayEffect } from '../../domain/decision.ts';
import { minute } from '../../domain/words.ts';
import type { StoredReport } from '../../stages/report/report.ts';
import { type Html, html } from '../view/html.ts';
import { changedBy, workloadName } from '../view/parts.ts';
import { linkTo } from '../view/query.ts';
import { type Column, table } from '../view/table.ts';
import { age } from '../view/time.ts';
import { FINDING_RULES } from './findings.ts';
import type { Page, View } from './page.ts';

type Of<Name extends 'ignored' | 'decisions' | 'pauses'> = {
  readonly report: StoredReport;
  readonly entry: StoredReport[Name][number];
};

function entriesOf<Name extends 'ignored' | 'decisions' | 'pauses'>({ state }: View, name: Name): readonly Of<Name>[] {
  return state.reports.flatMap((report) => report[name].map((entry) => ({ report, entry })));
}

const CLUSTER: Column<{ readonly report: StoredReport }> = {
  title: 'Cluster',
  wraps: 'never',
  cell: ({ report }) => report.cluster,
};

const IGNORED: readonly Column<Of<'ignored'>>[] = [
  CLUSTER,
  { title: 'What', wraps: 'anywhere', cell: ({ entry }) => entry.what },
  { title: 'Reason', cell: ({ entry }) => entry.reason },
  { title: 'Until', cell: ({ entry }) => (entry.until === '' ? 'no end' : minute(entry.until)) },
  { title: 'State', cell: ({ entry }) => (entry.isExpired ? html`<span class="badge medium">expired</span>` : 'in effect') },
];

const DECISIONS: readonly Column<Of<'decisions'>>[] = [
  CLUSTER,
  { title: 'Decision', cell: ({ entry }) => entry.kind },
  { title: 'What', wraps: 'anywhere', cell: ({ entry }) => entry.what },
  { title: 'Decided by', cell: ({ entry }) => entry.by },
  { title: 'Reason', cell: ({ entry }) => entry.reason },
  { title: 'Effect', cell: ({ entry }) => displayEffect(entry.effect) },
  { title: 'Detail', wraps: 'anywhere', cell: ({ entry }) => entry.detail },
];

const PAUSES: readonly Column<Of<'pauses'>>[] = [
  CLUSTER,
  { title: 'What', wraps: 'anywhere', cell: ({ entry }) => entry.what },
  { title: 'Until', cell: ({ entry }) => minute(entry.until) },
];

function contestedOf({ state }: View): View['state']['open'] {
  return state.open.filter(({ finding }) => finding.reason === 'contested');
}

function contested(view: View): Html {
  return table(
    'Contested',
    [
      CLUSTER,
      {
        title: 'Workload',
        cell: (row) =>
          html`<a href="${linkTo('/findings', new URLSearchParams({ open: FINDING_RULES.id(row) }))}">${workloadName(row.finding)}</a>`,
      },
      { title: 'What', wraps: 'anywhere', cell: ({ finding }) => finding.summary },
      { title: 'Reverted by', cell: ({ finding }) => changedBy(finding) },
      { title: 'First seen', isNumber: true, cell: ({ finding }) => age(finding.firstSeen, view.now) },
      { title: 'Detail', wraps: 'anywhere', cell: ({ finding }) => finding.detail },
    ],
    contestedOf(view),
    'No field is contested.',
  );
}

export const ignored: Page = {
  path: '/ignored',
  title: 'Ignored and contested',
  body: (view) => html`
<section><h2>Contested</h2><p class="quiet">Fields that another actor keeps reverting. They are reported and not fixed again.</p>${contested(view)}</section>
<section><h2>Ignore rules</h2>${table('Ignore rules', IGNORED, entriesOf(view, 'ignored'), 'No rule ignores drift.')}</section>
<section><h2>Decisions</h2>${table('Decisions', DECISIONS, entriesOf(view, 'decisions'), 'No decision was committed.')}</section>
<section><h2>Paused</h2>${table('Paused', PAUSES, entriesOf(view, 'pauses'), 'Nothing is paused.')}</section>`,
  data: (view) => ({
    contested: contestedOf(view).map(({ report, finding }) => ({ cluster: report.cluster, ...finding })),
    clusters: view.state.reports.map(({ cluster, ignored: rules, decisions, pauses }) => ({
      cluster,
      ignored: rules,
      decisions,
      pauses,
    })),
  }),
};
