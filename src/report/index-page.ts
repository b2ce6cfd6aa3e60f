import { z } from 'zod';
import { escapeText, table } from './markdown.ts';

const summarySchema = z.object({
  cluster: z.string(),
  open: z.number(),
  worst: z.string().nullable(),
  staged: z.number(),
  blocked: z.number(),
});

/** One cluster's row of the index. */
export interface ClusterSummary extends z.output<typeof summarySchema> {
  /** Folder of the report, below the root. */
  readonly folder: string;
}

/** Reads a report.json; `undefined` where it is none. */
export function parseSummary(folder: string, text: string): ClusterSummary | undefined {
  try {
    const parsed = summarySchema.safeParse(JSON.parse(text));
    return parsed.success ? { ...parsed.data, folder } : undefined;
  } catch {
    return undefined;
  }
}

/** The page that lists all clusters reporting into this repository. */
export function renderIndex(summaries: readonly ClusterSummary[]): string {
  const rows = summaries.map(({ cluster, folder, open, worst, staged, blocked }) => [
    `[${escapeText(cluster)}](${encodeURIComponent(folder).replaceAll(/[()]/gu, (mark) => (mark === '(' ? '%28' : '%29'))}/README.md)`,
    open === 0 ? 'all clear' : `${open} open`,
    escapeText(worst ?? ''),
    String(staged),
    String(blocked),
  ]);
  return `# Drift reports\n\n${table(['cluster', 'state', 'worst', 'staged', 'blocked'], rows)}\n`;
}
