import type { Logger } from '../cli/log.ts';
import { displayEffect, type ReportedDecision } from '../domain/decision.ts';
import { displayBlame, displayTime, driftSentence, fixedSentence, sanitize, summarize } from '../domain/describe.ts';
import type { ChangeSetRef, DesiredObject, DesiredState } from '../domain/desired.ts';
import type { DryRunCheck } from '../domain/dry-run-check.ts';
import { printPath } from '../domain/field-path.ts';
import { type Comparison, type Finding, isDrift } from '../domain/finding.ts';
import { displayRef, objectKey } from '../domain/object-ref.ts';
import type { FixOutcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import type { RankedFinding, Ranking } from '../domain/ranking.ts';
import type { PromotionNeed } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { usageWords } from '../domain/usage.ts';
import { groupFindings } from '../stages/diff/diff.ts';

type Phase = 'decisions' | 'snapshot' | 'desired' | 'diff' | 'dry-run' | 'rank' | 'plan' | 'fix' | 'promotion' | 'commit';

/** Findings that get a line of their own in one pass, worst first. */
const LINES = 20;
/** Of kinds that are not compared, by name. */
const KINDS = 3;

/** Logs a pass in sentences for people, each with a constant `event` and its data for machines. */
export interface PassLog {
  phase<T>(phase: Phase, work: () => Promise<T>): Promise<T>;
  comparison(snapshot: Snapshot, desired: DesiredState, comparison: Comparison): void;
  /** What the API server was asked about objects that ownership could not explain. */
  probes(unexplained: number, probes: ReadonlyMap<string, DryRunCheck>): void;
  /** Why usage is not known, or not all of it; empty where it is. */
  usage(reason: string): void;
  ranking(ranking: Ranking): void;
  plan(plan: Plan): void;
  /** Said before the first write, and never by a command that does not write. */
  fixing(plan: Plan): void;
  changeSet(changeSet: ChangeSetRef): void;
  outcome(finding: Finding, outcome: FixOutcome): void;
  unhealthy(object: DesiredObject, reason: string): void;
  promotions(needed: readonly PromotionNeed[], behindInNumberOnly: number): void;
  /** Decisions whose effect changed since the last report. */
  decisions(decisions: readonly ReportedDecision[], previous: readonly ReportedDecision[]): void;
  warning(message: string): void;
}

export interface PassLogOptions {
  /** Milliseconds on a clock that only goes forward. */
  readonly monotonicMs: () => number;
  /** Called after each phase, for a progress line on a terminal. */
  readonly onPhase: (phase: Phase, durationMs: number) => void;
}

export function createPassLog(log: Logger, options: PassLogOptions): PassLog {
  return {
    async phase(phase, work) {
      const started = options.monotonicMs();
      const result = await work();
      const durationMs = Math.round(options.monotonicMs() - started);
      options.onPhase(phase, durationMs);
      log.debug({ event: 'phase-finished', phase, durationMs }, `Phase ${phase} finished`);
      return result;
    },

    comparison(snapshot, desired, comparison) {
      for (const read of snapshot.failedReads) {
        log.warn(
          { event: 'read-failed', ...read },
          `Could not read ${read.what}${read.namespace ? ` in ${read.namespace}` : ''}: ${sanitize(read.error)}`,
        );
      }
      for (const unit of desired.invalid) {
        log.warn(
          { event: 'unit-invalid', unit: `${unit.space}/${unit.slug}` },
          `Unit ${sanitize(`${unit.space}/${unit.slug}`)} is left out: ${sanitize(unit.error)}`,
        );
      }
      for (const { desired: object, path, message } of comparison.invalid) {
        const unit = `${object.unit.space}/${object.unit.slug}`;
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
        desired.otherTargets > 0 ? `${desired.otherTargets} units of other targets` : '',
        ...othersAside(notCompared),
      ].filter((aside) => aside !== '');
      log.info(
        { event: 'compared', ...data },
        `Compared ${compared} workloads with ${desired.units.length} units${asides.length > 0 ? ` (${asides.join(', ')})` : ''}`,
      );
    },

    probes(unexplained, probes) {
      if (unexplained === 0) return;
      const refused = [...probes.values()].flatMap((probe) => (probe.kind === 'refused' ? [probe.error] : []));
      const data = { event: 'suspects', suspects: unexplained, asked: probes.size, refused: refused.length };
      const unasked = unexplained - probes.size;
      const asides = [
        unasked > 0 ? `${unasked} not checked: no right to patch and create` : '',
        refused.length > 0 ? `${refused.length} refused: ${sanitize(refused[0] ?? '')}` : '',
      ].filter((aside) => aside !== '');
      log.debug(data, `Dry-run check of ${probes.size} objects${asides.length > 0 ? ` (${asides.join('; ')})` : ''}`);
    },

    usage(reason) {
      if (reason !== '') log.info({ event: 'usage-unknown', reason }, `Usage of CPU and memory is not known: ${reason}`);
    },

    ranking(ranking) {
      const drift = ranking.findings.filter((ranked) => isDrift(ranked.finding));
      const lines = drift.filter(({ finding }) => finding.shownWith === undefined);
      for (const ranked of lines.slice(0, LINES)) logDrift(log, ranked);
      logUsage(log, drift);
      if (lines.length > LINES)
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
      const isWorthSaying = source.reason !== '' && drift.length > 0;
      if (isWorthSaying)
        log.info({ event: 'heuristic-ranking', reason: source.reason }, `Ranked by built-in rules (${source.reason})`);
    },

    plan({ items, corrections, guard, notes }) {
      for (const note of notes) log.info({ event: 'server-note' }, note);
      if (guard)
        log.error(
          { event: 'guard-tripped', guard: guard.name },
          `Guard ${guard.name}: ${guard.detail}; ${corrections.length === 0 ? 'nothing is fixed' : 'only what a person approved is fixed'}`,
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
        const words = reasons.map((reason) => (reason === 'auto-fix-off' ? 'AUTO_FIX is off' : reason));
        log.info(
          { event: 'report-only', count: reported.length, reasons: reasons.join(', ') },
          `${reported.length} not fixed: ${words.join(', ')}`,
        );
      }
    },

    fixing({ corrections }) {
      if (corrections.length === 0) return;
      for (const correction of corrections.filter((entry) => entry.isCritical)) {
        for (const object of correction.objects) {
          log.info(
            { event: 'high-priority-fix', unit: correction.unit.slug },
            `High-priority fix: ${sanitize(object.desired.ref.name)}`,
          );
        }
      }
      log.info({ event: 'applying-fixes', units: corrections.length }, 'Applying fixes using ConfigHub...');
    },

    changeSet(changeSet) {
      log.info(
        { event: 'changeset-used', changeSet: `${changeSet.space}/${changeSet.slug}` },
        `Using changeset ${sanitize(changeSet.slug)} for corrections`,
      );
    },

    outcome(finding, outcome) {
      if (finding.shownWith !== undefined) return;
      const data = {
        finding: finding.id,
        correction: outcome.correctionId,
        result: outcome.result,
        changeSet: outcome.changeSet,
        revision: outcome.revision,
      };
      const name = sanitize(finding.ref.name);
      switch (outcome.result) {
        case 'fixed':
          log.info(
            { event: 'fixed', ...data },
            `${finding.isCritical ? 'CRITICAL FIX APPLIED' : 'Fixed'}: ${fixedSentence(finding)}`,
          );
          if (outcome.message !== '')
            log.warn({ event: 'fixed-pending', ...data }, `Fixed: ${name}: ${sanitize(outcome.message)}`);
          break;
        case 'staged': {
          const slug = sanitize(outcome.changeSet.slice(outcome.changeSet.indexOf('/') + 1));
          log.info({ event: 'staged', ...data }, `Fixed ${name} in ConfigHub (changeset: ${slug}), staged for apply`);
          break;
        }
        case 'overridden':
        case 'conflict':
        case 'no-effect':
        case 'failed':
          log.error(
            { event: `fix-${outcome.result}`, ...data },
            `Not fixed: ${name}: ${outcome.result}: ${sanitize(outcome.message)}`,
          );
      }
    },

    unhealthy({ ref }, reason) {
      log.warn(
        { event: 'fixed-unhealthy', object: displayRef(ref), reason },
        `Fixed but not healthy: ${sanitize(ref.name)}: ${sanitize(reason)}`,
      );
    },

    promotions(needed, behindInNumberOnly) {
      if (needed.length > 0) {
        const names = needed.slice(0, LINES).map(({ unit }) => unit);
        const more = needed.length > names.length ? ` and ${needed.length - names.length} more` : '';
        const data = { event: 'promotion-needed', units: names, count: needed.length };
        log.info(data, `Promotion needed: upstream has changes for ${sanitize(names.join(', '))}${more} would take`);
      }
      if (behindInNumberOnly > 0)
        log.info(
          { event: 'behind-in-number', count: behindInNumberOnly },
          `${behindInNumberOnly === 1 ? '1 unit is' : `${behindInNumberOnly} units are`} behind upstream, with identical content`,
        );
    },

    decisions(decisions, previous) {
      const before = new Map(previous.map(({ id, effect, detail }) => [id, `${effect} ${detail}`]));
      const news = decisions.filter(({ id, effect, detail }) => id === '' || before.get(id) !== `${effect} ${detail}`);
      for (const { id, kind, what, by, effect, detail } of news.slice(0, LINES)) {
        const isBad = effect === 'no-effect' || effect === 'refused' || effect === 'waiting';
        const data = { event: 'decision', decision: id, kind, effect, by };
        const who = by === '' ? '' : ` (${by})`;
        const sentence = `Decision ${displayEffect(effect)}: ${kind === '' ? '' : `${kind} `}${sanitize(what)}${sanitize(who)}: ${sanitize(detail)}`;
        if (isBad) log.warn(data, sentence);
        else log.info(data, sentence);
      }
      if (news.length > LINES)
        log.info({ event: 'decision-more', count: news.length - LINES }, `... and ${news.length - LINES} more`);
    },

    warning(message) {
      log.warn({ event: 'warning' }, sanitize(message));
    },
  };
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
