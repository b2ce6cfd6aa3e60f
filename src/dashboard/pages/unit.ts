import type { RevisionRow, UnitRevisions } from '../hub.ts';
import { type Html, html, NOTHING } from '../view/html.ts';
import { diffLines, facts } from '../view/parts.ts';
import { linkTo } from '../view/query.ts';
import { type Column, table } from '../view/table.ts';
import { age } from '../view/time.ts';
import type { Page, View } from './page.ts';
import { labelWords, problemBlock, upgradeWord } from './units.ts';

/** Revisions that the page lists; the choice of two may name any. */
const SHOWN = 100;

function columns({ unit: { space, slug } }: UnitRevisions, now: Date): readonly Column<RevisionRow>[] {
  const link = (to: number): string => linkTo('/unit', new URLSearchParams({ space, unit: slug, to: String(to) }));
  return [
    { title: 'Revision', isNumber: true, cell: ({ number }) => html`<a href="${link(number)}">${number}</a>` },
    { title: 'When', isNumber: true, cell: ({ time }) => age(time, now) },
    { title: 'Author', wraps: 'anywhere', cell: ({ author }) => author },
    { title: 'Description', wraps: 'anywhere', cell: ({ description }) => description },
  ];
}

function choice({ unit: { space, slug }, from, to }: UnitRevisions): Html {
  const field = (name: string, label: string, value: number): Html =>
    html`<label>${label} <input type="number" name="${name}" min="1" value="${value}" required></label>`;
  return html`<form class="filters" method="get" action="/unit"><input type="hidden" name="space" value="${space}"><input type="hidden" name="unit" value="${slug}">
${field('from', 'From revision', from)}${field('to', 'To revision', to)}<button type="submit">Compare</button></form>`;
}

function diff({ from, to, diff: { lines, notes } }: UnitRevisions): Html {
  return html`${notes.map((note) => html`<p class="quiet">${note}</p>`)}
${lines.length === 0 ? NOTHING : html`<figure class="diff"><figcaption><span class="del">− revision ${from}</span> <span class="ins">+ revision ${to}</span> without comments</figcaption>${diffLines(lines)}</figure>`}`;
}

function block(read: UnitRevisions, now: Date): Html {
  const { unit: row, revisions } = read;
  return html`<p><a href="${linkTo('/units', new URLSearchParams({ space: row.space }))}">${row.space}</a> / <b>${row.slug}</b></p>
${facts([
  ['Upstream', row.upstream],
  ['Upgrade', upgradeWord(row)],
  ['Status', row.status],
  ['Head revision', row.head],
  ['Live revision', row.live === 0 ? 'none' : row.live],
  ['Open changeset', row.changeSet],
  ['Set', row.set],
  ['Labels', labelWords(row.labels)],
])}
<section><h2>Difference</h2>${choice(read)}${diff(read)}</section>
<section><h2>Revisions</h2>${table('Revisions', columns(read, now), revisions.slice(0, SHOWN), 'No revisions.')}</section>`;
}

export const unit: Page = {
  path: '/unit',
  title: 'Unit',
  below: '/units',
  read: (hub, query) => {
    const of = (name: string): string => query.get(name) ?? '';
    return hub.unit({ space: of('space'), unit: of('unit'), from: of('from'), to: of('to') });
  },
  body: (view: View) => (view.hub?.kind === 'unit' ? block(view.hub, view.now) : problemBlock(view)),
  data: ({ hub }) => {
    if (hub?.kind !== 'unit') return { problem: hub?.kind === 'problem' ? hub.sentence : null };
    const { kind: _, ...read } = hub;
    return { problem: null, ...read, revisions: read.revisions.slice(0, SHOWN) };
  },
};
