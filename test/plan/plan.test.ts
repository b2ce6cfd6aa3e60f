import { expect } from 'chai';
import fc from 'fast-check';
import { abilitiesOf } from '../../src/confighub/generation.ts';
import { type PlanOptions, planFixes } from '../../src/plan/plan.ts';
import type { ChangeSetRef, DesiredUnit } from '../../src/types/desired.ts';
import type { Blame, Finding, FindingClass, ObjectComparison } from '../../src/types/finding.ts';
import type { Plan, UnitCorrection } from '../../src/types/plan.ts';
import type { Opinion, RankedFinding } from '../../src/types/ranking.ts';
import { Secret } from '../../src/types/secret.ts';
import type { FailedRead } from '../../src/types/snapshot.ts';
import {
  compared,
  comparison,
  controller,
  envValue,
  finding,
  IMAGE,
  label,
  live,
  person,
  REPLICAS,
  ref,
  unit,
  workload,
} from '../types/builders.ts';

const ours: ChangeSetRef = { id: 'cs-1', slug: 'bulk-drift-fix', space: 'prod' };
const theirs: ChangeSetRef = { id: 'cs-2', slug: 'new-feature', space: 'prod' };
const held: Opinion = {
  severity: 'medium',
  rank: 1,
  isHeld: true,
  advice: { cause: '', advice: '', confidence: 'low' },
  promptVersion: '1',
};

interface World {
  readonly options?: Partial<PlanOptions>;
  readonly compared?: number;
  readonly failedReads?: readonly FailedRead[];
  readonly opinion?: Opinion;
  /** Findings in rank order; that of the objects where it is left out. */
  readonly order?: (findings: readonly Finding[]) => readonly Finding[];
}

function plan(objects: readonly ObjectComparison[], world: World = {}): Plan {
  const findings = objects.flatMap((object) => object.findings);
  const ranked = (world.order?.(findings) ?? findings).map(
    (entry): RankedFinding => ({ finding: entry, severity: 'medium', costUsdPerMonth: 0, opinion: world.opinion }),
  );
  const source = {
    ranker: 'heuristic' as const,
    reason: '',
    model: '',
    promptVersion: '',
    requestIds: [],
    inputTokens: 0,
    outputTokens: 0,
    refused: 0,
    summary: '',
    prices: 'list',
  };
  return planFixes(
    {
      snapshot: { failedReads: world.failedReads ?? [] },
      desired: { invalid: [] },
      comparison: comparison(objects, world.compared ?? objects.length),
      ranking: { findings: ranked, source },
    },
    {
      autoFix: true,
      createMissing: false,
      auditRevisions: true,
      applyChangeSet: false,
      changeSet: undefined,
      maxFixes: 25,
      maxFixPercent: 20,
      server: abilitiesOf('B'),
      ...world.options,
    },
  );
}

/** The decision on the only finding, as `action reason`. */
function decision(object: ObjectComparison, world: World = {}): string {
  const [item] = plan([object], world).items;
  return `${item?.action} ${item?.reason}`;
}

function only(result: Plan): UnitCorrection {
  const [correction, ...more] = result.corrections;
  if (!correction || more.length > 0) throw new Error(`${result.corrections.length} corrections instead of one`);
  return correction;
}

function drifted(count: number): readonly ObjectComparison[] {
  return Array.from({ length: count }, (_, index) => compared([finding({ ref: ref(`w${index}`) })]));
}

