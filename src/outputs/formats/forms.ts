import { sanitize } from '../../domain/describe.ts';
import type { Screen } from '../terminal/screen.ts';
import { printCircumstances } from './circumstances.ts';
import { printJson, printJsonLine, printYaml } from './data.ts';
import { type Entry, type ShownReport, worstFirst } from './entry.ts';
import type { Form } from './form-names.ts';
import { printJunit } from './junit.ts';
import { type SarifFacts, toSarif } from './sarif.ts';
import { printEntries, printNames } from './table.ts';

/** What is to be shown, in any form. */
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

/** The same data in whichever form; ends in a newline unless it is empty. */
export function print(form: Form, showing: Showing, screen: Screen): string {
  const { reports, entriesOf, isComparison } = showing;
  const all = worstFirst(reports.flatMap(entriesOf));
  // A line for people tells at times of two findings, and every other form has both.
  const told = new Set(all.map(({ cluster, id }) => `${cluster} ${id}`));
  const lines = all.filter(({ cluster, drift }) => !told.has(`${cluster} ${drift.shownWith}`));
  switch (form) {
    case 'table':
    case 'wide': {
      const options = { hasClusters: reports.length > 1, isComparison, isWide: form === 'wide' };
      const table = all.length === 0 ? `${showing.nothing}\n` : printEntries(lines, options, screen);
      return table + printCircumstances(reports);
    }
    case 'name':
      return printNames(all);
    case 'json':
      return printJson(showing.document);
    case 'yaml':
      return printYaml(showing.document);
    case 'jsonl':
      return all.map(({ cluster, change, line }) => printJsonLine({ cluster, change, ...line })).join('');
    case 'md':
      // Pages from Git may have been edited by anybody who may write there.
      return (showing.page ?? reports.map(({ page }) => page).join('\n')).split('\n').map(sanitize).join('\n');
    case 'sarif':
      return printJson(
        toSarif(reports, (report) => entriesOf(report).filter(({ change }) => isComparison || change === 'open'), showing.sarif),
      );
    case 'junit':
      return printJunit(reports, entriesOf);
  }
}

/** What forms of one finding a line have no place for; for standard error, where it is in nobody's way. */
export function printAside(form: Form, reports: readonly ShownReport[]): string {
  return form === 'name' || form === 'jsonl' ? printCircumstances(reports) : '';
}
