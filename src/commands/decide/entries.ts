import {
  type Decision,
  type DecisionKind,
  type DecisionsFile,
  decisionId,
  type ReportedDecision,
} from '../../domain/decision.ts';
import { type IgnoreRule, ruleFor } from '../../domain/ignore-rule.ts';
import type { JsonObject } from '../../domain/json.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { ReportFinding } from '../../domain/report.ts';
import type { FileEdit } from '../../stages/decisions/decisions.ts';

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
  // Whoever decides otherwise takes the other decision back.
  const about = file.decisions.filter((decision) =>
    decision.kind === 'ignore' ? isRuleAbout(decision.rule, finding) : decision.fingerprint === finding.fingerprint,
  );
  const isWritten = (decision: Decision): boolean =>
    decision.kind === 'ignore' ? isSameRule(decision.rule, decide) : !spent.has(decision.id) && isSameUnit(decision, decide);
  if (about.every((decision) => decision.kind === kind) && about.some(isWritten)) return undefined;
  if (kind === 'ignore') return { kind, entry: ruleFor(finding, decide), without: about };
  // By the report as well: the entry may be removed already, and no pass has run since.
  const parts = kind === 'adopt' ? [decide.space, decide.unit || undefined] : [];
  const wasSpent =
    spent.has(decisionId(kind, [finding.fingerprint, undefined, ...parts])) ||
    about.some((decision) => decision.kind === kind && spent.has(decision.id));
  const entry: JsonObject = {
    fingerprint: finding.fingerprint,
    ...(kind === 'adopt' ? { space: decide.space, ...(decide.unit === '' ? {} : { unit: decide.unit }) } : {}),
    ...(decide.reason === '' ? {} : { reason: decide.reason }),
    // Tells it from the one that is spent.
    ...(wasSpent ? { time: now.toISOString().replace(/\.\d{3}Z$/u, 'Z') } : {}),
  };
  return { kind, entry, without: about };
}

function isSameUnit(decision: Decision, { space, unit }: DecideArguments): boolean {
  return decision.kind !== 'adopt' || (decision.space === space && (decision.unit ?? '') === unit);
}

/** About exactly this finding, as the command writes it. */
function isRuleAbout({ manager, namespace = '', kind, name, path }: IgnoreRule, { object, path: of }: ReportFinding): boolean {
  return manager === undefined && namespace === object.namespace && kind === object.kind && name === object.name && path === of;
}

function isSameRule(rule: IgnoreRule, { reason, until }: DecideArguments): boolean {
  return (rule.until ?? '') === until && rule.reason === reason;
}

const MAX_SUBJECT = 72;

/** The words of the commit: who reads `git log` sees what was decided. */
export function commitMessage(kind: DecisionKind, cluster: string, findings: readonly ReportFinding[], reason: string): string {
  const [first] = findings;
  const more = findings.length > 1 ? ` and ${findings.length - 1} more` : '';
  const name = first ? `${first.object.kind.toLowerCase()}/${first.object.name}` : '';
  const room = MAX_SUBJECT - `decide(${cluster}): ${kind} ${more}`.length;
  const what = name.length > room ? `${name.slice(0, Math.max(0, room - 1))}…` : name;
  const subject = `decide(${cluster}): ${kind} ${what}${more}`;
  const lines = findings.map(({ object, summary }) => `${displayRef(object)}: ${summary}`);
  return [subject, lines.join('\n'), reason].filter((part) => part !== '').join('\n\n');
}