describe('deciding what is fixed', () => {
  it('fixes nothing while AUTO_FIX is off, and names the setting', () => {
    const result = plan(drifted(1), { options: { autoFix: false } });
    expect(result.items[0]).to.include({
      action: 'report',
      reason: 'auto-fix-off',
      detail: 'set AUTO_FIX=true to have it fixed',
    });
    expect(result.corrections).to.have.length(0);
  });

  it('fixes changed, removed and dropped fields with AUTO_FIX', () => {
    for (const findingClass of ['changed', 'removed', 'to_remove'] as const)
      expect(decision(compared([finding({ class: findingClass })])), findingClass).to.equal('fix auto-fix');
  });

  it('removes what a person added and leaves what anybody else added', () => {
    const added = (blame: Blame | undefined): ObjectComparison =>
      compared([finding({ class: 'added', path: envValue('DEBUG'), desired: undefined, live: 'true', blame })]);
    expect(decision(added(person))).to.equal('fix auto-fix');
    expect(decision(added(controller))).to.equal('report added-by-controller');
    expect(decision(added({ ...controller, actor: 'gitops' }))).to.equal('report added-by-controller');
    expect(decision(added({ ...controller, actor: 'unknown' }))).to.equal('report added-by-controller');
    expect(decision(added(undefined))).to.equal('report added-by-controller');
  });

  it('never fixes what is unmanaged, pending or only noted, and says why', () => {
    for (const findingClass of ['unmanaged', 'pending', 'informational'] as const) {
      const [item] = plan([compared([finding({ class: findingClass, note: 'the reason' })])]).items;
      expect(item, findingClass).to.include({ action: 'report', reason: 'never-fixed', detail: 'the reason' });
    }
  });

  it('creates a missing workload only when it is told to', () => {
    const missing = compared([finding({ class: 'missing', path: [], desired: workload(ref('web'), 3), live: undefined })], {
      live: undefined,
    });
    expect(decision(missing)).to.equal('report never-created');
    expect(decision(missing, { options: { createMissing: true } })).to.equal('fix auto-fix');
  });

  it('only reports a Secret', () => {
    const secret = compared([finding({ ref: ref('db', { apiVersion: 'v1', kind: 'Secret' }), live: new Secret('x') })]);
    expect(decision(secret)).to.equal('report secret');
  });

  it('leaves what the model holds back, and says that it did', () => {
    expect(decision(compared([finding()]), { opinion: held })).to.equal('report held-by-model');
  });

  it('waits for an apply gate and names it', () => {
    const gated = compared([finding()], { unit: unit('web', { gates: ['require-approval'] }) });
    const [item] = plan([gated]).items;
    expect(item).to.include({ action: 'blocked', reason: 'apply-gate' });
    expect(item?.detail).to.contain('require-approval');
  });

  it('stages a unit that a person locked, and names the command that applies it', () => {
    const locked = compared([finding()], { unit: unit('web', { changeSet: theirs }) });
    const result = plan([locked]);
    expect(result.items[0]).to.include({ action: 'stage', reason: 'changeset-locked' });
    expect(result.items[0]?.detail).to.contain('cub unit apply --revision ChangeSet:prod/new-feature');
    expect(only(result)).to.deep.include({ isStaged: true, changeSet: theirs });
  });

  it('stages everything under the changeset that CHANGESET names', () => {
    const result = plan([compared([finding()])], { options: { changeSet: { ...ours, isClosed: false } } });
    expect(result.items[0]?.action).to.equal('stage');
    expect(only(result).changeSet).to.deep.include(ours);
  });

  it('applies what it writes under a changeset when CHANGESET_APPLY is on', () => {
    const result = plan([compared([finding()])], { options: { changeSet: { ...ours, isClosed: false }, applyChangeSet: true } });
    expect(result.items[0]?.action).to.equal('fix');
    expect(only(result).isStaged).to.equal(false);
  });

  it('blocks a unit that is locked by another changeset than CHANGESET names', () => {
    const locked = compared([finding()], { unit: unit('web', { changeSet: theirs }) });
    const [item] = plan([locked], { options: { changeSet: { ...ours, isClosed: false } } }).items;
    expect(item).to.include({ action: 'blocked', reason: 'locked-elsewhere' });
    expect(item?.detail).to.contain('new-feature').and.contain('bulk-drift-fix');
  });

  it('blocks everything when the changeset that CHANGESET names is closed', () => {
    const result = plan([compared([finding()])], { options: { changeSet: { ...ours, isClosed: true } } });
    expect(result.items[0]).to.include({ action: 'blocked', reason: 'changeset-closed' });
    expect(result.corrections).to.have.length(0);
  });
});

