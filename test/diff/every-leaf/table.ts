import type { Outcome } from './judge.ts';

export type Judged = Extract<Outcome, { readonly status: 'judged' }>;

export interface Row {
  readonly kind: string;
  /** Schema paths of the leaves that a manifest holds. */
  readonly leaves: ReadonlySet<string>;
  readonly outcomes: readonly Outcome[];
}

export function judgedOf(outcomes: readonly Outcome[]): readonly Judged[] {
  return outcomes.filter((outcome) => outcome.status === 'judged');
}

/** Found, at the right path, of the right class and hand, and nothing else. */
export function isRight(one: Judged): boolean {
  return one.isFound && one.isRightPath && one.isRightManager;
}

const HEADS = [
  'kind',
  'leaves',
  'with a change',
  'tried',
  'refused',
  'no change',
  'judged',
  'found',
  'right path',
  'right manager',
  'percent',
];

/** A line for each kind: what was tried, what the API let through, and how much of that was found as it should be. */
export function countTable(rows: readonly Row[]): string {
  const lines = rows.map(({ kind, leaves, outcomes }) => {
    const judged = judgedOf(outcomes);
    const count = (status: Outcome['status']): number => outcomes.filter((outcome) => outcome.status === status).length;
    return [
      kind,
      leaves.size,
      leaves.size - untouched({ kind, leaves, outcomes }).length,
      outcomes.length,
      count('refused'),
      count('no-op'),
      judged.length,
      judged.filter((one) => one.isFound).length,
      judged.filter((one) => one.isRightPath).length,
      judged.filter((one) => one.isRightManager).length,
      ((100 * judged.filter(isRight).length) / Math.max(1, judged.length)).toFixed(2),
    ];
  });
  return [HEADS, ...lines].map((cells) => cells.join(' | ')).join('\n');
}

/** Leaves that the API does not let anyone change. */
export function untouched({ leaves, outcomes }: Row): readonly string[] {
  const touched = new Set(judgedOf(outcomes).map(({ mutation }) => mutation.schemaPath));
  return [...leaves].filter((leaf) => !touched.has(leaf));
}

/** Why the API did not let one change what, with one answer of the server for each reason. */
export function refusalTable(outcomes: readonly Outcome[], reasonOf: (outcome: Outcome) => string | undefined): string {
  const groups = new Map<string, { count: number; readonly example: string }>();
  for (const outcome of outcomes) {
    if (outcome.status === 'judged') continue;
    const key = `${outcome.status}: ${reasonOf(outcome) ?? 'WITHOUT A REASON'}`;
    const last = outcome.message.split('\n').at(-1) ?? '';
    const said = last.replace(/^.* is invalid: /u, '').slice(0, 160);
    const group = groups.get(key) ?? { count: 0, example: `${outcome.mutation.act} ${outcome.mutation.schemaPath}: ${said}` };
    group.count++;
    groups.set(key, group);
  }
  const lines = [...groups].sort(([, a], [, b]) => b.count - a.count);
  return lines.map(([reason, { count, example }]) => `${count} ${reason} (${example})`).join('\n');
}

export function describeOutcome(outcome: Outcome): string {
  const { base, act, schemaPath } = outcome.mutation;
  const what = `${base.ref.kind} ${base.ref.name}: ${act} ${schemaPath}`;
  if (outcome.status !== 'judged') return `${outcome.status} ${what} ${outcome.message.replaceAll('\n', ' | ')}`;
  const list = (lines: readonly string[]): string => lines.join('\n           ') || 'nothing';
  return `${what}\n  expected ${list(outcome.expected)}\n  found    ${list(outcome.found)}`;
}
