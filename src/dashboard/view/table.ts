import { plural } from '../../domain/words.ts';
import { type Html, html, NOTHING } from './html.ts';
import { type Filter, linkTo, type Selection, type TableRules, valuesOf } from './query.ts';

/** A column of a table of rows. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Html | string | number;
  /** Name of the order that its title asks for. */
  readonly sort?: string;
  readonly isNumber?: true;
  /** Names that are not broken, or words that may be broken anywhere. */
  readonly wraps?: 'never' | 'anywhere';
  /** Left out on a narrow screen: an open row has it. */
  readonly isMinor?: true;
}

/** A simple table; `empty` where it has no row. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[], empty: string): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption class="unseen">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column)}>${column.title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${cells(columns, row)}</tr>`)}</tbody></table></div>`;
}

function cells<Row>(columns: readonly Column<Row>[], row: Row): readonly Html[] {
  return columns.map((column) => html`<td${classOf(column)}>${column.cell(row)}</td>`);
}

function classOf<Row>({ isNumber, isMinor, wraps }: Column<Row>): Html {
  const names = [isNumber ? 'number' : '', isMinor ? 'minor' : '', wraps ?? ''].filter((name) => name !== '');
  return names.length === 0 ? NOTHING : html` class="${names.join(' ')}"`;
}

/** Rows that can be filtered and paged, whatever shows them. */
export interface Pages<Row> {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Rows of all pages, before any filter. */
  readonly all: readonly Row[];
  readonly rules: TableRules<Row>;
  readonly selection: Selection<Row>;
  /** What one row is called: `finding`. */
  readonly noun: string;
  readonly empty: string;
}

export interface BigTable<Row> extends Pages<Row> {
  readonly columns: readonly Column<Row>[];
  /** What an open row shows. */
  readonly detail: (row: Row) => Html;
}

/** A table with filters, orders and pages, whose rows open. Everything is a link or a form, so that it works without scripts. */
export function bigTable<Row>(given: BigTable<Row>): Html {
  return paged(given, () => rowsOf(given));
}

/** Filters, the number of rows, the chosen ones as `show` shows them, and links to the other pages. */
export function paged<Row>(given: Pages<Row>, show: () => Html): Html {
  const { selection, noun, empty, query, path } = given;
  const isFiltered = selection.total < given.all.length;
  const none = isFiltered
    ? html`<p class="empty">No ${noun} matches. <a href="${path}">Clear the filters</a></p>`
    : html`<p class="empty">${empty}</p>`;
  return html`${filterForm(given)}
<p class="count">${plural(selection.total, noun)}${isFiltered ? html` of ${given.all.length} · <a href="${path}">Clear the filters</a>` : NOTHING} · <a href="${linkTo(path, query, { format: 'json' })}">JSON</a></p>
${selection.total === 0 ? none : show()}${pager(given)}`;
}

function filterForm<Row>({ path, query, all, rules }: Pages<Row>): Html {
  const kept = ['sort', 'desc'].filter((name) => query.has(name));
  return html`<form class="filters" method="get" action="${path}" role="search">
<label>Text <input type="search" name="text" value="${query.get('text') ?? ''}" maxlength="200" data-search></label>
${rules.filters.map((filter) => filterField(filter, valuesOf(all, filter), query.get(filter.name) ?? ''))}
${kept.map((name) => html`<input type="hidden" name="${name}" value="${query.get(name) ?? ''}">`)}
<button type="submit">Filter</button></form>`;
}

function filterField<Row>({ name, label }: Filter<Row>, values: readonly string[], chosen: string): Html {
  const all = chosen === '' || values.includes(chosen) ? values : [chosen, ...values];
  const option = (value: string): Html =>
    html`<option value="${value}"${value === chosen ? html` selected` : NOTHING}>${value}</option>`;
  return html`<label>${label} <select name="${name}"><option value="">all</option>${all.map(option)}</select></label>`;
}

function rowsOf<Row>({ path, query, columns, rules, selection, noun, detail }: BigTable<Row>): Html {
  const head = (column: Column<Row>): Html => {
    const { title, sort } = column;
    const isSorted = sort !== undefined && sort === selection.order;
    const direction = selection.isReversed ? 'descending' : 'ascending';
    const next = { sort: sort ?? '', desc: isSorted && !selection.isReversed ? '1' : '', page: '', open: '' };
    const label =
      sort === undefined
        ? title
        : html`<a href="${linkTo(path, query, next)}">${title}${isSorted ? html`<span aria-hidden="true"> ${selection.isReversed ? '↓' : '↑'}</span>` : NOTHING}</a>`;
    return html`<th scope="col"${classOf(column)}${isSorted ? html` aria-sort="${direction}"` : NOTHING}>${label}</th>`;
  };
  const row = (entry: Row): Html => {
    const id = rules.id(entry);
    const isOpen = id === selection.open;
    const link = linkTo(path, query, { open: isOpen ? '' : id, page: selection.page === 1 ? '' : String(selection.page) });
    const toggle = html`<a class="toggle" id="row-${id}" href="${link}#row-${id}" aria-expanded="${isOpen ? 'true' : 'false'}" role="button" aria-label="${isOpen ? 'Close' : 'Open'} the ${noun}" data-row><span aria-hidden="true">${isOpen ? '▾' : '▸'}</span></a>`;
    return html`<tr${isOpen ? html` class="open"` : NOTHING}><td class="toggle-cell">${toggle}</td>${cells(columns, entry)}</tr>
${isOpen ? html`<tr class="detail"><td colspan="${columns.length + 1}">${detail(entry)}</td></tr>` : NOTHING}`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of each ${noun}"><table class="rows"><caption class="unseen">Each ${noun}; the first column opens it</caption>
<thead><tr><th scope="col"><span class="unseen">Open</span></th>${columns.map(head)}</tr></thead>
<tbody>${selection.rows.map(row)}</tbody></table></div>`;
}

function pager<Row>({ path, query, selection: { page, pages } }: Pages<Row>): Html {
  if (pages === 1) return NOTHING;
  const link = (to: number, words: string, rel: string): Html =>
    to < 1 || to > pages
      ? html`<span class="quiet">${words}</span>`
      : html`<a rel="${rel}" href="${linkTo(path, query, { page: String(to), open: '' })}">${words}</a>`;
  return html`<nav class="pager" aria-label="Pages">${link(page - 1, 'Previous', 'prev')} <span>Page ${page} of ${pages}</span> ${link(page + 1, 'Next', 'next')}</nav>`;
}
