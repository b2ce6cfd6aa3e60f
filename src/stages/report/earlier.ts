import type { Correction, GoneDrift, Report, ReportFinding } from '../../domain/report.ts';
import { fixState, minute, plural } from '../../domain/words.ts';
import { escapeText } from './markdown.ts';
import { boundedTable, changedBy } from './page-table.ts';
import { workloadPage } from './paths.ts';

const EARLIER_SHOWN = 8;

/** What became of the fields of a page before: corrected, gone by itself, or another value than now; newest first. */
export function earlierDrift(
  report: Pick<Report, 'corrections' | 'gone'>,
  findings: readonly ReportFinding[],
): readonly string[] {
  const [first] = findings;
  if (!first) return [];
  // Of whatever class: a field that was changed may have been removed before.
  const here = new Set(findings.map(({ path }) => path));
  const page = workloadPage(first.object);
  const isHere = ({ object, path }: Pick<ReportFinding, 'object' | 'path'>): boolean =>
    object.name === first.object.name && here.has(path) && workloadPage(object) === page;
  const before = [...report.corrections, ...report.gone]
    .filter(isHere)
    .sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
  if (before.length === 0) return [];
  const rows = before
    .slice(0, EARLIER_SHOWN)
    .map((entry) => [
      escapeText(minute(entry.firstSeen)),
      escapeText(entry.summary),
      changedBy(entry),
      escapeText(minute(entry.time)),
      escapeText(became(entry)),
      'changeSet' in entry ? escapeText(entry.changeSet) : '',
    ]);
  return [
    '## Earlier drift',
    `${plural(before.length, 'drift')} of ${findings.length === 1 ? 'this field' : 'these fields'} on record, newest first.`,
    ...boundedTable(
      ['first seen', 'what', 'changed by', 'until', 'done', 'changeset'],
      rows,
      before.length - rows.length,
      'drift',
      'corrections.jsonl',
    ),
  ];
}

function became(entry: Correction | GoneDrift): string {
  if (!('became' in entry)) return fixState(entry);
  return `${entry.became === 'gone' ? 'resolved without a fix' : 'changed to another drift'}, ${entry.state}`;
}
