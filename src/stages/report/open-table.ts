import { displayRef } from '../../domain/object-ref.ts';
import type { Report, ReportFinding } from '../../domain/report.ts';
import { costWords, dollars, plural, returnedWords, stateIn, sumCosts, withoutRepeated } from '../../domain/words.ts';
import { details, escapeText, tableWithin } from './markdown.ts';
import { changedBy, marked, saidOfAll, withoutConstant } from './page-table.ts';
import { workloadPage } from './paths.ts';

// The tables of a cluster's page in which each workload has one row.

const SHOWN = 50;
const FOLDED = 200;
/** Of the table and of the one that is folded. */
const TABLE_BYTES = 30_000;
/** Fields that a row names. */
const NAMED_FIELDS = 4;

/** Findings of each object, in the order given. */
export function byWorkload(findings: readonly ReportFinding[]): readonly (readonly ReportFinding[])[] {
  return [...Map.groupBy(findings, ({ object }) => `${workloadPage(object)} ${displayRef(object)}`).values()];
}

/** The object's name, leading to its page where it has one. */
export function linked(object: ReportFinding['object'], pages: ReadonlySet<string>): string {
  const page = workloadPage(object);
  const name = escapeText(displayRef(object));
  return pages.has(page) ? `[${name}](${page})` : name;
}

/** A row for each workload, worst first. */
export function workloadTable(report: Report, findings: readonly ReportFinding[], pages: ReadonlySet<string>): readonly string[] {
  const workloads = byWorkload(findings);
  const shownRows = workloads.slice(0, SHOWN + FOLDED).map((fields) => rowOf(report, fields, pages));
  const all = ['severity', 'workload', 'owner', 'what', 'changed by', '$ a month', 'state'];
  const { header, rows, said } = withoutConstant(all, shownRows, ['severity', 'workload', 'what']);
  const first = tableWithin(TABLE_BYTES, header, rows.slice(0, SHOWN));
  const shown = Math.min(rows.length, SHOWN) - first.left;
  const folded = rows.slice(shown, shown + FOLDED);
  const second = tableWithin(TABLE_BYTES, header, folded);
  const foldedShown = folded.length - second.left;
  const left = workloads.slice(shown + foldedShown).flat().length;
  return [
    first.text,
    ...saidOfAll(said),
    ...(foldedShown > 0 ? [details(`${plural(foldedShown, 'more workload')}`, [second.text])] : []),
    ...(left > 0 ? [`${left} more are in [findings.jsonl](findings.jsonl).`] : []),
  ];
}

function rowOf(report: Report, fields: readonly ReportFinding[], pages: ReadonlySet<string>): readonly string[] {
  const [worst] = fields;
  if (!worst) return [];
  const lines = withoutRepeated(fields, ({ id }) => id);
  const named = lines.slice(0, NAMED_FIELDS).map((field) => {
    const mark = field.severity === worst.severity ? '' : `${marked(field.severity)}: `;
    const returned = returnedWords(field.returned);
    return `${mark}${escapeText(field.summary)}${returned === '' ? '' : ` (${returned})`}`;
  });
  const more = lines.length - named.length;
  const { known, unknown } = sumCosts(fields);
  return [
    marked(worst.severity),
    linked(worst.object, pages),
    escapeText(worst.owner),
    [...named, ...(more > 0 ? [`and ${plural(more, 'more field')}`] : [])].join('<br>'),
    distinct(lines.map(changedBy)),
    unknown === fields.length ? 'unknown' : `${dollars(known)}${unknown > 0 ? ` and ${unknown} unknown` : ''}`,
    distinct(lines.map((field) => escapeText(stateIn(report, field)))),
  ];
}

function distinct(cells: readonly string[]): string {
  const all = [...new Set(cells)];
  const shown = all.slice(0, NAMED_FIELDS);
  return [...shown, ...(all.length > shown.length ? [`and ${all.length - shown.length} more`] : [])].join('<br>');
}

/** What is no drift: workloads that no unit declares and the like, with what they cost. */
export function notDriftSection(
  report: Report,
  findings: readonly ReportFinding[],
  pages: ReadonlySet<string>,
): readonly string[] {
  if (findings.length === 0) return [];
  const table = workloadTable(report, findings, pages);
  return [
    '## Not drift',
    `${plural(findings.length, 'object')}, ${costWords(findings)}, not counted as drift.`,
    details('Show', table),
  ];
}
