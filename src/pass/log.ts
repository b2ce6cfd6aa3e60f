import type { Logger } from '../cli/log.ts';
import { displayEffect, type ReportedDecision } from '../domain/decision.ts';
import { fixedSentence, sanitize } from '../domain/describe.ts';
import type { ChangeSetRef, DesiredObject, DesiredState } from '../domain/desired.ts';
import type { DryRunCheck } from '../domain/dry-run-check.ts';
import type { Comparison, Finding } from '../domain/finding.ts';
import { displayRef } from '../domain/object-ref.ts';
import type { FixOutcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import type { Ranking } from '../domain/ranking.ts';
import type { PromotionNeed } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { LINES, logComparison, logDryRunChecks, logPlan, logRanking } from './log-findings.ts';

type Phase = 'decisions' | 'snapshot' | 'desired' | 'diff' | 'dry-run' | 'rank' | 'plan' | 'fix' | 'promotion' | 'commit';

/** Logs a pass in sentences for people, each with a constant `event` and its data for machines. */
export interface PassLog {
  phase<T>(phase: Phase, work: () => Promise<T>): Promise<T>;
  comparison(snapshot: Snapshot, desired: DesiredState, comparison: Comparison): void;
  /** What the API server was asked about objects that ownership could not explain. */
  dryRunChecks(unexplained: number, checks: ReadonlyMap<string, DryRunCheck>): void;
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
  /** Which field managers deliver the manifests, and why these; a warning where some are not known. */
  deliverers(reasons: readonly string[], isKnown: boolean): void;
}

export interface PassLogOptions {
  /** Milliseconds on a clock that only goes forward. */
  readonly monotonicMs: () => number;
  /** Called after each phase, for a progress line on a terminal. */
  readonly onPhase: (phase: Phase, durationMs: number) => void;
  /** A table of the drift follows: no line for each. */
  readonly hasTable?: boolean;
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

    comparison: (snapshot, desired, comparison) => logComparison(log, snapshot, desired, comparison),

    dryRunChecks: (unexplained, checks) => logDryRunChecks(log, unexplained, checks),

    usage(reason) {
      if (reason !== '') log.info({ event: 'usage-unknown', reason }, `Usage of CPU and memory is not known: ${reason}`);
    },

    ranking: (ranking) => logRanking(log, ranking, options.hasTable ?? false),

    plan: (plan) => logPlan(log, plan),

    fixing: (plan) => logFixing(log, plan),

    changeSet(changeSet) {
      log.info(
        { event: 'changeset-used', changeSet: `${changeSet.space}/${changeSet.slug}` },
        `Using changeset ${sanitize(changeSet.slug)} for corrections`,
      );
    },

    outcome: (finding, outcome) => logOutcome(log, finding, outcome),

    unhealthy({ ref }, reason) {
      log.warn(
        { event: 'fixed-unhealthy', object: displayRef(ref), reason },
        `Fixed but not healthy: ${sanitize(ref.name)}: ${sanitize(reason)}`,
      );
    },

    promotions: (needed, behindInNumberOnly) => logPromotions(log, needed, behindInNumberOnly),

    decisions: (decisions, previous) => logDecisions(log, decisions, previous),

    deliverers(reasons, isKnown) {
      for (const reason of reasons) log[isKnown ? 'info' : 'warn']({ event: 'field-manager' }, sanitize(reason));
    },

    warning(message) {
      log.warn({ event: 'warning' }, sanitize(message));
    },
  };
}

function logFixing(log: Logger, { fixes }: Plan): void {
  if (fixes.length === 0) return;
  for (const fix of fixes.filter((entry) => entry.isCritical)) {
    for (const object of fix.objects) {
      log.info({ event: 'high-priority-fix', unit: fix.unit.slug }, `High-priority fix: ${sanitize(object.desired.ref.name)}`);
    }
  }
  log.info({ event: 'applying-fixes', units: fixes.length }, 'Applying fixes using ConfigHub...');
}

function logOutcome(log: Logger, finding: Finding, outcome: FixOutcome): void {
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
      if (outcome.message !== '') log.warn({ event: 'fixed-pending', ...data }, `Fixed: ${name}: ${sanitize(outcome.message)}`);
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
}

function logPromotions(log: Logger, needed: readonly PromotionNeed[], behindInNumberOnly: number): void {
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
}

function logDecisions(log: Logger, decisions: readonly ReportedDecision[], previous: readonly ReportedDecision[]): void {
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
}
