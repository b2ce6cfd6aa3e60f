import { summarize } from '../../domain/describe.ts';
import { parsePath } from '../../domain/field-path.ts';
import { canonicalJson } from '../../domain/finding.ts';
import type { Correction, GoneDrift, PreviousReport, ReportFinding } from '../../domain/report.ts';
import { textsNotShown, withoutTexts } from '../../domain/show/redact.ts';
import { showAgain } from '../../domain/show/show.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import { escapeText } from './markdown.ts';

// Reports of before showed values by another policy: what is read of one passes today's.

/** What a report tells of values. */
type ShownParts = Pick<PreviousReport, 'findings' | 'corrections' | 'gone' | 'decisions'>;

/** Parts of a report as they may be shown now; `page` is its README.md, empty where that is of no interest. */
export function showReportAgain<T extends ShownParts & { readonly page: string }>(report: T, show: ShowValues): T {
  const hidden: string[] = [];
  const without = (text: string): string => withoutTexts(text, hidden);
  const lines = <L extends ReportFinding | Correction | GoneDrift>(all: readonly L[]): readonly L[] =>
    all.map((line) => showLineAgain(line, show, hidden));
  const [findings, corrections, gone] = [lines(report.findings), lines(report.corrections), lines(report.gone)];
  // The pages escape what has a meaning in Markdown.
  const escaped = [...hidden, ...hidden.map(escapeText)];
  return {
    ...report,
    findings: findings.map((line) => ({ ...line, detail: without(line.detail), message: without(line.message) })),
    corrections: corrections.map((line) => ({ ...line, note: without(line.note), unhealthy: without(line.unhealthy) })),
    gone: gone.map((line) => ({ ...line, state: without(line.state) })),
    decisions: report.decisions.map((entry) => ({ ...entry, what: without(entry.what), detail: without(entry.detail) })),
    page: withoutTexts(report.page, escaped),
  };
}

/** A line of findings.jsonl, corrections.jsonl or gone.jsonl; adds the texts that are not shown any more to `hidden`. */
function showLineAgain<L extends ReportFinding | Correction | GoneDrift>(line: L, show: ShowValues, hidden: string[]): L {
  const { object, path: text, class: found } = line;
  const path = parsePath(text);
  const { desired, live } = showAgain(object, path, line, show);
  if (canonicalJson([desired, live]) === canonicalJson([line.desired, line.live])) return line;
  hidden.push(...textsNotShown(line.desired, desired), ...textsNotShown(line.live, live));
  const sides = { desired: desired ?? undefined, live: live ?? undefined };
  return { ...line, desired, live, summary: summarize({ class: found, ref: object, path, ...sides }) };
}
