import type { Logger } from '../cli/log.ts';
import { displayBlame, displayTime, driftSentence, sanitize, summarize } from '../domain/describe.ts';
import { type DesiredState, unitName } from '../domain/desired.ts';
import type { DryRunCheck } from '../domain/dry-run-check.ts';
import { printPath } from '../domain/field-path.ts';
import { type Comparison, isDrift } from '../domain/finding.ts';
import { displayRef, objectKey } from '../domain/object-ref.ts';
import type { Plan, PlanReason } from '../domain/plan.ts';
import type { RankedFinding, Ranking } from '../domain/ranking.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { usageWords } from '../domain/usage.ts';
import { plural } from '../domain/words.ts';
import { groupFindings } from '../stages/diff/diff.ts';

// What a pass found and planned, in sentences.

/** Findings that get a line of their own in one pass, worst first. */
export const LINES = 20;

/** Reasons that are no words. */
const REASON_WORDS: Partial<Record<PlanReason, string>> = {
  'auto-fix-off': 'AUTO_FIX is off',
  'no-unit': 'manifests are only compared',
};

/** Of kinds that are not compared, by name. */
const KINDS = 3;

export function logComparison(log: Logger, snapshot: Snapshot, desired: DesiredState, comparison: Comparison): void {
  for (const read of snapshot.failedReads) {
    log.warn(
      { event: 'read-failed', ...read },
      `Could not read ${read.what}${read.namespace ? ` in ${read.namespace}` : ''}: ${sanitize(read.error)}`,
    );
  }
  for (const unit of desired.invalid) {
    log.warn(
      { event: 'unit-invalid', unit: unitName(unit) },
      unit.space === ''
        ? `Not compared: ${sanitize(unitName(unit))}: ${sanitize(unit.error)}`
        : `Unit ${sanitize(unitName(unit))} is left out: ${sanitize(unit.error)}`,
    );
  }
  for (const { desired: object, path, message } of comparison.invalid) {
    const unit = unitName(object.unit);
    const where = `${displayRef(object.ref)} ${printPath(path)}`;
    log.warn(
      { event: 'object-invalid', unit, object: displayRef(object.ref) },
      `Not compared: ${sanitize(where)}: ${sanitize(message)}`,
    );
  }
  for (const { rule, matches, isExpired } of comparison.ignores) {
    if (matches > 0) continue;
    const what = isExpired ? `expired ${rule.until ?? ''}` : 'unused';
    log.warn({ event: 'ignore-rule-unused', ...rule }, `Ignore rule ${what}: ${sanitize(rule.reason)}`);
  }
  const { compared, notMonitored, notCompared, unread } = comparison;
  const data = {
    units: desired.units.length,
    workloads: snapshot.objects.length,
    compared,
    notMonitored,
    notCompared,
    unread,
    otherTargets: desired.otherTargets,
  };
  const asides = [
    notMonitored > 0 ? `${notMonitored} in namespaces that are not monitored` : '',
    unread > 0 ? `${unread} could not be read` : '',
    desired.otherTargets > 0 ? `${plural(desired.otherTargets, 'unit')} of other targets` : '',
    ...othersAside(notCompared),
  ].filter((aside) => aside !== '');
  const sources = desired.units.some(({ space }) => space === '') ? 'file' : 'unit';
  log.info(
    { event: 'compared', ...data },
    `Compared ${plural(compared, 'workload')} with ${plural(desired.units.length, sources)}${asides.length > 0 ? ` (${asides.join(', ')})` : ''}`,
  );
}

export function logDryRunChecks(log: Logger, unexplained: number, checks: ReadonlyMap<string, DryRunCheck>): void {
  if (unexplained === 0) return;
  const refused = [...checks.values()].flatMap((check) => (check.kind === 'refused' ? [check.error] : []));
  const data = { event: 'suspects', suspects: unexplained, asked: checks.size, refused: refused.length };
  const unasked = unexplained - checks.size;
  const asides = [
    unasked > 0 ? `${unasked} not checked: no right to patch and create` : '',
    refused.length > 0 ? `${refused.length} refused: ${sanitize(refused[0] ?? '')}` : '',
  ].filter((aside) => aside !== '');
  log.debug(data, `Dry-run check of ${plural(checks.size, 'object')}${asides.length > 0 ? ` (${asides.join('; ')})` : ''}`);
}

