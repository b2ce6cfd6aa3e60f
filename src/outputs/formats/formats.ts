import { sanitize } from '../../domain/describe.ts';
import { keysOf } from '../../domain/keys-of.ts';
import type { Screen } from '../terminal/screen.ts';
import { printContext } from './context-lines.ts';
import { printJson, printJsonLine, printYaml } from './data.ts';
import { type Entry, type ShownReport, worstFirst } from './entry.ts';
import { printJunit } from './junit.ts';
import { type SarifFacts, toSarif } from './sarif.ts';
import { printEntries, printNames } from './table.ts';
import { printUnified } from './unified.ts';

/** What is to be shown, in any format. */
export interface Showing {
  readonly reports: readonly ShownReport[];
  readonly entriesOf: (report: ShownReport) => readonly Entry[];
  /** What `json` and `yaml` hold, which is more than the entries. */
  readonly document: object;
  /** `md` in place of the reports' own pages. */
  readonly page: string | undefined;
  /** The sentence in the place of a table without rows. */
  readonly nothing: string;
  /** The entries tell what changed, and not how things are. */
  readonly isComparison: boolean;
  readonly sarif: SarifFacts;
}

/** One format of a result. */
export interface Format {
  /** What it is, for the documentation. */
  readonly about: string;
  /** The text; ends in a newline unless it is empty. `entries` are those of all reports, worst first. */
  readonly print: (showing: Showing, entries: readonly Entry[], screen: Screen) => string;
  /** Of a format that takes any data: a plan is such a document as well. */
  readonly printDocument?: (document: object) => string;
  /** Of a table for people: a plan is such a table as well. A wide one has every column, and none of it fitted. */
  readonly table?: 'fitted' | 'wide';
  /** Each line is a finding: what must be known beside them goes to standard error. */
  readonly hasFindingsOnly?: true;
}

const asDocument = (printDocument: (document: object) => string): Pick<Format, 'print' | 'printDocument'> => ({
  printDocument,
  print: ({ document }) => printDocument(document),
});

const asTable = (table: NonNullable<Format['table']>): Pick<Format, 'print' | 'table'> => ({
  table,
  print({ reports, isComparison, nothing }, entries, screen) {
    // A line for people tells at times of two findings, and every other format has both.
    const listed = new Set(entries.map(({ cluster, id }) => `${cluster} ${id}`));
    const lines = entries.filter(({ cluster, drift }) => !listed.has(`${cluster} ${drift.shownWith}`));
    const options = { hasClusters: reports.length > 1, isComparison, isWide: table === 'wide' };
    const rows = entries.length === 0 ? `${nothing}\n` : printEntries(lines, options, screen);
    return rows + printContext(reports);
  },
});

/** What `--output` may be, in the order of help and documentation. */
export const FORMATS = {
  table: { about: 'a table, worst first, fitted to the terminal', ...asTable('fitted') },
  wide: { about: 'the table with every column, nothing cut', ...asTable('wide') },
  json: { about: 'one JSON document', ...asDocument(printJson) },
  yaml: { about: 'the same document as YAML', ...asDocument(printYaml) },
  name: {
    about: '`namespace/kind/name` of each object, as `accept`, `fix` and `ignore` take them',
    hasFindingsOnly: true,
    print: (_, entries) => printNames(entries),
  },
  diff: {
    about: 'a unified diff of each object, with the signs of `kubectl diff`: `-` is live, `+` is desired',
    hasFindingsOnly: true,
    print: (_, entries) =>
      printUnified(entries.flatMap(({ line, drift }) => ('steps' in line ? [{ ...line, summary: drift.summary }] : []))),
  },
  md: {
    about: 'the Markdown page of the report',
    print: ({ page, reports }) =>
      // Anyone with write access may have edited pages in Git.
      (page ?? reports.map((report) => report.page).join('\n')).split('\n').map(sanitize).join('\n'),
  },
  jsonl: {
    about: 'one JSON document a line, for each finding',
    hasFindingsOnly: true,
    print: (_, entries) => entries.map(({ cluster, change, line }) => printJsonLine({ cluster, change, ...line })).join(''),
  },
  sarif: {
    about: 'SARIF 2.1.0, for a code scanning page',
    print: ({ reports, entriesOf, isComparison, sarif }) =>
      printJson(toSarif(reports, (report) => entriesOf(report).filter(({ change }) => isComparison || change === 'open'), sarif)),
  },
  junit: {
    about: 'JUnit XML, for the test page of a CI system',
    print: ({ reports, entriesOf }) => printJunit(reports, entriesOf),
  },
  none: { about: 'nothing: see the log, the report and the exit code', print: () => '' },
} satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = keysOf(FORMATS);

/** The row of a format, whatever it has. */
export function formatOf(name: FormatName): Format {
  return FORMATS[name];
}

/** The same data in whichever format; ends in a newline unless it is empty. */
export function print(name: FormatName, showing: Showing, screen: Screen): string {
  return formatOf(name).print(showing, worstFirst(showing.reports.flatMap(showing.entriesOf)), screen);
}

/** For standard error: what formats with one finding a line have no place for. */
export function printAside(name: FormatName, reports: readonly ShownReport[]): string {
  return formatOf(name).hasFindingsOnly ? printContext(reports) : '';
}
