import { z } from 'zod';
import { summarySchema } from '../types/report.ts';
import { escapeText, table } from './markdown.ts';
import { parseJson } from './previous.ts';
import { dollars, minute } from './words.ts';

const shownSchema = z.object({
  ...summarySchema.pick({ cluster: true, open: true, worst: true, staged: true, blocked: true }).shape,
  // Reports of before these were kept are shown without them.
  newest: summarySchema.shape.newest.default(null),
  lastCorrected: summarySchema.shape.lastCorrected.default(null),
  costUsdPerMonth: z.number().nullable().default(null),
  incomplete: summarySchema.shape.incomplete.default([]),
});

/** One cluster's row of the index. */
export interface ClusterSummary extends z.output<typeof shownSchema> {
  /** Folder of the report, below the root. */
  readonly folder: string;
}

/** Reads a report.json; `undefined` where it is none. */
export function parseSummary(folder: string, text: string): ClusterSummary | undefined {
  const parsed = parseJson(text, shownSchema);
  return parsed && { ...parsed, folder };
}

/** The page that lists all clusters reporting into this repository. */
export function renderIndex(summaries: readonly ClusterSummary[]): string {
  const rows = summaries.map((summary) => [
    `[${escapeText(summary.cluster)}](${linkTo(summary.folder)})`,
    stateOf(summary),
    summary.worst ?? '',
    summary.newest ? `${summary.newest.count} at ${escapeText(minute(summary.newest.firstSeen))}` : '',
    summary.lastCorrected ? `${summary.lastCorrected.count} at ${escapeText(minute(summary.lastCorrected.time))}` : '',
    summary.costUsdPerMonth === null || summary.open === 0 ? '' : dollars(summary.costUsdPerMonth),
    String(summary.staged),
    String(summary.blocked),
  ]);
  const header = ['cluster', 'state', 'worst', 'newest', 'last fixed', '$ a month', 'staged', 'blocked'];
  return `# Drift reports\n\n${table(header, rows)}\n`;
}

/** Where an index leads, in whatever order and form another version of the tool lists the clusters. */
export function linkedPages(index: string): readonly string[] {
  return [...index.matchAll(/\]\(([^()\s]+\/README\.md)\)/gu)].flatMap(([, link]) => link ?? []).sort();
}

function linkTo(folder: string): string {
  return `${encodeURIComponent(folder).replaceAll(/[()]/gu, (mark) => (mark === '(' ? '%28' : '%29'))}/README.md`;
}

function stateOf({ open, incomplete }: ClusterSummary): string {
  const state = open === 0 ? 'all clear' : `${open} open`;
  return incomplete.length === 0 ? state : `${open === 0 ? '' : `${state}, `}incomplete`;
}