export function logRanking(log: Logger, ranking: Ranking, hasTable: boolean): void {
  const drift = ranking.findings.filter((ranked) => isDrift(ranked.finding));
  const lines = drift.filter(({ finding }) => finding.shownWith === undefined);
  for (const ranked of hasTable ? [] : lines.slice(0, LINES)) logDrift(log, ranked);
  logUsage(log, drift);
  if (!hasTable && lines.length > LINES)
    log.warn({ event: 'drift-more', count: lines.length - LINES }, `... and ${lines.length - LINES} more`);
  const groups = groupFindings(drift.map((ranked) => ranked.finding)).filter(({ findings }) => findings.length > 1);
  for (const { title, findings } of groups.slice(0, LINES)) {
    const data = { event: 'drift-group', findings: findings.map((finding) => finding.id) };
    log.warn(data, `One action: ${sanitize(title)}`);
  }
  const aside = ranking.findings.filter(({ finding }) => finding.class === 'informational');
  for (const { finding } of aside.slice(0, LINES)) {
    const data = {
      event: 'informational',
      finding: finding.id,
      object: displayRef(finding.ref),
      path: printPath(finding.path),
    };
    log.info(data, `Ignored change: ${sanitize(finding.ref.name)} ${summarize(finding)}: ${sanitize(finding.note)}`);
  }
  const { source } = ranking;
  if (source.ranker === 'claude') {
    const { model, requestIds, inputTokens, outputTokens, refused } = source;
    const data = { event: 'claude-analysis', model, requestIds, inputTokens, outputTokens, refused };
    if (source.summary !== '') log.info(data, `Claude AI analysis: ${sanitize(source.summary)}`);
    else log.info(data, 'Claude AI analysis: unchanged since the last report');
  }
  const needsReason = source.reason !== '' && drift.length > 0;
  if (needsReason) log.info({ event: 'heuristic-ranking', reason: source.reason }, `Ranked by built-in rules (${source.reason})`);
}

export function logPlan(log: Logger, { items, fixes, guard, notes, warnings }: Plan): void {
  for (const note of notes) log.info({ event: 'server-note' }, note);
  for (const warning of warnings) log.warn({ event: 'other-reconciler' }, sanitize(warning));
  if (guard)
    log.error(
      { event: 'guard-tripped', guard: guard.name },
      `Guard ${guard.name}: ${guard.detail}; ${fixes.length === 0 ? 'nothing is fixed' : 'only what a person approved is fixed'}`,
    );
  for (const { ranked, action, reason, detail } of items.slice(0, LINES)) {
    const { finding } = ranked;
    if (action !== 'blocked' || guard) continue;
    log.warn(
      { event: 'fix-blocked', finding: finding.id, reason },
      `Not fixed: ${sanitize(finding.ref.name)}: ${sanitize(detail)}`,
    );
  }
  const reported = items.filter((item) => item.action === 'report' && isDrift(item.ranked.finding));
  if (reported.length > 0) {
    const reasons = [...new Set(reported.map((item) => item.reason))];
    const words = reasons.map((reason) => REASON_WORDS[reason] ?? reason);
    log.info(
      { event: 'report-only', count: reported.length, reasons: reasons.join(', ') },
      `${reported.length} not fixed: ${words.join(', ')}`,
    );
  }
}

/** One line for each workload that was measured, the worst first. */
function logUsage(log: Logger, drift: readonly RankedFinding[]): void {
  const measured = drift.flatMap(({ finding: { ref }, usage }) => (usage ? [{ ref, usage }] : []));
  const workloads = [...Map.groupBy(measured, ({ ref }) => objectKey(ref)).values()].flatMap(([first]) => first ?? []);
  for (const { ref, usage } of workloads.slice(0, LINES))
    log.info({ event: 'usage', object: displayRef(ref), ...usage }, `Usage: ${sanitize(ref.name)}: ${usageWords(usage)}`);
}

/** Each kind with its number; of many kinds, as units of a whole application have, the numbers alone. */
function othersAside(notCompared: Readonly<Record<string, number>>): readonly string[] {
  const kinds = Object.entries(notCompared);
  if (kinds.length <= KINDS) return kinds.map(([kind, count]) => `${count} ${kind} not in DRIFT_KINDS`);
  const count = kinds.reduce((sum, [, each]) => sum + each, 0);
  return [`${count} objects of ${kinds.length} kinds not in DRIFT_KINDS`];
}

function logDrift(log: Logger, ranked: RankedFinding): void {
  const { finding, severity, costUsdPerMonth } = ranked;
  const data = {
    event: 'drift-detected',
    finding: finding.id,
    class: finding.class,
    object: displayRef(finding.ref),
    path: printPath(finding.path),
    unit: finding.unit,
    severity,
    costUsdPerMonth: costUsdPerMonth ?? null,
    by: displayBlame(finding),
    at: displayTime(finding),
  };
  log.warn(data, `${finding.isCritical ? 'CRITICAL DRIFT' : 'DRIFT DETECTED'}: ${driftSentence(finding)}`);
}