describe('guards of a plan', () => {
  it('fixes nothing when more objects would change than MAX_FIXES, and names the value that lets it pass', () => {
    const result = plan(drifted(6), { options: { maxFixes: 5 }, compared: 1000 });
    expect(result.guard?.name).to.equal('mass-change');
    expect(result.guard?.detail).to.contain('MAX_FIXES=6 lets it pass');
    expect(new Set(result.items.map((item) => `${item.action} ${item.reason}`))).to.deep.equal(new Set(['blocked mass-change']));
    expect(result.corrections).to.have.length(0);
    expect(plan(drifted(6), { options: { maxFixes: 6 }, compared: 1000 }).guard).to.equal(undefined);
  });

  it('fixes nothing when more than MAX_FIX_PERCENT of the objects would change, and names the value that lets it pass', () => {
    const result = plan(drifted(3), { compared: 14 });
    expect(result.guard?.detail).to.contain('3 of 14 objects (22 %)').and.contain('MAX_FIX_PERCENT=22 lets it pass');
    expect(plan(drifted(3), { compared: 14, options: { maxFixPercent: 22 } }).guard).to.equal(undefined);
    expect(plan(drifted(3), { compared: 15 }).guard).to.equal(undefined);
  });

  it('asks for no share where ten objects or fewer are compared', () => {
    expect(plan(drifted(10), { compared: 10 }).guard).to.equal(undefined);
    expect(plan(drifted(3), { compared: 11 }).guard?.name).to.equal('mass-change');
  });

  it('counts objects, not fields, and only those that would change', () => {
    const both = compared([finding(), finding({ path: IMAGE, desired: 'a:1', live: 'a:2' })]);
    const added = compared([finding({ ref: ref('noted'), class: 'added', blame: controller })]);
    expect(plan([both, added], { options: { maxFixes: 1 } }).guard).to.equal(undefined);
  });

  it('fixes nothing while the autoscalers could not be read: replicas cannot be judged', () => {
    const failedReads = [{ what: 'autoscaling/v2/HorizontalPodAutoscaler', namespace: '', error: 'forbidden' }];
    const result = plan(drifted(2), { failedReads });
    expect(result.guard).to.deep.include({ name: 'incomplete-read' });
    expect(result.guard?.detail).to.contain('forbidden');
    expect(result.items.map((item) => item.action)).to.deep.equal(['blocked', 'blocked']);
    expect(result.corrections).to.have.length(0);
  });

  it('says nothing of a guard where nothing was to be fixed', () => {
    const failedReads = [{ what: 'autoscaling/v2/HorizontalPodAutoscaler', namespace: '', error: 'forbidden' }];
    expect(plan(drifted(2), { failedReads, options: { autoFix: false } }).guard).to.equal(undefined);
  });

  it('goes on after a failed read that no fix depends on', () => {
    const failedReads = [{ what: 'apps/v1/DaemonSet', namespace: 'shop', error: 'forbidden' }];
    expect(plan(drifted(1), { failedReads }).corrections).to.have.length(1);
  });
});

describe('corrections', () => {
  it('come one for each unit, critical units first', () => {
    const shared = unit('shop');
    const result = plan([
      compared([finding({ ref: ref('a') })], { unit: shared }),
      compared([finding({ ref: ref('b') })], { unit: shared }),
      compared([finding({ ref: ref('checkout'), isCritical: true })]),
    ]);
    expect(result.corrections.map((correction) => correction.unit.slug)).to.deep.equal(['checkout', 'shop']);
    expect(result.corrections[1]?.objects.map((object) => object.desired.ref.name)).to.deep.equal(['a', 'b']);
  });

  it('split the findings of an object into those to fix and those to leave', () => {
    const fix = finding();
    const leave = finding({ path: label('injected'), class: 'added', blame: controller });
    const [object] = only(plan([compared([fix, leave])])).objects;
    expect(object?.fix).to.deep.equal([fix]);
    expect(object?.leave).to.deep.equal([leave]);
  });

  it('write no pair on top of a change that nobody has applied yet, none for Secrets, and none when told so', () => {
    expect(only(plan(drifted(1))).writesPair).to.equal(true);
    expect(only(plan([compared([finding()], { unit: unit('web', { hasUnappliedChanges: true }) })])).writesPair).to.equal(false);
    expect(only(plan(drifted(1), { options: { auditRevisions: false } })).writesPair).to.equal(false);
  });
});

