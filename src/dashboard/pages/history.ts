import { ACTORS } from '../../domain/actor-classes.ts';
import { quoted } from '../../domain/shell.ts';
import { dollars, fixState, minute, writer } from '../../domain/words.ts';
import type { PastRow } from '../state.ts';
import { type Html, html, NOTHING } from '../view/html.ts';
import { changedBy, command, diffBlock, facts, severityBadge, workload, workloadName } from '../view/parts.ts';
import { select, type TableRules } from '../view/query.ts';
import { bigTable, type Column } from '../view/table.ts';
import { age } from '../view/time.ts';
import type { Page } from './page.ts';

const words = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const RULES: TableRules<PastRow> = {
  id: ({ report, drift }) => `${report.folder}.${drift.findingId}.${drift.time}`,
  text: ({ report, drift, kind, ...row }) =>
    [
      report.cluster,
      workloadName(drift),
      drift.summary,
      drift.unit,
      drift.blame?.manager,
      row.outcome,
      kind === 'correction' && 'changeSet' in drift ? drift.changeSet : '',
    ].join(' '),
  filters: [
    { name: 'cluster', label: 'Cluster', of: ({ report }) => report.cluster },
    { name: 'namespace', label: 'Namespace', of: ({ drift }) => drift.object.namespace },
    { name: 'kind', label: 'Kind', of: ({ drift }) => drift.object.kind },
    { name: 'by', label: 'Drifted by', of: ({ drift }) => (drift.blame ? ACTORS[drift.blame.actor].words : 'nobody recorded') },
    { name: 'outcome', label: 'Outcome', of: ({ outcome }) => outcome },
  ],
  orders: [
    { name: 'time', compare: (a, b) => words(b.drift.time, a.drift.time) },
    { name: 'cluster', compare: (a, b) => words(a.report.cluster, b.report.cluster) },
    { name: 'workload', compare: (a, b) => words(workloadName(a.drift), workloadName(b.drift)) },
  ],
};

const COLUMNS = (now: Date): readonly Column<PastRow>[] => [
  { title: 'When', sort: 'time', isNumber: true, cell: ({ drift }) => age(drift.time, now) },
  { title: 'Outcome', cell: ({ outcome }) => html`<span class="badge ${outcome === 'fixed' ? 'ok' : 'info'}">${outcome}</span>` },
  { title: 'Cluster', wraps: 'never', sort: 'cluster', isMinor: true, cell: ({ report }) => report.cluster },
  { title: 'Workload', sort: 'workload', cell: ({ drift }) => html`<b>${workload(drift)}</b>` },
  { title: 'Drift', wraps: 'anywhere', cell: ({ drift }) => drift.summary },
  { title: 'Drifted by', isMinor: true, cell: ({ drift }) => changedBy(drift) },
  {
    title: 'Revisions',
    isNumber: true,
    isMinor: true,
    cell: (row) => (row.kind === 'correction' ? revisionPair(row.drift.revision) : ''),
  },
  { title: 'Changeset', isMinor: true, cell: (row) => (row.kind === 'correction' ? row.drift.changeSet : '') },
];

/** A fix writes two revisions: the live state, and desired again. */
function revisionPair(revision: number): string {
  return revision < 2 ? '' : `${revision - 1}, ${revision}`;
}

function detail(row: PastRow): Html {
  const { drift } = row;
  const isFix = row.kind === 'correction';
  return html`<div class="detail-body">${diffBlock(drift)}
${facts([
  ['Outcome', isFix ? fixState(row.drift) : row.drift.state],
  ['Severity', severityBadge(drift.severity)],
  [
    'Drifted by',
    drift.blame
      ? `${writer(drift)} at ${drift.blame.time === undefined ? 'an unknown time' : minute(drift.blame.time)}`
      : 'No field manager is recorded',
  ],
  [
    'Written',
    isFix && row.drift.result === 'fixed'
      ? 'the desired value above, to the cluster and as a pair of revisions to the unit'
      : undefined,
  ],
  ['Not healthy', isFix ? row.drift.unhealthy : undefined],
  [isFix ? 'Fixed' : 'Resolved', minute(drift.time)],
  ['First seen', minute(drift.firstSeen)],
  ['Unit', drift.unit],
  ['Cost', `${dollars(drift.costUsdPerMonth)} a month`],
  ['Field', html`<code>${drift.path === '' ? '(whole object)' : drift.path}</code>`],
])}
${isFix ? fixCommands(row.drift) : NOTHING}</div>`;
}

function fixCommands({ unit, revision, changeSet }: Extract<PastRow, { kind: 'correction' }>['drift']): Html {
  const slash = unit.indexOf('/');
  const [space, slug] = [unit.slice(0, Math.max(0, slash)), unit.slice(slash + 1)];
  return html`${revision > 1 ? command('Show what was written to the unit', `cub unit diff -u ${quoted(slug)} --space ${quoted(space)} --from=${revision - 1} --to=${revision}`) : NOTHING}
${changeSet === '' ? NOTHING : command('Revert the fixes of that changeset', `drift-detector undo ${quoted(changeSet)}`)}`;
}

export const history: Page = {
  path: '/history',
  title: 'History',
  body: ({ state, query, now }) =>
    bigTable({
      path: '/history',
      query,
      all: state.past,
      rules: RULES,
      selection: select(state.past, query, RULES),
      columns: COLUMNS(now),
      noun: 'entry',
      empty: 'Nothing was fixed or resolved yet.',
      detail,
    }),
  data: ({ state, query }) => {
    const { rows, total, page, pages } = select(state.past, query, RULES);
    const of = (kind: PastRow['kind']): readonly object[] =>
      rows.filter((row) => row.kind === kind).map(({ report, drift }) => ({ cluster: report.cluster, ...drift }));
    return { total, page, pages, corrections: of('correction'), gone: of('gone') };
  },
};
