import type { TrippedGuard } from '../types/plan.ts';
import type { Snapshot } from '../types/snapshot.ts';

export interface MassChangeLimits {
  /** Objects that one pass may change. */
  readonly maxFixes: number;
  /** Share of the compared objects that one pass may change; counts where more than ten are compared. */
  readonly maxFixPercent: number;
}

/** Below this many compared objects a share says nothing: two of three is no mass change. */
const PERCENT_COUNTS_ABOVE = 10;

/** Trips when a pass would change so much that the desired side is more likely wrong than the cluster. */
export function guardMassChange(planned: number, compared: number, limits: MassChangeLimits): TrippedGuard | undefined {
  const percent = compared === 0 ? 0 : Math.ceil((planned * 100) / compared);
  if (planned > limits.maxFixes) {
    return {
      name: 'mass-change',
      detail: `${planned} objects would change, more than MAX_FIXES=${limits.maxFixes}; MAX_FIXES=${planned} lets it pass`,
    };
  }
  if (compared > PERCENT_COUNTS_ABOVE && percent > limits.maxFixPercent) {
    return {
      name: 'mass-change',
      detail: `${planned} of ${compared} objects (${percent} %) would change, more than MAX_FIX_PERCENT=${limits.maxFixPercent}; MAX_FIX_PERCENT=${percent} lets it pass`,
    };
  }
  return undefined;
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
    detail: `units declare ${declared} objects, ${before} at an earlier report (${percent} % less), more than MAX_SHRINK_PERCENT=${maxShrinkPercent}; MAX_SHRINK_PERCENT=${percent} lets it pass`,
  };
}

/**
 * What the next pass compares with. It follows only steps of more than a quarter, so that a unit more or less makes no
 * commit, and never one that tripped the guard: that is held until somebody lets it pass.
 */
export function rememberedSize(declared: number, before: number, guard: TrippedGuard | undefined): number {
  const isNear = Math.abs(declared - before) * 4 <= before;
  return before > 0 && (isNear || guard !== undefined) ? before : declared;
}
