import { sanitize } from '../../domain/describe.ts';
import { ConfigError } from '../../domain/errors.ts';
import { plural } from '../../domain/words.ts';
import { FORMAT_NAMES, type FormatName, formatOf } from '../../outputs/formats/formats.ts';
import type { Screen } from '../../outputs/terminal/screen.ts';
import { displayWidth, padTo, wrapWords } from '../../outputs/terminal/width.ts';
import { type Check, type Status, variable } from './check.ts';

/** Select Graphic Rendition codes; the word says the same without colour. */
const COLORS: Readonly<Record<Status, string>> = { ok: '32', warn: '33', fail: '31', skip: '2' };
const GAP = 2;

/** How checks are printed in a format; throws for one that has no place for them. */
export function printerOf(name: FormatName): (checks: readonly Check[], screen: Screen) => string {
  const { printDocument, table } = formatOf(name);
  if (printDocument) return (checks) => printDocument({ checks: checks.map(rowOf) });
  if (table) return (checks, screen) => printLines(checks, table === 'wide' ? { ...screen, columns: undefined } : screen);
  const names = FORMAT_NAMES.filter((other) => formatOf(other).printDocument ?? formatOf(other).table);
  throw new ConfigError(`doctor has no output as ${name}`, {
    code: 'configuration',
    subject: variable('output'),
    remedy: `Use ${names.join(', ')}.`,
  });
}

function rowOf({ check, status, detail, remedy }: Check): object {
  return { check, status, detail, remedy };
}

/** A line for each check, and a line below each that has a remedy. */
function printLines(checks: readonly Check[], { columns, hasColor }: Screen): string {
  const [most, widest] = [4, Math.max(...checks.map(({ check }) => displayWidth(check)))];
  const indent = most + widest + 2 * GAP;
  const wrapped = (text: string): readonly string[] =>
    columns === undefined || columns < 2 * indent ? [text] : wrapWords(text, columns - indent);
  const lines = checks.flatMap(({ check, status, detail, remedy }) => {
    const word = padTo(status, most);
    const painted = hasColor ? `\u001b[${COLORS[status]}m${word}\u001b[0m` : word;
    const [first = '', ...more] = wrapped(sanitize(detail));
    const below = [...more, ...(remedy === '' ? [] : wrapped(sanitize(`remedy: ${remedy}`)))];
    return [`${painted}  ${padTo(check, widest)}  ${first}`, ...below.map((line) => ' '.repeat(indent) + line)];
  });
  const count = (status: Status): number => checks.filter((check) => check.status === status).length;
  const sum = `${plural(checks.length, 'check')}: ${count('ok')} ok, ${count('warn')} with a warning, ${count('fail')} failed, ${count('skip')} skipped`;
  return [...lines, '', sum, ''].join('\n');
}
