import type { Comparison } from '../../domain/finding.ts';
import { CLASSES, FINDING_CLASSES } from '../../domain/finding-classes.ts';
import type { FixOutcome } from '../../domain/outcome.ts';
import type { Report } from '../../domain/report.ts';
import { countWords, type ObjectCounts } from '../formats/counts.ts';

/** What a pass that came to its end has to tell in numbers. */
export interface PassNumbers {
  /** sha256 of the report, in hexadecimal. */
  readonly digest: string;
  readonly open: number;
  readonly isNew: number;
  readonly compared: number;
  readonly workloads: ObjectCounts;
  readonly corrections: ObjectCounts;
}

/** One pass, as the Lease records it. */
export interface PassRecord {
  readonly pass: string;
  /** `complete`, or why it was not: a word for each exit code. */
  readonly result: string;
  readonly endedAt: Date;
  /** `undefined` where the pass failed on its way. */
  readonly numbers: PassNumbers | undefined;
  /** Fixes that this pass made and could not report; `undefined` where it neither fixed nor reported. */
  readonly unreportedFixes: number | undefined;
}

/** Classes by the state of an object, worst first; a class of whole objects has no other beside it. */
const COUNTED = FINDING_CLASSES.filter((found) => CLASSES[found].state !== '');

/** What of a pass is counted. */
export interface CountedPass {
  readonly comparison: Comparison;
  readonly outcomes: readonly FixOutcome[];
  readonly report: Report;
}

export function numbersOf({ comparison, outcomes, report }: CountedPass): PassNumbers {
  const states = comparison.objects.flatMap(({ findings, desired }) => {
    const worst = COUNTED.find((found) => findings.some((finding) => finding.class === found));
    return worst === undefined ? [] : [{ state: CLASSES[worst].state, isCompared: desired !== undefined }];
  });
  const workloads = countWords(states.map(({ state }) => state));
  const differing = states.filter(({ isCompared }) => isCompared).length;
  return {
    digest: report.digest,
    open: report.findings.length,
    isNew: report.newFindings,
    compared: comparison.compared,
    workloads: {
      ...workloads,
      in_sync: comparison.compared - differing,
      ...(comparison.unread > 0 ? { unread: comparison.unread } : {}),
      ...(comparison.invalid.length > 0 ? { invalid: comparison.invalid.length } : {}),
      ...(comparison.notMonitored > 0 ? { not_monitored: comparison.notMonitored } : {}),
    },
    corrections: countWords(outcomes.map(({ result }) => result)),
  };
}

const PREFIX = 'drift-detector/';
const UNREPORTED = 'unreported-fixes';
/** Fixes that have no pair of revisions, from before they are made until a report names them. */
export const NOTES = `${PREFIX}fixes`;

/** What the Lease says of the last pass. The time of the last success stays while passes fail. */
export function annotationsOf({ pass, result, endedAt, numbers, unreportedFixes }: PassRecord): Readonly<Record<string, string>> {
  const time = endedAt.toISOString();
  const annotations: Record<string, string> = { 'last-pass': pass, 'last-run': time, 'last-result': result };
  if (result === 'complete') annotations['last-success'] = time;
  if (unreportedFixes !== undefined) annotations[UNREPORTED] = String(unreportedFixes);
  if (numbers) {
    const { digest, compared, open, isNew, corrections, workloads } = numbers;
    annotations['report-digest'] = `sha256:${digest}`;
    annotations['counts'] = JSON.stringify({ compared, open, new: isNew, ...corrections, workloads });
  }
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${PREFIX}${name}`, value]));
}

/** What `annotationsOf` a pass before this one says of its fixes. */
export function unreportedFixesIn(annotations: Readonly<Record<string, string>>): number {
  const count = Number(annotations[`${PREFIX}${UNREPORTED}`] ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

/** The last pass as `annotationsOf` describes it. */
export interface RecordedPass {
  readonly pass: string;
  /** RFC 3339, as `lastSuccess` is. */
  readonly endedAt: string;
  readonly result: string;
  /** Empty where none succeeded. */
  readonly lastSuccess: string;
  /** Without those of workloads; empty where the pass failed on its way. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What `annotationsOf` says of the last pass; `undefined` where it says nothing. */
export function recordedPassIn(annotations: Readonly<Record<string, string>>): RecordedPass | undefined {
  const text = (name: string): string => annotations[PREFIX + name] ?? '';
  const endedAt = text('last-run');
  if (Number.isNaN(Date.parse(endedAt))) return undefined;
  return {
    pass: text('last-pass'),
    endedAt,
    result: text('last-result'),
    lastSuccess: text('last-success'),
    counts: countsIn(text('counts')),
  };
}

/** Anybody who may write the Lease may have written it: what is no number is left out. */
function countsIn(text: string): ObjectCounts {
  try {
    const counts: unknown = JSON.parse(text);
    if (typeof counts !== 'object' || counts === null) return {};
    return Object.fromEntries(Object.entries(counts).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  } catch {
    return {};
  }
}
