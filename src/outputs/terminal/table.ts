import { sanitize } from '../../domain/describe.ts';
import type { Screen } from './screen.ts';
import { breakToWidth, displayWidth, padTo, wrapWords } from './width.ts';

const GAP = 2;
/** A text column narrower than this says nothing. */
const LEAST_TEXT = 20;

export interface Column {
  readonly title: string;
  /**
   * If the line is too narrow, a `key` or `name` is never cut, an `extra` is left out, the last one first, and a `text` continues
   * on the next lines: it has the values. If that is not enough, a record begins with its keys, and the rest follows below them.
   */
  readonly role: 'key' | 'name' | 'extra' | 'text';
  /** What a row is about: has a column also where it is the same in all of them. */
  readonly isSubject?: true;
  readonly paint?: (cell: string) => string;
}

/** Columns as wide as their longest cell, `gap` spaces apart; empty without rows. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[], gap = GAP): string {
  if (rows.length === 0) return '';
  const safe = [header, ...rows].map((row) => row.map(sanitize));
  const widths = header.map((_, column) => widest(safe, column));
  return safe.map((row) => printRow(row, widths, gap)).join('');
}

/** The same, fitted to a screen; what is the same in all rows is said once, below them. */
export function fitTable(columns: readonly Column[], rows: readonly (readonly string[])[], screen: Screen): string {
  if (rows.length === 0) return '';
  const safe = rows.map((row) => row.map(sanitize));
  const isShared = (index: number): boolean =>
    screen.columns !== undefined &&
    rows.length > 1 &&
    columns[index]?.isSubject !== true &&
    safe.every((row) => row[index] === safe[0]?.[index]);
  const kept = columns.map((_, index) => index).filter((index) => !isShared(index));
  const shared = columns.flatMap(({ title }, index) => {
    const cell = safe[0]?.[index] ?? '';
    return isShared(index) && cell !== '' ? [`${title.toLowerCase()} ${cell}`] : [];
  });
  const pick = <T>(cells: readonly T[]): readonly T[] => cells.filter((_, index) => kept.includes(index));
  const table = layOut(pick(columns), safe.map(pick), screen);
  if (shared.length === 0) return table;
  return `${table}${wrapWords(`In all rows: ${shared.join('; ')}`, screen.columns ?? 0).join('\n')}\n`;
}

function layOut(columns: readonly Column[], safe: readonly (readonly string[])[], screen: Screen): string {
  const natural = columns.map(({ title }, index) => Math.max(displayWidth(title), widest(safe, index)));
  const widths = fitWidths(columns, natural, screen.columns ?? Number.POSITIVE_INFINITY);
  if (!widths) return safe.map((row) => stack(columns, row, screen)).join('');
  const shown = columns.flatMap((column, index) =>
    widths.has(index) ? [{ ...column, index, width: widths.get(index) ?? 0 }] : [],
  );
  const printed = shown.map(({ width }) => width);
  const header = printRow(
    shown.map(({ title }) => title),
    printed,
    GAP,
  );
  const paints = shown.map((column) => painter(column, screen));
  const body = safe.flatMap((row) => {
    const cells = shown.map(({ index, width, role }) =>
      role === 'text' ? breakToWidth(row[index] ?? '', width) : [row[index] ?? ''],
    );
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      printRow(
        cells.map((lines) => lines[line] ?? ''),
        printed,
        GAP,
        paints,
      ),
    );
  });
  return header + body.join('');
}

function widest(rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((most, row) => Math.max(most, displayWidth(row[column] ?? '')), 0);
}

type Paint = (cell: string) => string;

function painter({ paint }: Column, { hasColor }: Screen): Paint | undefined {
  return hasColor ? paint : undefined;
}

function printRow(
  cells: readonly string[],
  widths: readonly number[],
  gap: number,
  paints: readonly (Paint | undefined)[] = [],
): string {
  const last = cells.findLastIndex((cell) => cell !== '');
  const shown = cells.slice(0, last + 1).map((cell, index) => {
    const space = index === last ? '' : padTo('', (widths[index] ?? 0) - displayWidth(cell) + gap);
    return `${(paints[index] ?? String)(cell)}${space}`;
  });
  return `${shown.join('').trimEnd()}\n`;
}

/** Widths by the index of each column that is shown; `undefined` where no choice of columns fits. */
function fitWidths(
  columns: readonly Column[],
  natural: readonly number[],
  room: number,
): ReadonlyMap<number, number> | undefined {
  const extras = columns.flatMap(({ role }, index) => (role === 'extra' ? [index] : []));
  for (let kept = extras.length; kept >= 0; kept--) {
    const left = new Set(extras.slice(kept));
    const shown = columns.map((_, index) => index).filter((index) => !left.has(index));
    const isText = (index: number): boolean => columns[index]?.role === 'text';
    const fixed = shown.filter((index) => !isText(index)).reduce((sum, index) => sum + (natural[index] ?? 0), 0);
    const forTexts = room - fixed - GAP * (shown.length - 1);
    const texts = shareRoom(
      shown.filter(isText).map((index) => [index, natural[index] ?? 0] as const),
      forTexts,
    );
    if (texts) return new Map(shown.map((index) => [index, texts.get(index) ?? natural[index] ?? 0]));
  }
  return undefined;
}

/** Narrow texts get what they need, and wide ones share what is left; `undefined` where one would get too little. */
function shareRoom(texts: readonly (readonly [number, number])[], room: number): ReadonlyMap<number, number> | undefined {
  const widths = new Map<number, number>();
  let left = room;
  const byWidth = texts.toSorted((a, b) => a[1] - b[1]);
  for (const [place, [index, wanted]] of byWidth.entries()) {
    const width = Math.min(wanted, Math.floor(left / (byWidth.length - place)));
    if (width < Math.min(wanted, LEAST_TEXT)) return undefined;
    widths.set(index, width);
    left -= width;
  }
  return left >= 0 ? widths : undefined;
}

function stack(columns: readonly Column[], row: readonly string[], screen: Screen): string {
  const cellsOf = (...roles: readonly Column['role'][]): readonly string[] =>
    columns.flatMap((column, index) => {
      const cell = row[index] ?? '';
      if (!roles.includes(column.role) || cell === '') return [];
      const shown = column.role === 'extra' ? `${column.title.toLowerCase()} ${cell}` : cell;
      return [(painter(column, screen) ?? String)(shown)];
    });
  const below = [...cellsOf('text'), cellsOf('name', 'extra').join('; ')].filter((line) => line !== '');
  const lines = below.flatMap((line) => wrapWords(line, (screen.columns ?? 0) - GAP));
  return [cellsOf('key').join(' '.repeat(GAP)), ...lines.map((line) => ' '.repeat(GAP) + line)]
    .map((line) => `${line}\n`)
    .join('');
}
