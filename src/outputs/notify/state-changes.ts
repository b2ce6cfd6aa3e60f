import { printPath } from '../../domain/field-path.ts';
import type { Finding } from '../../domain/finding.ts';
import { DRIFT_CLASSES } from '../../domain/finding-classes.ts';
import { type ObjectRef, objectKey } from '../../domain/object-ref.ts';
import { type Severity, severityOrder } from '../../domain/ranking.ts';
import type { PreviousReport, Report, ReportedDrift, ReportFinding } from '../../domain/report.ts';
import { state } from '../../stages/report/report.ts';

type StateChangeReason = 'DriftDetected' | 'DriftCorrected' | 'CorrectionFailed' | 'DriftSuppressed';

/** Something that became of a drift in this pass, and was not so in the last report. */
export interface StateChange {
  readonly reason: StateChangeReason;
  readonly object: ObjectRef;
  readonly severity: Severity;
  /** The same for the same change of the same drift, and for no other. */
  readonly key: string;
  readonly note: string;
}

/** Reasons to hold back a fix that pass or can be lifted; others are how things are set up. */
const HOLDS: ReadonlySet<string> = new Set(['grace', 'paused', 'contested', 'no-effect', 'held-by-model']);
const FAILURES: ReadonlySet<string> = new Set(['failed', 'overridden', 'no-effect']);

/** What changed since the last report, worst first. `informational` tells which drifts a rule covers now. */
export function stateChanges(
  report: Report,
  previous: Pick<PreviousReport, 'findings'>,
  informational: readonly Finding[],
): readonly StateChange[] {
  const before = new Map(previous.findings.map((finding) => [finding.id, finding]));
  const corrected = report.fixedNow === 0 ? [] : report.corrections.slice(-report.fixedNow);
  const changes = [
    ...corrected.map((correction) =>
      change('DriftCorrected', correction, `${correction.findingId} ${correction.time}`, `Fixed: ${sentenceOf(correction)}`),
    ),
    ...report.findings.flatMap((finding) => changesOf(finding, before.get(finding.id))),
    ...nowIgnored(report, previous, informational),
  ];
  return changes.toSorted((a, b) => severityOrder(a.severity) - severityOrder(b.severity));
}

function changesOf(finding: ReportFinding, before: ReportFinding | undefined): readonly StateChange[] {
  if (!DRIFT_CLASSES.has(finding.class)) return [];
  const { fingerprint, firstSeen, result, reason, detail, message } = finding;
  const isNew = before?.fingerprint !== fingerprint;
  const key = `${fingerprint} ${firstSeen}`;
  const changes: StateChange[] = [];
  if (isNew) changes.push(change('DriftDetected', finding, key, `${sentenceOf(finding)}: ${state(finding)}`));
  const hasFailed = result !== null && FAILURES.has(result);
  if (hasFailed && (isNew || before.result !== result)) {
    changes.push(change('CorrectionFailed', finding, `${key} ${result}`, `${sentenceOf(finding)}: ${result}: ${message}`));
  }
  const isHeld = result === null && HOLDS.has(reason);
  if (isHeld && (isNew || before.reason !== reason)) {
    changes.push(change('DriftSuppressed', finding, `${key} ${reason}`, `${sentenceOf(finding)}: ${reason}: ${detail}`));
  }
  return changes;
}

/** Drift that the last report had open and that an ignore rule covers since. */
function nowIgnored(
  report: Report,
  previous: Pick<PreviousReport, 'findings'>,
  informational: readonly Finding[],
): readonly StateChange[] {
  const notes = new Map(
    informational
      .filter(({ note }) => note.startsWith('ignored'))
      .map(({ ref, path, note }) => [`${objectKey(ref)} ${printPath(path)}`, note]),
  );
  const open = new Set(report.findings.map(({ id }) => id));
  return previous.findings.flatMap((finding) => {
    const note = notes.get(`${objectKey(finding.object)} ${finding.path}`);
    if (!DRIFT_CLASSES.has(finding.class) || open.has(finding.id) || note === undefined) return [];
    return [
      change(
        'DriftSuppressed',
        finding,
        `${finding.fingerprint} ${finding.firstSeen} ignored`,
        `${sentenceOf(finding)}: ${note}`,
      ),
    ];
  });
}

function change(reason: StateChangeReason, drift: ReportedDrift, key: string, note: string): StateChange {
  return { reason, object: drift.object, severity: drift.severity, key: `${reason} ${key}`, note };
}

function sentenceOf({ summary, blame, unit }: ReportedDrift): string {
  const who = blame ? ` by ${blame.manager}${blame.subresource === '' ? '' : ` via ${blame.subresource}`}` : '';
  return `${summary}${who}${unit === '' ? '' : ` (unit ${unit})`}`;
}
