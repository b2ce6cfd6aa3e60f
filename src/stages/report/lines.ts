import { summarize } from '../../domain/describe.ts';
import { printPath, shownPath } from '../../domain/field-path.ts';
import type { Blame, FieldValue, Finding } from '../../domain/finding.ts';
import type { Json } from '../../domain/json.ts';
import { kindNamed } from '../../domain/kinds/kinds.ts';
import type { FixOutcome } from '../../domain/outcome.ts';
import { picked } from '../../domain/picked.ts';
import type { PlanItem, PlanReason } from '../../domain/plan.ts';
import {
  type Correction,
  driftOf,
  findingSchema,
  type GoneDrift,
  goneSchema,
  type RecordedFix,
  type ReportFinding,
} from '../../domain/report.ts';
import { shownPart } from '../../domain/secret.ts';
import { state } from '../../domain/words.ts';

// What a pass found, fixed and did not find any more, as lines of the report.

/** Reasons whose details the server gives. */
const SERVERS_WORDS: ReadonlySet<PlanReason> = new Set(['denied', 'permission', 'admission', 'not-predictable']);

/** A value as the report may hold it; absent is null. */
function shownValue(value: FieldValue): Json {
  return shownPart(value) ?? null;
}

/** What a line is made of besides what the pass found. */
export interface LineFacts {
  /** Open findings of the last report by id. */
  readonly before: ReadonlyMap<string, ReportFinding>;
  readonly now: Date;
  /** How often a drift ended before this pass. */
  readonly endedBefore: (id: string) => number;
  /** By the same price table as the last report. */
  readonly isPricedAlike: boolean;
}

/** An open finding as a line of the report. */
export function toLine(
  item: PlanItem,
  outcome: FixOutcome | undefined,
  { before, now, endedBefore, isPricedAlike }: LineFacts,
): ReportFinding {
  const { finding, severity, costUsdPerMonth, opinion } = item.ranked;
  const known = before.get(finding.id);
  const isUnchanged = known?.fingerprint === finding.fingerprint;
  const isSaidAgain = isUnchanged && known.reason === item.reason && known.result === (outcome?.result ?? null);
  return picked(findingSchema, {
    id: finding.id,
    fingerprint: finding.fingerprint,
    class: finding.class,
    object: finding.ref,
    path: printPath(finding.path),
    steps: shownPath(finding.path),
    summary: summarize(finding),
    shownWith: finding.shownWith ?? '',
    // A whole object is in the unit or the cluster; the report needs only its name.
    desired: finding.path.length === 0 ? null : shownValue(finding.desired),
    live: finding.path.length === 0 ? null : shownValue(finding.live),
    blame: isUnchanged ? keepRecordedBlame(finding.blame, known.blame) : (finding.blame ?? null),
    unit: finding.unit,
    isCritical: finding.isCritical,
    owner: finding.owner ?? '',
    severity,
    costUsdPerMonth: isUnchanged && isPricedAlike && hasOwnPods(finding) ? known.costUsdPerMonth : (costUsdPerMonth ?? null),
    restartsPods: item.restartsPods,
    action: item.action,
    reason: item.reason,
    // A server's own words may hold times and numbers of the request: that is no change.
    detail: isSaidAgain && SERVERS_WORDS.has(item.reason) ? known.detail : item.detail,
    result: outcome?.result ?? null,
    message: isSaidAgain ? known.message : (outcome?.message ?? ''),
    changeSet: outcome?.changeSet ?? '',
    revision: outcome?.revision ?? 0,
    firstSeen: known?.firstSeen ?? now.toISOString(),
    opinion: opinion ?? null,
    unanswered: item.ranked.unanswered,
    // Figures of each pass would be a commit of each pass.
    returned: known?.returned ?? endedBefore(finding.id),
    usage: isUnchanged ? known.usage : (item.ranked.usage ?? null),
  });
}

/**
 * Its cost follows the nodes that a DaemonSet is on, or the replicas that an autoscaler gives an object which no unit declares:
 * carried over, so that what comes and goes by itself makes no commit.
 */
function hasOwnPods({ ref, path }: Finding): boolean {
  return kindNamed(ref.kind)?.podsOfNodes !== undefined || path.length === 0;
}

/** The time of a write moves with whatever else its writer owns in the object; only another writer is a change. */
function keepRecordedBlame(blame: Blame | undefined, known: ReportFinding['blame']): ReportFinding['blame'] {
  const isSame =
    blame?.manager === known?.manager && blame?.operation === known?.operation && blame?.subresource === known?.subresource;
  return isSame ? known : (blame ?? null);
}

export function toCorrection(
  line: ReportFinding,
  became: Correction['result'],
  outcomeOf: ReadonlyMap<string, FixOutcome>,
  now: Date,
): Correction {
  const { id, fingerprint } = line;
  return {
    ...driftOf(line),
    fingerprint,
    result: became,
    time: now.toISOString(),
    findingId: id,
    correctionId: outcomeOf.get(id)?.correctionId ?? '',
    note: outcomeOf.get(id)?.message ?? '',
    unhealthy: outcomeOf.get(id)?.unhealthy ?? '',
  };
}

/** The content of its pair of revisions; other facts of the report are lost. */
export function toRecorded(entry: RecordedFix, before: ReadonlyMap<string, ReportFinding>): Correction {
  const { ranked, time, firstSeen, correctionId, revision, changeSet } = entry;
  const { id } = ranked.finding;
  const outcome = { findingId: id, correctionId, result: 'fixed' as const, message: '', changeSet, revision, unhealthy: '' };
  const item: PlanItem = { ranked, action: 'fix', reason: 'auto-fix', detail: '', restartsPods: ranked.finding.restartsPods };
  const line = toLine(item, outcome, { before, now: new Date(firstSeen), endedBefore: () => 0, isPricedAlike: true });
  return toCorrection(line, 'fixed', new Map([[id, outcome]]), new Date(time));
}

export function toGone(was: ReportFinding, became: GoneDrift['became'], now: Date): GoneDrift {
  return picked(goneSchema, { ...was, findingId: was.id, time: now.toISOString(), became, state: state(was) });
}
