import type { Severity } from '../../domain/ranking.ts';
import type { ReportedDrift } from '../../domain/report.ts';
import { plural, writer } from '../../domain/words.ts';
import { escapeText, tableWithin } from './markdown.ts';

/** Of each table, so that no one of them takes the others' room. */
const TABLE_BYTES = 4_000;

/** As much of a table as its share of the page allows, with a link to the rest. */
export function boundedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  others: number,
  noun: string,
  elsewhere = 'findings.jsonl',
): readonly string[] {
  const { text, left: unfit } = tableWithin(TABLE_BYTES, header, rows);
  const left = others + unfit;
  const more = left > 0 ? [`${plural(left, `more ${noun}`)}, see [${elsewhere}](../${elsewhere}).`] : [];
  return [...(text === '' ? [] : [text]), ...more];
}

/** The writer and when, for a cell. */
export function changedBy(entry: Pick<ReportedDrift, 'blame'>): string {
  if (!entry.blame) return 'unknown';
  const { time } = entry.blame;
  return `${escapeText(writer(entry))}, ${time === undefined ? 'time unknown' : moment(time).replace(YEAR, SPACE)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const SPACE = '\u00a0';
/** A cell has no room for it. */
const YEAR = /\u00a0\d{4}(?: |$)/u;

/** `23 Nov 2026 03:12Z`, in which no host breaks the date; other texts than RFC 3339 times in UTC as they are, escaped. */
export function moment(time: string): string {
  const [, year, month, day, clock] = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z)?$/u.exec(time) ?? [];
  const name = MONTHS[Number(month) - 1];
  if (name === undefined) return escapeText(time);
  return `${[Number(day), name, year].join(SPACE)}${clock === undefined ? '' : ` ${clock}Z`}`;
}

/** A text for a cell that is empty only where the text is. */
export function cellOf(text: string): string {
  return text === '' ? '' : escapeText(text) || SPACE;
}

/** Not by colour, so that everybody sees them, on a terminal as well. */
const MARKS: Readonly<Record<Severity, string>> = { critical: '◆', high: '▲', medium: '●', low: '○', info: '·' };

/** `◆ critical` */
export function marked(severity: Severity): string {
  return `${MARKS[severity]}${SPACE}${severity}`;
}

/** A column that says one thing in all rows says nothing in any. */
export interface Columns {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What those left out say; empty cells say nothing. */
  readonly said: readonly string[];
}

/** Cells that a reader does not miss. */
const NOTHING: ReadonlySet<string> = new Set(['', '$0', '0']);

/** Without the columns that are empty, or the same in each of several rows; those named `kept` stay. */
export function withoutConstant(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  kept: readonly string[] = [],
): Columns {
  const constants = header.map((name, column) => {
    const cells = new Set(rows.map((row) => row[column]));
    const [only = ''] = cells;
    const isSaid = cells.size === 1 && !kept.includes(name) && (rows.length > 1 || NOTHING.has(only));
    return isSaid ? { name, only } : undefined;
  });
  const shown = <T>(cells: readonly T[]): readonly T[] => cells.filter((_, column) => !constants[column]);
  return {
    header: shown(header),
    rows: rows.map(shown),
    said: constants.flatMap((constant) =>
      constant && !NOTHING.has(constant.only) ? [`${constant.name}: ${constant.only}`] : [],
    ),
  };
}

/** What the left-out columns say, as a paragraph; none where there is nothing. */
export function saidOfAll(said: readonly string[]): readonly string[] {
  return said.length === 0 ? [] : [`The same for each: ${said.join('; ')}.`];
}
