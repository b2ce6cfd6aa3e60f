import { cutText, fieldName, sanitize } from '../../domain/describe.ts';
import { parsePath } from '../../domain/field-path.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { ReportedDrift } from '../../domain/report.ts';
import { day, dollars, writer } from '../../domain/words.ts';
import { inert } from './inert.ts';

/** Of each line of a commit message. */
export const MAX_LINE = 72;
/** A name that is cut keeps so much, or it says nothing any more. */
const NAME_KEPT = 16;
const INDENT = '  ';

/** A drift and what was done about it, for the body of a commit. */
export interface Entry {
  readonly drift: ReportedDrift;
  readonly done: string;
}

/**
 * One line where it fits; else what was done on the first, what had happened and by whom on those below. Names are cut
 * before values: what was and what is now are always there, on further lines if need be.
 */
export function linesOf({ drift, done }: Entry): readonly string[] {
  const severity = drift.severity.padEnd(8);
  const name = displayRef(drift.object);
  const cost = drift.costUsdPerMonth ? `${dollars(drift.costUsdPerMonth)}/month` : '';
  const by = drift.blame ? `(${writer(drift)}${drift.blame.time === undefined ? '' : ` ${day(drift.blame.time)}`})` : '';
  const join = (...parts: readonly string[]): string => inert(sanitize(parts.filter((part) => part !== '').join('  ')));
  const single = join(severity, name, drift.summary, done, by, cost);
  if (single.length <= MAX_LINE) return [single];
  const withCost = join(severity, name, done, cost);
  if (withCost.length <= MAX_LINE) return [withCost, ...changeLines(drift, join(by))];
  const room = MAX_LINE - join(severity, done).length - INDENT.length;
  const head = join(severity, cutMiddle(name, Math.max(room, NAME_KEPT)), done);
  return [...wrapped(head, ''), ...changeLines(drift, join(by, cost))];
}

function changeLines({ summary: text, path }: ReportedDrift, by: string): readonly string[] {
  const room = MAX_LINE - INDENT.length;
  const summary = inert(sanitize(text));
  if (`${summary} ${by}`.length <= room) return [`${INDENT}${summary} ${by}`.trimEnd()];
  const name = inert(fieldName(parsePath(path)));
  const isNamed = summary.startsWith(`${name} `) || summary.startsWith(`${name}:`);
  const change = isNamed ? summary.slice(name.length) : summary;
  const cutName = (length: number): string => (isNamed ? cutMiddle(name, Math.max(length, NAME_KEPT)) : '');
  const beside = `${cutName(room - change.length - by.length - 1)}${change} ${by}`.trimEnd();
  if (beside.length <= room) return [`${INDENT}${beside}`];
  return [...wrapped(`${cutName(room - change.length)}${change}`, INDENT), ...(by === '' ? [] : wrapped(by, INDENT))];
}

/** A text without its middle, at most `length` characters. */
function cutMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = length - 3;
  const head = cutText(text, Math.ceil(kept / 2));
  return `${head}...${text.slice(text.length - Math.floor(kept / 2)).replace(/^[\udc00-\udfff]/u, '')}`;
}

/** Nothing of the text is lost: broken at spaces where these are, the first line behind `indent`, the others behind one of their own. */
function wrapped(text: string, first: string): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  let indent = first;
  while (rest.length > MAX_LINE - indent.length) {
    const room = MAX_LINE - indent.length;
    const space = rest.lastIndexOf(' ', room);
    const whole = space > room / 2 ? rest.slice(0, space) : cutText(rest, room);
    lines.push(`${indent}${whole}`.trimEnd());
    rest = rest.slice(whole.length).trimStart();
    indent = INDENT;
  }
  return [...lines, `${indent}${rest}`];
}