describe('who carries a correction out', () => {
  const targeted = unit('web', { target: 'prod-cluster' });

  it('is ConfigHub where the unit has a target and every departing field is to be fixed', () => {
    expect(only(plan([compared([finding()], { unit: targeted })])).route).to.equal('confighub');
  });

  it('is the pass itself where the unit has no target', () => {
    expect(only(plan([compared([finding()])])).route).to.equal('direct');
  });

  it('is the pass itself where an autoscaler owns a field that ConfigHub would overwrite', () => {
    const image = finding({ path: IMAGE, desired: 'a:1', live: 'a:2' });
    const autoscaled = finding({ path: REPLICAS, class: 'informational', note: 'autoscaled' });
    expect(only(plan([compared([image, autoscaled], { unit: targeted })])).route).to.equal('direct');
  });

  it('is the pass itself where another object of the unit departs and is left alone', () => {
    const other = compared([finding({ ref: ref('scaled-by-autoscaler'), class: 'informational' })], { unit: targeted });
    const result = plan([compared([finding()], { unit: targeted }), other]);
    expect(only(result).route).to.equal('direct');
  });

  it('is still ConfigHub where others only added fields beside the declared ones', () => {
    const added = finding({ path: label('injected'), class: 'added', desired: undefined, blame: controller });
    expect(only(plan([compared([finding(), added], { unit: targeted })])).route).to.equal('confighub');
  });
});

describe('id of a correction', () => {
  const idOf = (object: ObjectComparison): string => only(plan([object])).id;
  const web = ref('web');

  it('is the same for the same drift and differs for another desired text, value, uid or generation', () => {
    const id = idOf(compared([finding()]));
    expect(idOf(compared([finding()]))).to.equal(id);
    const others = [
      compared([finding()], { unit: unit('web', { text: 'other: text\n' }) }),
      compared([finding()], { unit: unit('web', { id: 'another-unit' }) }),
      compared([finding({ live: 6 })]),
      compared([finding()], { live: live(web, workload(web, 5), { uid: 'recreated' }) }),
      compared([finding()], { live: live(web, workload(web, 5), { generation: 3 }) }),
    ];
    expect(new Set([id, ...others.map(idOf)]).size).to.equal(others.length + 1);
  });

  it('does not depend on what changes without a new drift', () => {
    const relabelled = unit('web', { version: 8, headRevision: 5, lastChangeDescription: 'x', labels: { a: 'b' } });
    expect(idOf(compared([finding({ blame: controller })], { unit: relabelled }))).to.equal(idOf(compared([finding()])));
  });

  it('does not depend on the order that the model gave the findings', () => {
    const shared = unit('shop');
    const objects = ['a', 'b'].map((name) =>
      compared([finding({ ref: ref(name) }), finding({ ref: ref(name), path: IMAGE, desired: 'a:1', live: 'a:2' })], {
        unit: shared,
      }),
    );
    const turned = plan(objects, { order: (findings) => findings.toReversed() });
    expect(only(turned).id).to.equal(only(plan(objects)).id);
  });

  it('says nothing about a masked value, from which a short password could be guessed', () => {
    const masked = (value: string): ObjectComparison =>
      compared([finding({ path: envValue('PIN'), desired: new Secret('0000'), live: new Secret(value) })]);
    expect(idOf(masked('1234'))).to.equal(idOf(masked('9876')));
  });
});

