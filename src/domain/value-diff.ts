import { diffArrays } from 'diff';
import { stringify } from 'yaml';
import { cutText } from './describe.ts';
import { canonicalJson } from './finding.ts';
import type { Json } from './json.ts';
import type { ReportFinding } from './report.ts';
import { isHiddenForm } from './secret.ts';

type Step = ReportFinding['steps'][number];
export type DiffedField = Pick<ReportFinding, 'steps' | 'desired' | 'live'>;

/** Lines of one side that are looked at, and characters of one line that are shown. */
const SIDE_LINES = 400;
const LINE_LENGTH = 400;
/** Lines that agree, shown around those that do not. */
const CONTEXT = 3;

/**
 * The fields of one object as one unified diff of its document: `-` is desired, `+` is live, within their parent
 * fields. It is made only of the findings, so it changes only if one of them does.
 */
export function objectDiff(fields: readonly DiffedField[]): readonly string[] {
  const sorted = fields
    .filter((field) => field.steps.length > 0)
    .map((field) => ({ field, rest: field.steps, key: canonicalJson(field.steps) ?? '' }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return branch(sorted, '');
}

interface Entry {
  readonly field: DiffedField;
  readonly rest: readonly Step[];
}

function branch(entries: readonly Entry[], indent: string): readonly string[] {
  const lines: string[] = [];
  for (const together of Map.groupBy(entries, ({ rest }) => canonicalJson(rest[0])).values()) {
    const [step] = together[0]?.rest ?? [];
    if (step === undefined) continue;
    const inside = together.filter(({ rest }) => rest.length > 1);
    for (const { field } of together.filter(({ rest }) => rest.length === 1)) lines.push(...leaf(step, field, indent));
    if (inside.length === 0) continue;
    lines.push(...labels(step).map((label) => ` ${indent}${label}`));
    lines.push(
      ...branch(
        inside.map(({ field, rest }) => ({ field, rest: rest.slice(1) })),
        `${indent}  `,
      ),
    );
  }
  return lines;
}

/** How a step reads in YAML, without what is below it. */
function labels(step: Step): readonly string[] {
  if ('field' in step) return [stringify({ [step.field]: {} }, FLOW).replace(/ \{\}\n$/u, '')];
  const element = 'key' in step ? step.key : step.member;
  return stringify([element], FLOW).trimEnd().split('\n');
}

const FLOW = { lineWidth: 0 } as const;

function leaf(step: Step, { desired, live }: DiffedField, indent: string): readonly string[] {
  const [before, after] = [side(step, desired), side(step, live)];
  const mark = (sign: string, line: string): string =>
    `${sign}${indent}${line.length > LINE_LENGTH ? `${cutText(line, LINE_LENGTH)}…` : line}`;
  // Two values that are not shown look alike and are not.
  const isHidden = typeof desired === 'string' && typeof live === 'string' && isHiddenForm(desired) && isHiddenForm(live);
  const [shownBefore, shownAfter] = [before.slice(0, SIDE_LINES), after.slice(0, SIDE_LINES)];
  const parts = isHidden
    ? [
        { removed: true, added: false, value: before },
        { removed: false, added: true, value: after },
      ]
    : diffArrays(shownBefore, shownAfter);
  const lines: string[] = [];
  for (const [index, part] of parts.entries()) {
    const sign = part.added ? '+' : part.removed ? '-' : ' ';
    const all = part.value.map((line) => mark(sign, line));
    if (sign !== ' ') {
      lines.push(...all);
      continue;
    }
    const head = index === 0 ? 0 : CONTEXT;
    const tail = index === parts.length - 1 ? 0 : CONTEXT;
    const hidden = all.length - head - tail;
    if (hidden <= 1) lines.push(...all);
    else lines.push(...all.slice(0, head), `@@ ${hidden} unchanged lines @@`, ...all.slice(all.length - tail));
  }
  const cut = Math.max(before.length, after.length) - SIDE_LINES;
  if (cut > 0) lines.push(`@@ ${cut} more lines, see findings.jsonl @@`);
  return lines;
}

/** The lines of one side's value at its place; none where it is absent. */
function side(step: Step, value: Json): readonly string[] {
  if (value === null) return [];
  return stringify('field' in step ? { [step.field]: value } : [value], FLOW)
    .trimEnd()
    .split('\n');
}
