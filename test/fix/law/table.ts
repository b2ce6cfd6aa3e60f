import { type Explanation, explain } from '../../diff/every-leaf/data.ts';
import type { Judged } from './court.ts';
import { tellStory } from './tell.ts';

/** How the law held for one case. */
type Result = 'not made' | 'exact' | 'kept' | 'wrong';

/** One case, without the objects that it was about. */
export interface Entry {
  readonly row: string;
  readonly name: string;
  /** What the stranger did, where that has names. */
  readonly changes: readonly string[];
  readonly result: Result;
  readonly isDropped: boolean;
  /** Why each finding that was not fixed was not. */
  readonly reasons: readonly string[];
  /** What is wrong; empty otherwise. */
  readonly faults: readonly string[];
  /** All of it for a person; empty where nothing is wrong. */
  readonly story: string;
}

/** `table` says which findings may stay, and why: by path, by the plan's reason, by a part of its detail. */
export function entryOf(judged: Judged, table: readonly Explanation[]): Entry {
  const { row, name } = judged.case;
  if (judged.status === 'not made')
    return { row, name, changes: [], result: 'not made', isDropped: false, reasons: [], faults: [], story: '' };
  const { kept, faults } = judged.verdict;
  const explained = kept.map((one) => ({ ...one, why: explain(table, one.schemaPath, one.reason, one.detail)?.reason }));
  const unexplained = explained.filter(({ why }) => why === undefined);
  const all = [...faults, ...unexplained.map(({ action, reason, path, detail }) => `${action} ${reason}: ${path}: ${detail}`)];
  return {
    row,
    name,
    changes: judged.changes,
    result: all.length > 0 ? 'wrong' : kept.length > 0 ? 'kept' : 'exact',
    isDropped: judged.isDropped,
    reasons: explained.map(({ reason, why }) => `${reason}: ${why ?? 'WITHOUT A REASON'}`),
    faults: all,
    story: all.length > 0 ? tellStory(judged) : '',
  };
}

const HEADS = ['cases', 'exact', 'a finding stays', 'wrong', 'not made'];

/** One line for each kind of change, one for each reason why a finding stayed, and one for each change in combinations. */
export function lawTable(entries: readonly Entry[]): string {
  const reasons = Map.groupBy(
    entries.flatMap((entry) => entry.reasons),
    (reason) => reason,
  );
  const byChange = Map.groupBy(
    entries.flatMap((entry) => entry.changes.map((change) => ({ change, entry }))),
    ({ change }) => change,
  );
  return [
    ...head('change'),
    ...[...Map.groupBy(entries, ({ row }) => row)].sort(byName).map(([row, of]) => countLine(row, of)),
    countLine('all', entries),
    '',
    `In ${entries.filter(({ isDropped }) => isDropped).length} of these cases the deliverer dropped a fixed field afterwards.`,
    '',
    '| why a finding was not fixed | findings |',
    '|---|---|',
    ...[...reasons].sort(byCount).map(([reason, { length }]) => `| ${reason} | ${length} |`),
    '',
    ...head('change in a combination'),
    ...[...byChange].sort(byName).map(([change, of]) =>
      countLine(
        change,
        of.map(({ entry }) => entry),
      ),
    ),
    '',
  ].join('\n');
}

function head(first: string): readonly string[] {
  return [`| ${[first, ...HEADS].join(' | ')} |`, `|---|${HEADS.map(() => '---').join('|')}|`];
}

/** Counts of one row, as a line of a table. */
export function countLine(row: string, entries: readonly Entry[]): string {
  const count = (result: Result): number => entries.filter((entry) => entry.result === result).length;
  const made = entries.length - count('not made');
  return `| ${[row, made, count('exact'), count('kept'), count('wrong'), count('not made')].join(' | ')} |`;
}

/** Wrong cases by their first fault, the most frequent first, with examples: where to look first. */
export function faultSummary(entries: readonly Entry[]): string {
  const wrong = entries.filter(({ result }) => result === 'wrong');
  const kinds = [...Map.groupBy(wrong, ({ faults: [fault = ''] }) => kindOf(fault))].sort(byCount);
  return kinds
    .map(
      ([kind, group]) =>
        `${group.length} ${kind}\n${group
          .slice(0, 3)
          .map(({ name, faults: [fault = ''] }) => `    ${name}\n      ${fault.slice(0, 400)}`)
          .join('\n')}`,
    )
    .join('\n');
}

/** Without names, places and values. */
function kindOf(fault: string): string {
  return fault
    .replace(/object-\d+/gu, 'OBJECT')
    .replaceAll(/"[^"]*"/gu, '"..."')
    .replaceAll(/\/\S+/gu, '/...')
    .replaceAll(/\d+/gu, '0')
    .slice(0, 160);
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

function byCount([, one]: readonly [string, readonly unknown[]], [, other]: readonly [string, readonly unknown[]]): number {
  return other.length - one.length;
}
