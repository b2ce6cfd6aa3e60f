import { ACTORS } from '../../domain/actor-classes.ts';
import { severityOrder } from '../../domain/ranking.ts';
import { dollars } from '../../domain/words.ts';
import type { OpenRow } from '../state.ts';
import { stateWord } from '../state.ts';
import { html } from '../view/html.ts';
import { changedBy, severityBadge, workload, workloadName } from '../view/parts.ts';
import { select, type TableRules } from '../view/query.ts';
import { bigTable, type Column } from '../view/table.ts';
import { age } from '../view/time.ts';
import { findingDetail } from './finding-detail.ts';
import type { Page } from './page.ts';

const words = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const cost = ({ finding }: OpenRow): number => finding.costUsdPerMonth ?? Number.NEGATIVE_INFINITY;

/** Filters and orders, a row each. */
export const FINDING_RULES: TableRules<OpenRow> = {
  id: ({ report, finding }) => `${report.folder}.${finding.id}`,
  text: ({ report, finding }) =>
    [
      report.cluster,
      workloadName(finding),
      finding.summary,
      finding.path,
      finding.unit,
      finding.blame?.manager,
      finding.changeSet,
      finding.fingerprint,
    ].join(' '),
  filters: [
    { name: 'cluster', label: 'Cluster', of: ({ report }) => report.cluster },
    { name: 'namespace', label: 'Namespace', of: ({ finding }) => finding.object.namespace },
    { name: 'kind', label: 'Kind', of: ({ finding }) => finding.object.kind },
    { name: 'severity', label: 'Severity', of: ({ finding }) => finding.severity },
    {
      name: 'by',
      label: 'Changed by',
      of: ({ finding }) => (finding.blame ? ACTORS[finding.blame.actor].words : 'nobody recorded'),
    },
    { name: 'state', label: 'State', of: ({ finding }) => stateWord(finding) },
  ],
  orders: [
    { name: 'severity', compare: (a, b) => severityOrder(a.finding.severity) - severityOrder(b.finding.severity) },
    { name: 'cluster', compare: (a, b) => words(a.report.cluster, b.report.cluster) },
    { name: 'workload', compare: (a, b) => words(workloadName(a.finding), workloadName(b.finding)) },
    { name: 'changed', compare: (a, b) => words(b.finding.blame?.time ?? '', a.finding.blame?.time ?? '') },
    { name: 'cost', compare: (a, b) => cost(b) - cost(a) },
    { name: 'seen', compare: (a, b) => words(a.finding.firstSeen, b.finding.firstSeen) },
  ],
};

const COLUMNS = (now: Date): readonly Column<OpenRow>[] => [
  { title: 'Severity', sort: 'severity', cell: ({ finding }) => severityBadge(finding.severity) },
  { title: 'Cluster', wraps: 'never', sort: 'cluster', isMinor: true, cell: ({ report }) => report.cluster },
  { title: 'Workload', sort: 'workload', cell: ({ finding }) => html`<b>${workload(finding)}</b>` },
  { title: 'What', wraps: 'anywhere', cell: ({ finding }) => finding.summary },
  { title: 'Changed by', isMinor: true, cell: ({ finding }) => changedBy(finding) },
  { title: 'Changed', sort: 'changed', isNumber: true, isMinor: true, cell: ({ finding }) => age(finding.blame?.time, now) },
  { title: '$ a month', sort: 'cost', isNumber: true, isMinor: true, cell: ({ finding }) => dollars(finding.costUsdPerMonth) },
  { title: 'First seen', sort: 'seen', isNumber: true, isMinor: true, cell: ({ finding }) => age(finding.firstSeen, now) },
  { title: 'State', isMinor: true, cell: ({ finding }) => stateWord(finding) },
];

export const findings: Page = {
  path: '/findings',
  title: 'Findings',
  body: ({ state, query, now }) =>
    bigTable({
      path: '/findings',
      query,
      all: state.open,
      rules: FINDING_RULES,
      selection: select(state.open, query, FINDING_RULES),
      columns: COLUMNS(now),
      noun: 'finding',
      empty: 'No open findings.',
      detail: findingDetail,
    }),
  data: ({ state, query }) => {
    const { rows, total, page, pages } = select(state.open, query, FINDING_RULES);
    return { total, page, pages, findings: rows.map(({ report, finding }) => ({ cluster: report.cluster, ...finding })) };
  },
};
