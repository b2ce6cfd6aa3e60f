import { sanitize } from '../../domain/describe.ts';
import type { Correction, GoneDrift, Report, ReportFinding } from '../../domain/report.ts';
import { quoted } from '../../domain/shell.ts';
import { fixState, plural } from '../../domain/words.ts';
import { details, escapeText, fence } from './markdown.ts';
import { revisionsOf } from './next-steps.ts';
import { boundedTable, cellOf, changedBy, moment, saidOfAll, withoutConstant } from './page-table.ts';
import { pathPart, workloadPage } from './paths.ts';

const EARLIER_SHOWN = 8;

/** What became of the fields of an object before: corrected, gone by itself, or another value than now; newest first. */
export function earlierDrift(
  report: Pick<Report, 'corrections' | 'gone'>,
  object: ReportFinding['object'],
  { heading, isFolded }: { readonly heading: string; readonly isFolded: boolean },
): readonly string[] {
  const page = workloadPage(object);
  const before = [...report.corrections, ...report.gone]
    .filter((entry) => entry.object.name === object.name && workloadPage(entry.object) === page)
    .sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
  if (before.length === 0) return [];
  const rows = before
    .slice(0, EARLIER_SHOWN)
    .map((entry) => [
      moment(entry.firstSeen),
      escapeText(entry.summary),
      changedBy(entry),
      moment(entry.time),
      escapeText(became(entry)),
      'changeSet' in entry ? cellOf(entry.changeSet) : '',
    ]);
  const all = ['first seen', 'what', 'changed by', 'until', 'done', 'changeset'];
  const { header, rows: shown, said } = withoutConstant(all, rows, ['first seen', 'what', 'until', 'done']);
  const body = [...boundedTable(header, shown, before.length - rows.length, 'drift', 'corrections.jsonl'), ...saidOfAll(said)];
  const words = `${plural(before.length, 'drift')} of this object on record, newest first`;
  return [heading, ...(isFolded ? [details(words, body)] : [`${words}.`, ...body])];
}

/** The commands that list everything about an object: its page's commits and its unit's revisions. */
export function fullHistory(
  { cluster }: Pick<Report, 'cluster'>,
  { object, unit }: Pick<ReportFinding, 'object' | 'unit'>,
  root: string,
): readonly string[] {
  const path = [root, pathPart(cluster), workloadPage(object)].filter((part) => part !== '').join('/');
  const lists = [`git log -p -- ${quoted(path)}`, ...(unit === '' ? [] : [revisionsOf(unit)])];
  return ['## Full history', ...lists.map((command) => fence('sh', [sanitize(command)]))];
}

function became(entry: Correction | GoneDrift): string {
  if (!('became' in entry)) return fixState(entry);
  return `${entry.became === 'gone' ? 'resolved without a fix' : 'changed to another drift'}, ${entry.state}`;
}
