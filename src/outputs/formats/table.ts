import { sanitize } from '../../domain/describe.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { dollars } from '../../domain/words.ts';
import type { Screen } from '../terminal/screen.ts';
import { paintSeverity } from '../terminal/severity.ts';
import { type Column, fitTable } from '../terminal/table.ts';
import type { Entry } from './entry.ts';

type EntryColumn = Column & { readonly cell: (entry: Entry) => string };

const SEVERITY: EntryColumn = { title: 'SEVERITY', role: 'key', paint: paintSeverity, cell: ({ drift }) => drift.severity };
const CHANGE: EntryColumn = { title: 'CHANGE', role: 'key', cell: ({ change }) => change };
const CLUSTER: EntryColumn = { title: 'CLUSTER', role: 'key', cell: ({ cluster }) => cluster };
const MAIN: readonly EntryColumn[] = [
  { title: 'WORKLOAD', role: 'key', isSubject: true, cell: ({ drift }) => displayRef(drift.object) },
  { title: 'WHAT', role: 'text', cell: ({ drift }) => drift.summary },
  { title: 'BY', role: 'extra', cell: ({ drift }) => drift.blame?.manager ?? 'unknown' },
  { title: '$/MONTH', role: 'extra', cell: ({ drift }) => dollars(drift.costUsdPerMonth) },
  { title: 'STATE', role: 'name', cell: ({ state }) => state },
];
const WIDE: readonly EntryColumn[] = [
  { title: 'CLASS', role: 'extra', cell: ({ drift }) => drift.class },
  { title: 'UNIT', role: 'extra', cell: ({ drift }) => drift.unit },
  { title: 'FIRST-SEEN', role: 'extra', cell: ({ drift }) => drift.firstSeen },
  { title: 'DETAIL', role: 'extra', cell: ({ detail }) => detail },
];

export interface TableOptions {
  /** With a column for the cluster. */
  readonly hasClusters: boolean;
  /** With a column for what changed. */
  readonly isComparison: boolean;
  /** Every column, and none of it fitted. */
  readonly isWide: boolean;
}

export function printEntries(entries: readonly Entry[], options: TableOptions, screen: Screen): string {
  const columns = [
    ...(options.isComparison ? [CHANGE] : []),
    SEVERITY,
    ...(options.hasClusters ? [CLUSTER] : []),
    ...MAIN,
    ...(options.isWide ? WIDE : []),
  ];
  const rows = entries.map((entry) => columns.map(({ cell }) => cell(entry)));
  return fitTable(columns, rows, options.isWide ? { ...screen, columns: undefined } : screen);
}

/** `namespace/kind/name` for each object once, as the commands that decide take them. */
export function printNames(entries: readonly Entry[]): string {
  const names = entries.map(({ drift }) => displayRef(drift.object));
  return [...new Set(names)].map((name) => `${sanitize(name)}\n`).join('');
}
