import { printPath } from './field-path.ts';
import type { Comparison, Finding } from './finding.ts';
import { objectKey } from './object-ref.ts';
import type { PlanDecisions } from './plan.ts';
import type { ReportFault } from './report.ts';
import type { Snapshot } from './snapshot.ts';
import { plural } from './words.ts';

// What stops all fixes of a pass, a row each, asked in this order; types, plan, docs/fixing.md and tests follow from it.

/** Limits from the configuration, and unreported fixes of the last pass. */
export interface GuardLimits {
  /** Objects that one pass may change. */
  readonly maxFixes: number;
  /** Share of the compared objects that one pass may change; counts where more than ten are compared. */
  readonly maxFixPercent: number;
  /** By how much fewer objects units may declare than at the last report. */
  readonly maxShrinkPercent: number;
  /** Running workloads that one pass may scale to no replica. */
  readonly maxToZero: number;
  /** A cluster without any of the declared objects is expected. */
  readonly allowEmpty: boolean;
  /** Number of fixes of an earlier pass whose report could not be pushed. */
  readonly unreportedFixes: number;
}

/** How complete both sides and the decisions are. */
export interface Sides {
  readonly decisions: Pick<PlanDecisions, 'unreadable'> | undefined;
  /** What is wrong with the last report. */
  readonly faults: readonly ReportFault[];
  readonly snapshot: Pick<Snapshot, 'failedReads'>;
  /** Objects that units declare. */
  readonly declared: number;
  /** Their number at the last report; 0 without one. */
  readonly declaredBefore: number;
}

/** The planned changes, except those that a person approved. */
export interface Changes {
  readonly planned: readonly Finding[];
  readonly comparison: Pick<Comparison, 'objects' | 'compared'>;
}

interface Guard<Facts> {
  /** What it protects against, for docs/fixing.md. */
  readonly against: string;
  /** Variables that allow the fixes. */
  readonly options: readonly string[];
  /** The cause and the setting that allows the fixes, a sentence without a full stop; `undefined` if the guard does not trip. */
  readonly trips: (facts: Facts, limits: GuardLimits) => string | undefined;
}

/** They stop every fix, also those that a person approved. */
const OF_SIDES = {
  // A fix could revert a difference that people decided to keep.
  'decisions-unreadable': {
    against: 'a decisions file that cannot be read',
    options: [],
    trips: ({ decisions }) => decisions?.unreadable && `decisions.yaml cannot be read: ${decisions.unreadable}`,
  },
  // It contains first-seen times, earlier fixes and the number of objects.
  'report-unreadable': {
    against: 'a broken last report; the next report replaces it',
    options: [],
    trips: ({ faults }) => {
      const broken = faults.filter(({ holdsFixes }) => holdsFixes).map(({ file, fault }) => `${file}: ${fault}`);
      if (broken.length === 0) return undefined;
      return `the last report cannot be read (${broken.join('; ')}), so nothing is fixed; this report replaces it, and the next pass fixes again`;
    },
  },
  // Without the autoscalers, replicas cannot be judged.
  'incomplete-read': {
    against: 'autoscalers that could not be read',
    options: [],
    trips: ({ snapshot }) => {
      const failed = snapshot.failedReads.find((read) => read.what.endsWith('/HorizontalPodAutoscaler'));
      return failed && `the autoscalers could not be read (${failed.error}), so nothing is fixed`;
    },
  },
  // Such a drop is more likely a mistake than intended.
  'desired-shrank': {
    against: 'units that declare far fewer objects than before, by default half',
    options: ['DRIFT_MAX_SHRINK_PERCENT'],
    trips: ({ declared, declaredBefore }, { maxShrinkPercent }) => {
      const percent = declaredBefore === 0 ? 0 : Math.ceil(((declaredBefore - declared) * 100) / declaredBefore);
      if (percent <= maxShrinkPercent) return undefined;
      return `units declare up to ${roundedUp(percent)} % fewer objects than the ${declaredBefore} of an earlier report, more than DRIFT_MAX_SHRINK_PERCENT=${maxShrinkPercent}; set DRIFT_MAX_SHRINK_PERCENT=${roundedUp(percent)} to allow it`;
    },
  },
} as const satisfies Readonly<Record<string, Guard<Sides>>>;

