import { displayValue } from '../../domain/describe.ts';
import type { UnitRow } from '../unit-tree.ts';
import { type Html, html, NOTHING } from '../view/html.ts';
import { linkTo, select, type TableRules } from '../view/query.ts';
import { type Column, paged, table } from '../view/table.ts';
import type { Page, View } from './page.ts';

const RULES: TableRules<UnitRow> = {
  filters: [
    { name: 'space', label: 'Space', of: ({ space }) => space },
    { name: 'set', label: 'Set', of: ({ set }) => set },
    { name: 'status', label: 'Status', of: ({ status }) => status },
    { name: 'upgrade', label: 'Upgrade', of: upgradeWord },
  ],
  orders: [{ name: 'tree', compare: () => 0 }],
  text: ({ space, slug, labels, set, changeSet }) => [space, slug, displayValue(labels), set, changeSet].join(' '),
  id: ({ space, slug }) => `${space}/${slug}`,
};

const COLUMNS: readonly Column<UnitRow>[] = [
  { title: 'Unit', wraps: 'anywhere', cell: (row) => unitLink(row) },
  { title: 'Upgrade', cell: (row) => (row.isUpgradeNeeded ? html`<span class="badge medium">needed</span>` : upgradeWord(row)) },
  { title: 'Status', cell: ({ status }) => status },
  { title: 'Head', isNumber: true, cell: ({ head }) => head },
  { title: 'Live', isNumber: true, cell: ({ live }) => (live === 0 ? 'none' : live) },
  { title: 'Open changeset', wraps: 'anywhere', cell: ({ changeSet }) => changeSet },
  { title: 'Set', isMinor: true, cell: ({ set }) => set },
  { title: 'Labels', wraps: 'anywhere', isMinor: true, cell: ({ labels }) => labelWords(labels) },
];

function unitLink({ space, slug }: UnitRow): Html {
  return html`<a href="${linkTo('/unit', new URLSearchParams({ space, unit: slug }))}">${slug}</a>`;
}

/** `needed` or `level`; empty for a unit without upstream. */
export function upgradeWord({ isUpgradeNeeded, upstream }: UnitRow): string {
  return isUpgradeNeeded ? 'needed' : upstream === '' ? '' : 'level';
}

/** `env=prod, region=eu` */
export function labelWords(labels: UnitRow['labels']): string {
  if (typeof labels !== 'object' || labels === null) return displayValue(labels);
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ');
}

interface Branch {
  readonly rows: readonly UnitRow[];
  readonly below: Branch[];
}

/** Spaces below those that they are upgraded from, as far as the page has them. */
function branches(rows: readonly UnitRow[]): readonly Branch[] {
  const roots: Branch[] = [];
  const bySpace = new Map<string, Branch>();
  for (const [space, ofSpace] of Map.groupBy(rows, (row) => row.space)) {
    const branch: Branch = { rows: ofSpace, below: [] };
    bySpace.set(space, branch);
    (bySpace.get(ofSpace[0]?.from ?? '')?.below ?? roots).push(branch);
  }
  return roots;
}

function branchBlock({ rows, below }: Branch): Html {
  const { space = '', from = '' } = rows[0] ?? {};
  return html`<li><h2>${space}${from === '' ? NOTHING : html` <small class="quiet">from ${from}</small>`}</h2>
${table(`Units of ${space}`, COLUMNS, rows, '')}${below.length === 0 ? NOTHING : html`<ol>${below.map(branchBlock)}</ol>`}</li>`;
}

function selection({ hub, query }: View): ReturnType<typeof select<UnitRow>> {
  return select(hub?.kind === 'units' ? hub.units : [], query, RULES);
}

/** Why there is nothing to show. */
export function problemBlock({ hub }: View): Html {
  return html`<p class="notice warning">${hub?.kind === 'problem' ? hub.sentence : 'ConfigHub was not asked.'}</p>`;
}

export const units: Page = {
  path: '/units',
  title: 'Units',
  read: (hub) => hub.units(),
  body: (view) => {
    if (view.hub?.kind !== 'units') return problemBlock(view);
    const chosen = selection(view);
    const { units: all } = view.hub;
    const given = { path: '/units', query: view.query, all, rules: RULES, selection: chosen, noun: 'unit', empty: 'No units.' };
    return paged(given, () => html`<ol class="tree">${branches(chosen.rows).map(branchBlock)}</ol>`);
  },
  data: (view) => {
    const { rows, total, page, pages } = selection(view);
    return { problem: view.hub?.kind === 'problem' ? view.hub.sentence : null, total, page, pages, units: rows };
  },
};
