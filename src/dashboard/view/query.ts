/** A choice of rows by one of their properties; the name is also the parameter's. */
export interface Filter<Row> {
  readonly name: string;
  readonly label: string;
  readonly of: (row: Row) => string;
}

/** An order of rows; the first of a table is the one that needs no parameter. */
interface Order<Row> {
  readonly name: string;
  readonly compare: (a: Row, b: Row) => number;
}

/** What a table can be asked for. */
export interface TableRules<Row> {
  readonly filters: readonly Filter<Row>[];
  readonly orders: readonly Order<Row>[];
  /** All that a search looks at. */
  readonly text: (row: Row) => string;
  /** Unique among the rows. */
  readonly id: (row: Row) => string;
}

/** The part of a table that was asked for. */
export interface Selection<Row> {
  readonly rows: readonly Row[];
  /** How many there are on all pages. */
  readonly total: number;
  readonly page: number;
  readonly pages: number;
  readonly order: string;
  readonly isReversed: boolean;
  /** Id of the row that is open; empty for none. */
  readonly open: string;
}

const PAGE_SIZE = 50;

/** The rows that the parameters ask for. Parameters without a meaning are ignored. */
export function select<Row>(all: readonly Row[], query: URLSearchParams, rules: TableRules<Row>): Selection<Row> {
  const wanted = rules.filters.flatMap(({ name, of }) => {
    const value = query.get(name) ?? '';
    return value === '' ? [] : [(row: Row): boolean => of(row) === value];
  });
  const words = (query.get('text') ?? '')
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '');
  if (words.length > 0)
    wanted.push((row) => {
      const text = rules.text(row).toLowerCase();
      return words.every((word) => text.includes(word));
    });
  const found = wanted.length === 0 ? all : all.filter((row) => wanted.every((isWanted) => isWanted(row)));
  const name = query.get('sort') ?? '';
  const order = rules.orders.find((candidate) => candidate.name === name) ?? rules.orders[0];
  const isReversed = query.get('desc') === '1';
  const sorted = order === undefined || (order === rules.orders[0] && !isReversed) ? found : found.toSorted(order.compare);
  const rows = isReversed ? sorted.toReversed() : sorted;
  const open = query.get('open') ?? '';
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_SIZE));
  // An address that names a row, and no page, is of the page that has the row.
  const at = open !== '' && !query.has('page') ? rows.findIndex((row) => rules.id(row) === open) : -1;
  const page =
    at >= 0 ? Math.floor(at / PAGE_SIZE) + 1 : Math.min(pages, Math.max(1, Number.parseInt(query.get('page') ?? '1', 10) || 1));
  return {
    rows: rows.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    total: rows.length,
    page,
    pages,
    order: order?.name ?? '',
    isReversed,
    open,
  };
}

/** Most values that a filter lists. */
const MOST_VALUES = 200;

/** The values of a filter, the most frequent ones where they are too many, in order. */
export function valuesOf<Row>(all: readonly Row[], { of }: Filter<Row>): readonly string[] {
  const counts = new Map<string, number>();
  for (const row of all) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1);
  const names = [...counts.keys()].filter((name) => name !== '');
  const kept =
    names.length <= MOST_VALUES
      ? names
      : names.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, MOST_VALUES);
  return kept.sort();
}

/** An address with these parameters changed; an empty one is left out. */
export function linkTo(path: string, query: URLSearchParams, changes: Readonly<Record<string, string>> = {}): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  for (const [name, value] of [...next]) if (value === '') next.delete(name);
  const text = next.toString();
  return text === '' ? path : `${path}?${text}`;
}
