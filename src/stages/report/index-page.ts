import * as z from 'zod';
import { SEVERITIES, type Severity } from '../../domain/ranking.ts';
import { summarySchema } from '../../domain/report.ts';
import { dollars } from '../../domain/words.ts';
import { escapeText, table } from './markdown.ts';
import { moment, saidOfAll, withoutConstant } from './page-table.ts';
import { parseAs } from './previous.ts';

const shownSchema = z.object({
  ...summarySchema.pick({ cluster: true, open: true, worst: true, staged: true, blocked: true }).shape,
  // Reports of before these were kept are shown without them.
  newest: summarySchema.shape.newest.default(null),
  lastCorrected: summarySchema.shape.lastCorrected.default(null),
  severities: summarySchema.shape.severities.nullable().default(null),
  costUsdPerMonth: z.number().nullable().default(null),
  unknownCosts: summarySchema.shape.unknownCosts.default(0),
  drift: summarySchema.shape.drift,
  incomplete: summarySchema.shape.incomplete.default([]),
});

/** One cluster's row of the index. */
export interface ClusterSummary extends z.output<typeof shownSchema> {
  /** Folder of the report, below the root. */
  readonly folder: string;
  /** Open findings that are no drift. */
  readonly notDrift: number;
}

/** Reads a report.json; `undefined` where it is none. */
export function parseRow(folder: string, text: string): ClusterSummary | undefined {
  const parsed = parseAs(text, shownSchema);
  if (!parsed) return undefined;
  const { drift, open, severities } = parsed;
  // Of drift alone, as the cluster's own page counts; reports of before do not have it apart.
  const ofDrift = drift ? { ...drift, severities: drift.severities ?? severities } : {};
  return { ...parsed, ...ofDrift, notDrift: open - (drift?.open ?? open), folder };
}

/** Columns that stay whatever they say. */
const KEPT = ['cluster', 'state', 'by severity', '$ a month', 'newest', 'last fixed'];

/** The page that lists all clusters reporting into this repository, with what is open in all of them below. */
export function renderIndex(summaries: readonly ClusterSummary[]): string {
  const header = ['cluster', 'state', 'by severity', '$ a month', 'staged', 'blocked', 'newest', 'last fixed'];
  const rows = summaries.map((summary) => [
    `[${escapeText(summary.cluster)}](${linkTo(summary.folder)})`,
    stateOf(summary),
    ...sums([summary]),
    summary.newest ? `${summary.newest.count} at ${moment(summary.newest.firstSeen)}` : '',
    summary.lastCorrected ? `${summary.lastCorrected.count} at ${moment(summary.lastCorrected.time)}` : '',
  ]);
  if (summaries.length > 1) rows.push(['**all**', stateOf(all(summaries)), ...sums(summaries), '', '']);
  const shown = withoutConstant(header, rows, KEPT);
  return `${['# Drift reports', table(shown.header, shown.rows), ...saidOfAll(shown.said)].join('\n\n')}\n`;
}

/** Where an index leads, in whatever order and form another version of the tool lists the clusters. */
export function linkedPages(index: string): readonly string[] {
  return [...index.matchAll(/\]\(([^()\s]+\/README\.md)\)/gu)].flatMap(([, link]) => link ?? []).sort();
}

function linkTo(folder: string): string {
  return `${encodeURIComponent(folder).replaceAll(/[()]/gu, (mark) => (mark === '(' ? '%28' : '%29'))}/README.md`;
}

/** By severity, what it costs, staged and blocked, as cells. */
function sums(summaries: readonly ClusterSummary[]): readonly string[] {
  const sum = (of: (summary: ClusterSummary) => number): number => summaries.reduce((total, summary) => total + of(summary), 0);
  const count = (severity: Severity): number => sum(({ severities }) => severities?.[severity] ?? 0);
  const isCosted = summaries.some(({ costUsdPerMonth }) => costUsdPerMonth !== null);
  const cents = sum(({ costUsdPerMonth }) => Math.round((costUsdPerMonth ?? 0) * 100));
  const unknown = sum(({ unknownCosts }) => unknownCosts);
  const cost = `${dollars(cents / 100)}${unknown > 0 ? ` and ${unknown} unknown` : ''}`;
  return [
    SEVERITIES.filter((severity) => count(severity) > 0)
      .map((severity) => `${count(severity)} ${severity}`)
      .join(', '),
    !isCosted || sum(({ open }) => open) === 0 ? '' : cost,
    String(sum(({ staged }) => staged)),
    String(sum(({ blocked }) => blocked)),
  ];
}

function all(summaries: readonly ClusterSummary[]): Pick<ClusterSummary, 'open' | 'notDrift' | 'incomplete'> {
  return {
    open: summaries.reduce((total, { open }) => total + open, 0),
    notDrift: summaries.reduce((total, { notDrift }) => total + notDrift, 0),
    incomplete: summaries.flatMap(({ incomplete }) => incomplete),
  };
}

function stateOf({ open, notDrift, incomplete }: Pick<ClusterSummary, 'open' | 'notDrift' | 'incomplete'>): string {
  const state = open === 0 ? 'all clear' : `${open} open`;
  const isClear = open === 0 && incomplete.length > 0;
  const parts = [
    isClear ? '' : state,
    notDrift === 0 ? '' : `${notDrift} not drift`,
    incomplete.length === 0 ? '' : 'incomplete',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