/** They check the planned changes, not what was read: fixes that a person approved are not stopped. */
const OF_CHANGES = {
  // Without reports, passes could keep reverting a person's change unnoticed. Push the report first.
  'unreported-fixes': {
    against: 'fixes of an earlier pass whose report could not be pushed',
    options: [],
    trips: (_, { unreportedFixes }) =>
      unreportedFixes === 0
        ? undefined
        : 'an earlier pass could not push the report of its fixes; fixing resumes as soon as a report is pushed',
  },
  // The connection to a wrong cluster is more likely than an empty one. A single object is no evidence.
  'wrong-cluster': {
    against: 'a cluster without any of the declared objects',
    options: ['DRIFT_ALLOW_EMPTY'],
    trips: ({ planned, comparison: { objects, compared } }, { allowEmpty }) => {
      const absent = objects.filter(({ desired, live }) => desired !== undefined && live === undefined).length;
      const isCreating = planned.some((finding) => finding.class === 'missing');
      if (allowEmpty || !isCreating || compared < 2 || absent < compared) return undefined;
      return 'this cluster contains none of the declared objects, so it may be the wrong cluster; check KUBECONFIG and DRIFT_CONTEXT, or set DRIFT_ALLOW_EMPTY=true to allow it';
    },
  },
  // Zero replicas in many units are more likely a mistake, and a person may have scaled a workload up in an incident.
  'scale-to-zero': {
    against: 'workloads scaled to zero',
    options: ['DRIFT_MAX_TO_ZERO'],
    trips: ({ planned }, { maxToZero }) => {
      const stopped = planned.filter(
        ({ path, desired, live, class: found }) =>
          printPath(path) === '/spec/replicas' && desired === 0 && live !== 0 && found !== 'missing',
      );
      const count = objectsOf(stopped);
      if (count <= maxToZero) return undefined;
      return `${count} running workload${count === 1 ? '' : 's'} would be scaled to zero, more than DRIFT_MAX_TO_ZERO=${maxToZero}; set DRIFT_MAX_TO_ZERO=${count} to allow it`;
    },
  },
  // Many changes at once suggest that the desired side is wrong.
  'mass-change': {
    against: 'a mass change: too many objects, or too large a percentage if more than ten are compared',
    options: ['DRIFT_MAX_FIXES', 'DRIFT_MAX_FIX_PERCENT'],
    trips: ({ planned, comparison: { compared } }, limits) => massChange(objectsOf(planned), compared, limits),
  },
} as const satisfies Readonly<Record<string, Guard<Changes>>>;

export const GUARDS = { ...OF_SIDES, ...OF_CHANGES };
export type GuardName = keyof typeof GUARDS;

/** A guard that stopped all fixes. */
export interface TrippedGuard {
  readonly name: GuardName;
  /** The cause and the setting that allows the fixes. */
  readonly detail: string;
}

/** The first guard that stops every fix, also approved ones. */
export function guardSides(sides: Sides, limits: GuardLimits): TrippedGuard | undefined {
  return firstTripped(OF_SIDES, sides, limits);
}

/** The first guard that stops the fixes that no person approved. */
export function guardChanges(changes: Changes, limits: GuardLimits): TrippedGuard | undefined {
  return firstTripped(OF_CHANGES, changes, limits);
}

function firstTripped<Name extends GuardName, Facts>(
  guards: Readonly<Record<Name, Guard<Facts>>>,
  facts: Facts,
  limits: GuardLimits,
): TrippedGuard | undefined {
  // Object.keys forgets that it gives exactly these.
  for (const name of Object.keys(guards) as Name[]) {
    const detail = guards[name].trips(facts, limits);
    if (detail) return { name, detail };
  }
  return undefined;
}

function objectsOf(findings: readonly Finding[]): number {
  return new Set(findings.map(({ ref }) => objectKey(ref))).size;
}

/** With so few compared objects the percentage does not count: two of three is not a mass change. */
const PERCENT_COUNTS_ABOVE = 10;

/** Names every exceeded limit: raising only one of two would trip the other. */
function massChange(changed: number, compared: number, { maxFixes, maxFixPercent }: GuardLimits): string | undefined {
  const percent = compared === 0 ? 0 : Math.ceil((changed * 100) / compared);
  const isTooMany = changed > maxFixes;
  const isTooLarge = compared > PERCENT_COUNTS_ABOVE && percent > maxFixPercent;
  if (!isTooMany && !isTooLarge) return undefined;
  const exceeded = [
    ...(isTooMany ? [`DRIFT_MAX_FIXES=${maxFixes}`] : []),
    ...(isTooLarge ? [`DRIFT_MAX_FIX_PERCENT=${maxFixPercent}`] : []),
  ].join(' and ');
  const needed = [
    ...(isTooMany ? [`DRIFT_MAX_FIXES=${changed}`] : []),
    ...(isTooLarge ? [`DRIFT_MAX_FIX_PERCENT=${roundedUp(percent)}`] : []),
  ];
  const share = isTooLarge ? ` (up to ${roundedUp(percent)} % of those compared)` : '';
  return `${plural(changed, 'object')}${share} would change, more than ${exceeded}; set ${needed.join(' and ')} to allow it`;
}

/** Percentages are rounded up to steps: one object more or less must not change the report while a guard trips. */
const PERCENT_STEP = 5;

function roundedUp(percent: number): number {
  return Math.min(100, Math.ceil(percent / PERCENT_STEP) * PERCENT_STEP);
}
