import type { ReportedDrift } from '../../domain/report.ts';
import { day, plural, writer } from '../../domain/words.ts';
import { escapeText, tableWithin } from './markdown.ts';

/** Of each table, so that no one of them takes the others' room. */
const TABLE_BYTES = 4_000;

/** As much of a table as its share of the page holds, and where the rest of it stands. */
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
  return escapeText(`${writer(entry)}, ${time === undefined ? 'time unknown' : day(time)}`);
}
