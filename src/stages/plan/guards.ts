import { printPath } from '../../domain/field-path.ts';
import type { Comparison, Finding } from '../../domain/finding.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { PlanDecisions, TrippedGuard } from '../../domain/plan.ts';
import type { ReportFault } from '../../domain/report.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { inSteps } from '../../domain/steps.ts';

export interface MassChangeLimits {
  /** Objects that one pass may change. */
  readonly maxFixes: number;
  /** Share of the compared objects that one pass may change; counts where more than ten are compared. */
  readonly maxFixPercent: number;
}

/** Below this many compared objects a share says nothing: two of three is no mass change. */
const PERCENT_COUNTS_ABOVE = 10;

/** Shares are told in steps: while a guard holds, an object more or less elsewhere must not change the report. */
const PERCENT_STEP = 5;

function roundedUp(percent: number): number {
  return Math.min(100, Math.ceil(percent / PERCENT_STEP) * PERCENT_STEP);
}

/**
 * Trips when a pass would change so much that the desired side is more likely wrong than the cluster. Names every value
 * that stands in the way: raising one of two would trip the other.
 */
export function guardMassChange(planned: number, compared: number, limits: MassChangeLimits): TrippedGuard | undefined {
  const percent = compared === 0 ? 0 : Math.ceil((planned * 100) / compared);
  const isTooMany = planned > limits.maxFixes;
  const isTooLarge = compared > PERCENT_COUNTS_ABOVE && percent > limits.maxFixPercent;
  if (!isTooMany && !isTooLarge) return undefined;
  const exceeded = [
    ...(isTooMany ? [`MAX_FIXES=${limits.maxFixes}`] : []),
    ...(isTooLarge ? [`MAX_FIX_PERCENT=${limits.maxFixPercent}`] : []),
  ].join(' and ');
  const needed = [
    ...(isTooMany ? [`MAX_FIXES=${planned}`] : []),
    ...(isTooLarge ? [`MAX_FIX_PERCENT=${roundedUp(percent)}`] : []),
  ];
  const share = isTooLarge ? ` (up to ${roundedUp(percent)} % of those compared)` : '';
  return {
    name: 'mass-change',
    detail: `${planned} objects${share} would change, more than ${exceeded}; ${needed.join(' with ')} ${needed.length > 1 ? 'let' : 'lets'} it pass`,
  };
}

/** Trips when nobody can tell what people decided to live with: a fix could take back just that. */
export function guardDecisions(decided: Pick<PlanDecisions, 'unreadable'> | undefined): TrippedGuard | undefined {
  if (!decided?.unreadable) return undefined;
  return { name: 'decisions-unreadable', detail: `decisions.yaml cannot be read: ${decided.unreadable}` };
}

/**
 * Trips when the last report is broken: since when a change is known, what was fixed before and how many objects there were
 * is in it. The report of this pass is whole again.
 */
export function guardReport(faults: readonly ReportFault[]): TrippedGuard | undefined {
  const broken = faults.filter(({ holdsFixes }) => holdsFixes);
  if (broken.length === 0) return undefined;
  const detail = `the last report cannot be read (${broken.map(saidOf).join('; ')}), so nothing is fixed; this report replaces it, and the next pass fixes again`;
  return { name: 'report-unreadable', detail };
}

/** A sentence about each broken file of the last report. */
export function notesOnReport(faults: readonly ReportFault[]): readonly string[] {
  return faults.map((fault) => `The last report was broken and is replaced by this one (${saidOf(fault)})`);
}

function saidOf({ file, fault }: ReportFault): string {
  return `${file}: ${fault}`;
}

/**
 * Trips when the last pass fixed and could not push its report: a pass that goes on fixing where nobody is told of it may
 * fight somebody all night. The report of this one is pushed first.
 */
export function guardUnreported(fixes: number): TrippedGuard | undefined {
  if (fixes === 0) return undefined;
  return {
    name: 'unreported-fixes',
    detail:
      'an earlier pass made corrections and could not push its report of them; once a report is pushed, fixes go on by themselves',
  };
}

/** Trips when a read failed whose absence could make a fix wrong: without the autoscalers, replicas cannot be judged. */
export function guardReads(snapshot: Pick<Snapshot, 'failedReads'>): TrippedGuard | undefined {
  const failed = snapshot.failedReads.find((read) => read.what.endsWith('/HorizontalPodAutoscaler'));
  if (!failed) return undefined;
  return { name: 'incomplete-read', detail: `the autoscalers could not be read (${failed.error}), so nothing is fixed` };
}

/**
 * Trips when units declare so much less than at the last report that the desired side is more likely broken than meant.
 * `before` is 0 where there is no report to compare with.
 */
export function guardShrink(declared: number, before: number, maxShrinkPercent: number): TrippedGuard | undefined {
  const percent = before === 0 ? 0 : Math.ceil(((before - declared) * 100) / before);
  if (percent <= maxShrinkPercent) return undefined;
  return {
    name: 'desired-shrank',
    detail: `units declare up to ${roundedUp(percent)} % less than the ${before} objects of an earlier report, more than MAX_SHRINK_PERCENT=${maxShrinkPercent}; MAX_SHRINK_PERCENT=${roundedUp(percent)} lets it pass`,
  };
}

/**
 * Trips when a pass would create everything that units declare, because none of it is there: the pass is more likely
 * connected to another cluster than asked to fill this one. A single object says nothing.
 */
export function guardWrongCluster(
  planned: readonly Finding[],
  { objects, compared }: Pick<Comparison, 'objects' | 'compared'>,
  allowEmpty: boolean,
): TrippedGuard | undefined {
  const absent = objects.filter(({ desired, live }) => desired !== undefined && live === undefined).length;
  const isCreating = planned.some((finding) => finding.class === 'missing');
  if (allowEmpty || !isCreating || compared < 2 || absent < compared) return undefined;
  return {
    name: 'wrong-cluster',
    detail: `none of the objects that units declare here is in this cluster, which may be another one than meant; check KUBECONFIG and KUBE_CONTEXT, or ALLOW_EMPTY=true lets it pass`,
  };
}

/**
 * Trips when a pass would take running workloads down to no replica, more of them than `maxToZero`: units that say zero
 * everywhere are more likely a bad edit than a wish, and whoever scaled a workload up by hand may be saving it.
 */
export function guardScaleToZero(planned: readonly Finding[], maxToZero: number): TrippedGuard | undefined {
  const stopped = planned.filter(
    ({ path, desired, live, class: found }) =>
      printPath(path) === '/spec/replicas' && desired === 0 && live !== 0 && found !== 'missing',
  );
  const count = new Set(stopped.map(({ ref }) => objectKey(ref))).size;
  if (count <= maxToZero) return undefined;
  return {
    name: 'scale-to-zero',
    detail: `${count} running workload${count === 1 ? '' : 's'} would be scaled to 0, more than MAX_TO_ZERO=${maxToZero}; MAX_TO_ZERO=${count} lets it pass`,
  };
}

/** What the next pass compares with: never a step that tripped the guard, which is held until somebody lets it pass. */
export function rememberedSize(declared: number, before: number, guard: TrippedGuard | undefined): number {
  return before > 0 && guard !== undefined ? before : inSteps(declared, before);
}
