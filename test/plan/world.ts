import type { ChangeSetRef, DesiredObject, InvalidUnit } from '../../src/domain/desired.ts';
import type { Finding, ObjectComparison } from '../../src/domain/finding.ts';
import { objectKey } from '../../src/domain/object-ref.ts';
import type { Plan, PlanDecisions, Prediction, UnitFix } from '../../src/domain/plan.ts';
import type { Opinion, RankedFinding } from '../../src/domain/ranking.ts';
import { NO_REPORT, type PreviousReport } from '../../src/domain/report.ts';
import type { FailedRead } from '../../src/domain/snapshot.ts';
import { type PlanOptions, planFixes } from '../../src/stages/plan/plan.ts';
import { compared, comparison, finding, ref, SOURCE, unit, workload } from '../types/builders.ts';
import { POLICY } from './policy.ts';

// What a plan is made from, for tests, with what a test is about given by name.

export const ours: ChangeSetRef = { id: 'cs-1', slug: 'bulk-drift-fix', space: 'prod' };
export const theirs: ChangeSetRef = { id: 'cs-2', slug: 'new-feature', space: 'prod' };
export const held: Opinion = {
  severity: 'medium',
  rank: 1,
  isHeld: true,
  advice: { cause: '', advice: '', confidence: 'low' },
  promptVersion: '1',
};

const NOW = new Date('2026-11-24T03:00:00Z');

function declared(count: number): readonly DesiredObject[] {
  const owner = unit('all');
  return Array.from({ length: count }, (_, index) => {
    const object = ref(`declared-${index}`);
    return { ref: object, document: workload(object, 1), documentIndex: index, unit: owner };
  });
}

export interface World {
  readonly options?: Partial<PlanOptions>;
  readonly compared?: number;
  readonly failedReads?: readonly FailedRead[];
  readonly opinion?: Opinion;
  readonly pausedNamespaces?: Readonly<Record<string, string>>;
  readonly terminating?: readonly string[];
  /** Objects that units declare. */
  readonly declared?: number;
  /** The same, where it matters which. */
  readonly desired?: readonly DesiredObject[];
  /** Units of which a part could not be compared, by id. */
  readonly partlyCompared?: readonly string[];
  readonly invalid?: readonly InvalidUnit[];
  readonly previous?: Partial<PreviousReport>;
  readonly predictions?: ReadonlyMap<string, Prediction>;
  readonly decided?: Partial<PlanDecisions>;
  /** Findings in rank order; that of the objects where it is left out. */
  readonly order?: (findings: readonly Finding[]) => readonly Finding[];
}

export function plan(objects: readonly ObjectComparison[], world: World = {}): Plan {
  const findings = objects.flatMap((object) => object.findings);
  const ranked = (world.order?.(findings) ?? findings).map(
    (entry): RankedFinding => ({
      finding: entry,
      severity: 'medium',
      costUsdPerMonth: 0,
      opinion: world.opinion,
      unanswered: '',
    }),
  );
  return planFixes(
    {
      snapshot: {
        failedReads: world.failedReads ?? [],
        objects: objects.flatMap((object) => object.live ?? []),
        pausedNamespaces: world.pausedNamespaces ?? {},
        terminating: world.terminating ?? [],
      },
      desired: { objects: world.desired ?? declared(world.declared ?? objects.length), invalid: world.invalid ?? [] },
      previous: { ...NO_REPORT, ...world.previous },
      now: NOW,
      predictions: world.predictions ?? new Map(),
      decided: { approved: new Map(), kept: new Map(), unreadable: '', ...world.decided },
      comparison: {
        ...comparison(objects, world.compared ?? objects.length),
        partlyCompared: world.partlyCompared ?? [],
      },
      ranking: { findings: ranked, source: SOURCE },
    },
    { ...POLICY, ...world.options },
  );
}

/** The decision on the only finding, as `action reason`. */
export function decision(object: ObjectComparison, world: World = {}): string {
  const [item] = plan([object], world).items;
  return `${item?.action} ${item?.reason}`;
}

export function only(result: Plan): UnitFix {
  const [unitFix, ...more] = result.fixes;
  if (!unitFix || more.length > 0) throw new Error(`${result.fixes.length} fixes instead of one`);
  return unitFix;
}

/** What a dry run answers that refuses this finding. */
export function refusing({ id, ref: object }: Finding, detail: string): ReadonlyMap<string, Prediction> {
  const refused = new Map([[id, { reason: 'denied', detail } as const]]);
  return new Map([[objectKey(object), { restartsPods: false, refused, isAppliedAlone: false, alsoChanged: [] }]]);
}

export function drifted(count: number): readonly ObjectComparison[] {
  return Array.from({ length: count }, (_, index) => compared([finding({ ref: ref(`w${index}`) })]));
}

export const AUTOSCALERS_UNREAD = { what: 'autoscaling/v2/HorizontalPodAutoscaler', namespace: '', error: 'forbidden' };
