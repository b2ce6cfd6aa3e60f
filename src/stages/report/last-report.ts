import type * as z from 'zod';
import type { Clone } from '../../clients/git/clone.ts';
import { GitCommandError } from '../../clients/git/command.ts';
import { type Head, listEntries, readEntry, type TreeEntry } from '../../clients/git/head.ts';
import { readVersions } from '../../clients/git/history.ts';
import {
  correctionSchema,
  findingSchema,
  goneSchema,
  type PreviousReport,
  type ReportFault,
  summarySchema,
} from '../../domain/report.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import { plural } from '../../domain/words.ts';
import { parseAs, parseCorrections, parseFindings, parseGone, parseSummary } from './previous.ts';
import { showReportAgain } from './shown-again.ts';

/** Texts of the data files by name; `undefined` for a file that is not there. */
export type Texts = ReadonlyMap<string, string | undefined>;
type Summary = z.output<typeof summarySchema>;

const SUMMARY = 'report.json';

interface LinesFile {
  readonly name: string;
  readonly schema: z.ZodType;
  /** How many lines report.json says that it has. */
  readonly count: (summary: Summary) => number | undefined;
  /** Without it no fix can be judged: since when a finding is known, what was fixed before. */
  readonly holdsFixes: boolean;
}

const LINES: readonly LinesFile[] = [
  { name: 'findings.jsonl', schema: findingSchema, count: ({ open }) => open, holdsFixes: true },
  { name: 'corrections.jsonl', schema: correctionSchema, count: ({ corrections }) => corrections, holdsFixes: true },
  // It explains, and no more. Reports of before there was such a file have none.
  { name: 'gone.jsonl', schema: goneSchema, count: ({ gone }) => gone, holdsFixes: false },
];
/** All files of a report that are read again. */
export const DATA_FILES: readonly string[] = [SUMMARY, ...LINES.map(({ name }) => name)];
/** Reports that are read of the history, and looked at, for one that is whole. */
const ENOUGH_REPORTS = 3;
const MAX_REPORTS = 20;

export interface LastReportPlace {
  readonly branch: string;
  /** From the top of the repository. */
  readonly folder: string;
  readonly cluster: string;
  /** What of the values that it holds may be shown again. */
  readonly show: ShowValues;
}

/**
 * The last report of a cluster as the branch has it. Anybody with write access may have edited it: a file that is broken is
 * named in `faults`, and what it held is taken from the newest report before it that is whole, else as far as it can be read.
 */
export async function readLastReport(clone: Clone, head: Head, place: LastReportPlace): Promise<PreviousReport> {
  const { folder, cluster, show } = place;
  const found = await readTexts(clone, head.entries, folder);
  const faults = DATA_FILES.some((name) => head.entries.has(`${folder}/${name}`)) ? faultsOf(found, cluster) : [];
  const whole = faults.length === 0 ? undefined : await lastWhole(clone, head, place);
  const isBroken = new Set(faults.map(({ file }) => file));
  const text = (name: string): string => (isBroken.has(name) && whole ? whole : found).get(name) ?? '';
  const { page: _, ...previous } = showReportAgain(
    {
      ...parseSummary(text(SUMMARY)),
      findings: parseFindings(text('findings.jsonl')),
      corrections: parseCorrections(text('corrections.jsonl')),
      gone: parseGone(text('gone.jsonl')),
      page: '',
    },
    show,
  );
  return { ...previous, faults };
}

async function readTexts({ git }: Clone, entries: ReadonlyMap<string, TreeEntry>, folder: string): Promise<Texts> {
  const texts = new Map<string, string | undefined>();
  for (const name of DATA_FILES) texts.set(name, await readEntry(git, entries.get(`${folder}/${name}`)));
  return texts;
}

/** What is wrong with the files of a report; empty for one that is whole. */
export function faultsOf(texts: Texts, cluster: string): readonly ReportFault[] {
  const summary = parseAs(texts.get(SUMMARY) ?? '', summarySchema);
  const found = [
    { file: SUMMARY, fault: faultOfSummary(texts.get(SUMMARY), summary, cluster), holdsFixes: true },
    ...LINES.map(({ name, schema, count, holdsFixes }) => ({
      file: name,
      fault: faultOfLines(texts.get(name), schema, summary && count(summary)),
      holdsFixes,
    })),
  ];
  return found.filter(({ fault }) => fault !== '');
}

function faultOfSummary(text: string | undefined, summary: Summary | undefined, cluster: string): string {
  if (text === undefined) return 'there is none';
  if (summary === undefined) return 'it is not the summary of a report';
  return summary.cluster === cluster ? '' : 'it belongs to another cluster';
}

/** `count` is the expected number of lines; `undefined` if unknown. */
function faultOfLines(text: string | undefined, schema: z.ZodType, count: number | undefined): string {
  if (text === undefined) return (count ?? 0) === 0 ? '' : 'there is none';
  const lines = text.split('\n');
  const last = lines.pop();
  const wrong = lines.findIndex((line) => parseAs(line, schema) === undefined);
  if (wrong >= 0) return `line ${wrong + 1} is invalid`;
  if (last !== '') return 'its last line is truncated';
  return count === undefined || lines.length === count
    ? ''
    : `it has ${plural(lines.length, 'line')}, but report.json counts ${count}`;
}

/** The files of the newest report that is whole; `undefined` where none of the newest is, or history cannot be read. */
async function lastWhole(clone: Clone, head: Head, { branch, folder, cluster }: LastReportPlace): Promise<Texts | undefined> {
  const path = `${folder}/${SUMMARY}`;
  const isSummary = ({ text }: { readonly text: string }): boolean => parseAs(text, summarySchema)?.cluster === cluster;
  try {
    const { versions } = await readVersions(
      clone,
      { branch, commit: head.commit, path, report: path },
      // That of a broken report may be one of them.
      (history) => history.versions.filter(isSummary).length >= ENOUGH_REPORTS,
    );
    for (const { commit } of versions.filter(isSummary).slice(0, MAX_REPORTS)) {
      const texts = await readTexts(clone, await listEntries(clone.git, commit, folder), folder);
      if (faultsOf(texts, cluster).length === 0) return texts;
    }
  } catch (error) {
    if (!(error instanceof GitCommandError)) throw error;
  }
  return undefined;
}
