import type { FileEdit } from '../decisions/decisions.ts';
import type { Decision, DecisionKind, DecisionsFile, ReportedDecision } from '../types/decision.ts';
import type { JsonObject } from '../types/json.ts';
import type { ReportFinding } from '../types/report.ts';

export interface DecideArguments {
  readonly kind: DecisionKind;
  /** Fingerprint, beginning of one, or workload. */
  readonly finding: string;
  /** Empty where none was given. */
  readonly reason: string;
  /** `ignore` only: a date or an RFC 3339 time; empty for good. */
  readonly until: string;
  /** `adopt` only. */
  readonly space: string;
  readonly unit: string;
}

/** The edit that writes a decision about a finding; `undefined` where the file says it already. */
export function editFor(
  decide: DecideArguments,
  finding: ReportFinding,
  file: DecisionsFile,
  reported: readonly ReportedDecision[],
  now: Date,
): FileEdit | undefined {
  const { kind } = decide;
  const spent = new Set(reported.filter(({ effect }) => effect === 'spent').map(({ id }) => id));
  if (kind === 'ignore') return ignoreEdit(decide, finding, file, now);
  const about = file.decisions.filter((decision) => decision.kind !== 'ignore' && decision.fingerprint === finding.fingerprint);
  const isSame = (decision: Decision): boolean =>
    decision.kind === kind && !spent.has(decision.id) && isSameUnit(decision, decide);
  if (about.some(isSame)) return undefined;
  const wasSpent = about.some((decision) => decision.kind === kind && spent.has(decision.id));
  const entry: JsonObject = {
    fingerprint: finding.fingerprint,
    ...(kind === 'adopt' ? { space: decide.space, ...(decide.unit === '' ? {} : { unit: decide.unit }) } : {}),
    ...(decide.reason === '' ? {} : { reason: decide.reason }),
    // Tells it from the one that is spent.
    ...(wasSpent ? { time: now.toISOString().replace(/\.\d{3}Z$/u, 'Z') } : {}),
  };
  // Whoever decides otherwise takes the other decision back.
  return { kind, entry, without: about };
}

function isSameUnit(decision: Decision, { space, unit }: DecideArguments): boolean {
  return decision.kind !== 'adopt' || (decision.space === space && (decision.unit ?? '') === unit);
}

function ignoreEdit(
  { reason, until }: DecideArguments,
  { object, path }: ReportFinding,
  { decisions }: DecisionsFile,
  now: Date,
): FileEdit | undefined {
  const { namespace, kind, name } = object;
  const rule = { ...(namespace === '' ? {} : { namespace }), kind, name, ...(path === '' ? {} : { path }) };
  const isAbout = (decision: Decision): boolean =>
    decision.kind === 'ignore' &&
    decision.rule.manager === undefined &&
    decision.rule.namespace === (namespace === '' ? undefined : namespace) &&
    decision.rule.kind === kind &&
    decision.rule.name === name &&
    decision.rule.path === (path === '' ? undefined : path);
  const about = decisions.filter(isAbout);
  const isSaid = about.some(
    (decision) =>
      decision.kind === 'ignore' &&
      (decision.rule.until ?? '') === until &&
      decision.rule.reason === reason &&
      (until === '' || Date.parse(until) > now.getTime()),
  );
  return isSaid ? undefined : { kind: 'ignore', entry: { ...rule, reason, ...(until === '' ? {} : { until }) }, without: about };
}

/** The words of the commit: who reads `git log` sees what was decided. */
export function commitMessage(kind: DecisionKind, cluster: string, findings: readonly ReportFinding[], reason: string): string {
  const [first] = findings;
  const more = findings.length > 1 ? ` and ${findings.length - 1} more` : '';
  const what = first ? `${first.object.kind.toLowerCase()}/${first.object.name}${more}` : '';
  const lines = findings.map(
    ({ object, summary }) => `${object.namespace}/${object.kind.toLowerCase()}/${object.name}: ${summary}`,
  );
  return [`decide(${cluster}): ${kind} ${what}`, lines.join('\n'), reason].filter((part) => part !== '').join('\n\n');
}