const someObject: fc.Arbitrary<ObjectComparison> = fc
  .record({
    name: fc.stringMatching(/^[a-z]{1,5}$/u),
    kind: fc.constantFrom('Deployment', 'Secret', 'DaemonSet'),
    classes: fc.uniqueArray(
      fc.constantFrom<FindingClass>(
        'changed',
        'removed',
        'added',
        'to_remove',
        'missing',
        'unmanaged',
        'pending',
        'informational',
      ),
      { minLength: 1 },
    ),
    blame: fc.constantFrom(undefined, person, controller),
    isCritical: fc.boolean(),
    gates: fc.constantFrom<readonly string[]>([], ['approval']),
    changeSet: fc.constantFrom(undefined, ours, theirs),
    target: fc.constantFrom(undefined, 'cluster'),
    hasUnappliedChanges: fc.boolean(),
    isUnmanaged: fc.boolean(),
  })
  .map(({ name, kind, classes, blame, isCritical, isUnmanaged, changeSet, target, ...rest }) => {
    const object = ref(name, { kind });
    const owner: DesiredUnit = unit(name, {
      ...rest,
      isCritical,
      ...(changeSet ? { changeSet } : {}),
      ...(target === undefined ? {} : { target }),
    });
    const findings = classes.map((findingClass) =>
      finding({ ref: object, class: findingClass, blame, isCritical, note: 'noted' }),
    );
    return compared(
      findings,
      isUnmanaged && classes.every((entry) => entry === 'unmanaged') ? { unit: undefined } : { unit: owner },
    );
  });

describe('every plan', () => {
  it('decides on every finding with a reason, in rank order, and corrects exactly what it says it fixes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(someObject, { selector: (object) => object.ref.name, maxLength: 12 }),
        fc.record({
          autoFix: fc.boolean(),
          createMissing: fc.boolean(),
          auditRevisions: fc.boolean(),
          applyChangeSet: fc.boolean(),
          changeSet: fc.constantFrom(undefined, { ...ours, isClosed: false }, { ...ours, isClosed: true }),
          maxFixes: fc.integer({ min: 0, max: 10 }),
          maxFixPercent: fc.constantFrom(0, 20, 100),
        }),
        fc.constantFrom(undefined, held),
        fc.boolean(),
        (objects, options, opinion, isReadFailed) => {
          const failedReads = isReadFailed ? [{ what: 'autoscaling/v2/HorizontalPodAutoscaler', namespace: '', error: 'x' }] : [];
          const result = plan(objects, { options, failedReads, ...(opinion ? { opinion } : {}) });
          const findings = objects.flatMap((object) => object.findings);
          expect(result.items.map((item) => item.ranked.finding)).to.deep.equal(findings);
          for (const item of result.items) {
            expect(item.action).to.be.oneOf(['fix', 'stage', 'report', 'blocked']);
            expect(item.reason).to.be.a('string').and.not.equal('');
            if (item.action === 'blocked') expect(item.detail).to.not.equal('');
          }
          const wanted = result.items.filter((item) => item.action === 'fix' || item.action === 'stage');
          const corrected = result.corrections.flatMap((correction) => correction.objects.flatMap((object) => object.fix));
          expect(corrected.map((entry) => entry.id).sort()).to.deep.equal(wanted.map((item) => item.ranked.finding.id).sort());
          const critical = result.corrections.map((correction) => Number(correction.isCritical));
          expect(critical).to.deep.equal(critical.toSorted((a, b) => b - a));
          if (!options.autoFix || isReadFailed || result.guard) expect(result.corrections).to.have.length(0);
          expect(corrected.some((entry) => entry.ref.kind === 'Secret')).to.equal(false);
          expect(result.corrections.length).to.be.at.most(options.maxFixes);
        },
      ),
      { numRuns: process.env['DRIFT_LONG'] ? 5_000 : 300 },
    );
  });
});
