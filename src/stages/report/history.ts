import { canonicalJson } from '../../domain/finding.ts';
import type { PreviousReport, Report, ReportFinding, UnitHistory } from '../../domain/report.ts';
import { pagesOf } from './render.ts';

/**
 * Units whose last revisions are to be read: those with a page on which something is news. Revisions come and go with
 * everybody's work on a unit, so the ones on a page stay as they were read until its drift itself is news.
 */
export function unitsWithNews(report: Report, previous: PreviousReport): readonly string[] {
  const before = new Map(previous.findings.map((finding) => [finding.id, canonicalJson(finding)]));
  const isNews = (finding: ReportFinding): boolean => finding.unit !== '' && before.get(finding.id) !== canonicalJson(finding);
  const shown = [...pagesOf(report).values()].flat();
  return [...new Set(shown.filter(isNews).map(({ unit }) => unit))].sort();
}

/** The report with the revisions that were read now, and those of other drifting units as the last report has them. */
export function withHistories(report: Report, previous: PreviousReport, read: readonly UnitHistory[]): Report {
  const drifting = new Set(report.findings.map(({ unit }) => unit));
  const known = new Map([...previous.units, ...read].map((history) => [history.unit, history]));
  const units = [...known.values()].filter(({ unit }) => drifting.has(unit)).sort((a, b) => (a.unit < b.unit ? -1 : 1));
  return { ...report, units };
}
