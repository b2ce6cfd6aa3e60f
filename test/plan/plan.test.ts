import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { ACTOR_CLASSES, type ActorClass } from '../../src/domain/actor-classes.ts';
import type { DesiredUnit } from '../../src/domain/desired.ts';
import { actorWords } from '../../src/domain/field-managers.ts';
import { type FieldPath, printPath } from '../../src/domain/field-path.ts';
import type { ObjectComparison } from '../../src/domain/finding.ts';
import type { FindingClass } from '../../src/domain/finding-classes.ts';
import type { GuardName } from '../../src/domain/guards.ts';
import { objectKey } from '../../src/domain/object-ref.ts';
import type { Plan, PlanDecisions, Prediction } from '../../src/domain/plan.ts';
import type { RankedFinding } from '../../src/domain/ranking.ts';
import type { Correction, PreviousReport, ReportFinding } from '../../src/domain/report.ts';
import { Secret } from '../../src/domain/secret.ts';
import { contestOf } from '../../src/stages/plan/contested.ts';
import {
  CONTAINER,
  compared,
  controller,
  envValue,
  finding,
  hands,
  IMAGE,
  label,
  live,
  REPLICAS,
  ref,
  unit,
  workload,
} from '../types/builders.ts';
import { AUTOSCALERS_UNREAD, decision, drifted, held, only, ours, plan, refusing, theirs, type World } from './world.ts';

const CHANGED_BY = parse(readFileSync(new URL('../../fixtures/plan/changed-by.yaml', import.meta.url), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, 'fix' | 'report'>>>
>;

describe('deciding what is fixed', () => {
  it('fixes nothing while AUTO_FIX is off, and names the setting', () => {
    const result = plan(drifted(1), { options: { autoFix: false } });
    expect(result.items[0]).to.include({
      action: 'report',
      reason: 'auto-fix-off',
      detail: 'AUTO_FIX is off; set AUTO_FIX=true to fix it',
    });
    expect(result.fixes).to.have.length(0);
  });

  it('has a row in the table for every class', () => {
    expect(Object.keys(CHANGED_BY)).to.have.members([...ACTOR_CLASSES, 'nobody']);
  });

  for (const [actor, row] of Object.entries(CHANGED_BY))
    it(`fixes without a decision what the table says where ${actor} wrote last, and on a decision all of it`, () => {
      for (const [findingClass, action] of Object.entries(row)) {
        const blame = actor === 'nobody' ? undefined : { ...controller, manager: 'some-tool', actor: actor as ActorClass };
        const found = finding({ class: findingClass as FindingClass, path: envValue('DEBUG'), blame });
        const [item] = plan([compared([found])]).items;
        expect(item, findingClass).to.include(
          action === 'fix' ? { action, reason: 'auto-fix' } : { action, reason: 'changed-by-other' },
        );
        const by = blame ? `some-tool (${actorWords(blame)}) changed it last` : 'no field manager is recorded';
        if (action === 'report') expect(item?.detail).to.equal(`${by} and may need it; a fix decision reverts it`);
        const approved = new Map([[found.fingerprint, 'Ann']]);
        expect(decision(compared([found]), { decided: { approved } }), findingClass).to.equal('fix decided');
        const fresh = { options: { graceSeconds: 3600 } };
        const inGrace = compared([finding({ ...found, blame: blame && { ...blame, time: '2026-11-24T02:59:00Z' } })]);
        expect(decision(inGrace, fresh), findingClass).to.equal(action === 'fix' ? 'report grace' : 'report changed-by-other');
      }
    });

  it('never fixes what is unmanaged, pending or only noted, and says why', () => {
    for (const findingClass of ['unmanaged', 'pending', 'informational'] as const) {
      const [item] = plan([compared([finding({ class: findingClass, note: 'the reason' })])]).items;
      expect(item, findingClass).to.include({ action: 'report', reason: 'never-fixed', detail: 'the reason' });
    }
  });

  it('creates a missing workload only with DRIFT_CREATE_MISSING', () => {
    const missing = compared([finding({ class: 'missing', path: [], desired: workload(ref('web'), 3), live: undefined })], {
      live: undefined,
    });
    expect(decision(missing)).to.equal('report never-created');
    expect(decision(missing, { options: { createMissing: true } })).to.equal('fix auto-fix');
  });

  it("only reports the detector's own deployment, so that a CronJob that a person suspended stays suspended", () => {
    const cronJob = ref('drift-detector', { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'devops-apps' });
    const suspended = finding({ ref: cronJob, path: [{ field: 'spec' }, { field: 'suspend' }], desired: false, live: true });
    const labels = { 'app.kubernetes.io/part-of': 'drift-detector' };
    const document = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'drift-detector', labels }, spec: {} };
    expect(decision(compared([suspended], { document }))).to.equal('report own-object');
    expect(decision(compared([suspended], { document }), { options: { autoFix: false } })).to.equal('report own-object');
    const approved = new Map([[suspended.fingerprint, 'Ann']]);
    expect(decision(compared([suspended], { document }), { decided: { approved } })).to.equal('fix decided');
    expect(decision(compared([suspended]))).to.equal('fix auto-fix');
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

  it('stages everything under the changeset that DRIFT_CHANGESET names', () => {
    const result = plan([compared([finding()])], { options: { changeSet: { ...ours, isClosed: false } } });
    expect(result.items[0]?.action).to.equal('stage');
    expect(only(result).changeSet).to.deep.include(ours);
  });

  it('applies what it writes under a changeset when DRIFT_CHANGESET_APPLY is on', () => {
    const result = plan([compared([finding()])], { options: { changeSet: { ...ours, isClosed: false }, applyChangeSet: true } });
    expect(result.items[0]?.action).to.equal('fix');
    expect(only(result).isStaged).to.equal(false);
  });

  it('blocks a unit that is locked by another changeset than DRIFT_CHANGESET names', () => {
    const locked = compared([finding()], { unit: unit('web', { changeSet: theirs }) });
    const [item] = plan([locked], { options: { changeSet: { ...ours, isClosed: false } } }).items;
    expect(item).to.include({ action: 'blocked', reason: 'locked-elsewhere' });
    expect(item?.detail).to.contain('new-feature').and.contain('bulk-drift-fix');
  });

  it('blocks everything when the changeset that DRIFT_CHANGESET names is closed', () => {
    const result = plan([compared([finding()])], { options: { changeSet: { ...ours, isClosed: true } } });
    expect(result.items[0]).to.include({ action: 'blocked', reason: 'changeset-closed' });
    expect(result.fixes).to.have.length(0);
  });
});

/** For each guard what trips it and no other. */
const TRIPPING: Readonly<Record<GuardName, () => Plan>> = {
  'decisions-unreadable': () => plan(drifted(1), { decided: { unreadable: 'line 3' } }),
  'report-unreadable': () =>
    plan(drifted(1), { previous: { faults: [{ file: 'report.json', fault: 'it is cut', holdsFixes: true }] } }),
  'incomplete-read': () => plan(drifted(1), { failedReads: [AUTOSCALERS_UNREAD] }),
  'desired-shrank': () => plan(drifted(1), { declared: 19, previous: { desiredObjects: 40 } }),
  'unreported-fixes': () => plan(drifted(1), { options: { unreportedFixes: 3 } }),
  'wrong-cluster': () =>
    plan(
      ['a', 'b'].map((name) => compared([finding({ ref: ref(name), class: 'missing', path: [] })], { live: undefined })),
      { options: { createMissing: true } },
    ),
  'scale-to-zero': () =>
    plan(['a', 'b'].map((name) => compared([finding({ ref: ref(name), path: REPLICAS, desired: 0, live: 1 })]))),
  'mass-change': () => plan(drifted(6), { options: { maxFixes: 5 } }),
};

describe('guards of a plan', () => {
  for (const [name, trip] of Object.entries(TRIPPING))
    it(`hold everything: ${name}`, () => {
      const { guard, items, fixes } = trip();
      expect(guard?.name).to.equal(name);
      expect(items.map(({ action, reason, detail }) => ({ action, reason, detail }))).to.deep.equal(
        items.map(() => ({ action: 'blocked', reason: name, detail: guard?.detail })),
      );
      expect(fixes).to.deep.equal([]);
    });

  it('fixes nothing when more objects would change than DRIFT_MAX_FIXES, and names the value that lets it pass', () => {
    const result = plan(drifted(6), { options: { maxFixes: 5 }, compared: 1000 });
    expect(result.guard?.name).to.equal('mass-change');
    expect(result.guard?.detail).to.contain('set DRIFT_MAX_FIXES=6 to allow it');
    expect(new Set(result.items.map((item) => `${item.action} ${item.reason}`))).to.deep.equal(new Set(['blocked mass-change']));
    expect(result.fixes).to.have.length(0);
    expect(plan(drifted(6), { options: { maxFixes: 6 }, compared: 1000 }).guard).to.equal(undefined);
  });

  it('fixes nothing when more than DRIFT_MAX_FIX_PERCENT of the objects would change, and names the value that lets it pass', () => {
    const result = plan(drifted(3), { compared: 14 });
    expect(result.guard?.detail)
      .to.contain('3 objects (up to 25 % of those compared)')
      .and.contain('set DRIFT_MAX_FIX_PERCENT=25 to allow it');
    expect(plan(drifted(3), { compared: 14, options: { maxFixPercent: 22 } }).guard).to.equal(undefined);
    expect(plan(drifted(3), { compared: 15 }).guard).to.equal(undefined);
  });

  it('says the same while objects come and go elsewhere, so that a tripped guard makes no commit each time', () => {
    const told = (compared: number): string | undefined => plan(drifted(3), { compared }).guard?.detail;
    expect([12, 13, 14].map(told)).to.deep.equal([told(12), told(12), told(12)]);
    const shrunk = (declared: number): string | undefined =>
      plan(drifted(1), { declared, previous: { desiredObjects: 400 } }).guard?.detail;
    expect([180, 185, 199].map(shrunk)).to.deep.equal([shrunk(180), shrunk(180), shrunk(180)]);
  });

  it('names every value that prevents it: raising one of two would trip the other', () => {
    const result = plan(drifted(6), { options: { maxFixes: 5 }, compared: 20 });
    expect(result.guard?.detail).to.equal(
      '6 objects (up to 30 % of those compared) would change, more than DRIFT_MAX_FIXES=5 and DRIFT_MAX_FIX_PERCENT=20; set DRIFT_MAX_FIXES=6 and DRIFT_MAX_FIX_PERCENT=30 to allow it',
    );
    expect(plan(drifted(6), { options: { maxFixes: 6, maxFixPercent: 30 }, compared: 20 }).guard).to.equal(undefined);
  });

  it('lets pass what a person approved one by one, and nothing beside it', () => {
    const objects = drifted(6);
    const approved = new Map([[objects[2]?.findings[0]?.fingerprint ?? '', 'fix decided by Ann']]);
    const world: World = { options: { maxFixes: 4 }, compared: 1000, decided: { approved } };
    const result = plan(objects, world);
    expect(result.guard?.name).to.equal('mass-change');
    expect(result.fixes.map(({ unit: { slug } }) => slug)).to.deep.equal(['w2']);
    expect(plan(objects, { ...world, options: { maxFixes: 5 } }).guard, 'it is not counted').to.equal(undefined);
    const unread = plan(objects, { ...world, failedReads: [AUTOSCALERS_UNREAD] });
    expect(unread.fixes, 'an approval says nothing of what could not be read').to.have.length(0);
  });

  it('takes only one running workload down to no replica, and names the value that lets more pass', () => {
    const zero = (name: string, more: Parameters<typeof finding>[0] = {}): ObjectComparison =>
      compared([finding({ ref: ref(name), desired: 0, live: 3, ...more })]);
    expect(plan([zero('a')]).guard).to.equal(undefined);
    const result = plan([zero('a'), zero('b', { class: 'removed', live: undefined })]);
    expect(result.guard).to.deep.equal({
      name: 'scale-to-zero',
      detail: '2 running workloads would be scaled to zero, more than DRIFT_MAX_TO_ZERO=1; set DRIFT_MAX_TO_ZERO=2 to allow it',
    });
    expect(result.fixes).to.have.length(0);
    expect(plan([zero('a'), zero('b')], { options: { maxToZero: 2 } }).guard).to.equal(undefined);
    expect(plan([zero('a'), zero('b', { path: IMAGE })]).guard, 'another field').to.equal(undefined);
    expect(plan([zero('a')], { options: { maxToZero: 0 } }).guard?.name).to.equal('scale-to-zero');
  });

  it('creates nothing in a cluster that holds none of what units declare, which may be another one', () => {
    const missing = (name: string): ObjectComparison =>
      compared([finding({ ref: ref(name), class: 'missing', path: [], live: undefined })], { live: undefined });
    const options = { createMissing: true };
    const result = plan([missing('a'), missing('b')], { options });
    expect(result.guard?.name).to.equal('wrong-cluster');
    expect(result.guard?.detail)
      .to.contain('none of the declared objects')
      .and.contain('DRIFT_CONTEXT')
      .and.contain('DRIFT_ALLOW_EMPTY=true');
    expect(result.fixes).to.have.length(0);
    expect(plan([missing('a'), missing('b')], { options: { ...options, allowEmpty: true } }).guard).to.equal(undefined);
    expect(plan([missing('a'), missing('b')], { options, compared: 3 }).guard, 'one of three is there').to.equal(undefined);
    expect(plan([missing('a')], { options }).guard, 'the only one was deleted').to.equal(undefined);
  });

  it('fixes nothing but what a person approved while fixes of an earlier pass are in no report', () => {
    const objects = drifted(2);
    const approved = new Map([[objects[0]?.findings[0]?.fingerprint ?? '', 'fix decided by Ann']]);
    const held = plan(objects, { options: { unreportedFixes: 3 }, decided: { approved } });
    expect(held.guard?.name).to.equal('unreported-fixes');
    expect(held.fixes.map(({ unit: { slug } }) => slug)).to.deep.equal(['w0']);
    expect(plan([], { options: { unreportedFixes: 3 } }).guard, 'nothing was to be fixed').to.equal(undefined);
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
    const failedReads = [AUTOSCALERS_UNREAD];
    const result = plan(drifted(2), { failedReads });
    expect(result.guard).to.deep.include({ name: 'incomplete-read' });
    expect(result.guard?.detail).to.contain('forbidden');
    expect(result.items.map((item) => item.action)).to.deep.equal(['blocked', 'blocked']);
    expect(result.fixes).to.have.length(0);
  });

  it('says nothing of a guard where nothing was to be fixed', () => {
    const failedReads = [AUTOSCALERS_UNREAD];
    expect(plan(drifted(2), { failedReads, options: { autoFix: false } }).guard).to.equal(undefined);
  });

  it('goes on after a failed read that no fix depends on', () => {
    const failedReads = [{ what: 'apps/v1/DaemonSet', namespace: 'shop', error: 'forbidden' }];
    expect(plan(drifted(1), { failedReads }).fixes).to.have.length(1);
  });
});

describe('what holds a fix', () => {
  const byHand = (time?: string): ObjectComparison =>
    compared([finding({ blame: time === undefined ? hands : { ...hands, time } })]);
  const annotated = (until: string): ObjectComparison => {
    const web = ref('web');
    const body = workload(web, 5);
    const metadata = { name: 'web', namespace: 'shop', annotations: { 'drift-detector/pause-until': until } };
    return compared([finding()], { live: live(web, { ...body, metadata }) });
  };

  it('is a pause that a person annotated on the workload, until its time, and it is listed', () => {
    const result = plan([annotated('2026-11-24T06:00:00Z')]);
    expect(result.items[0]).to.include({ action: 'report', reason: 'paused' });
    expect(result.items[0]?.detail).to.equal('shop/deployment/web is annotated drift-detector/pause-until=2026-11-24T06:00:00Z');
    expect(result.pauses).to.deep.equal([{ what: 'shop/deployment/web', until: '2026-11-24T06:00:00Z' }]);
    const over = plan([annotated('2026-11-24T03:59:00+01:00')]);
    expect([over.items[0]?.action, over.pauses]).to.deep.equal(['fix', []]);
  });

  it('is a pause on the namespace', () => {
    const result = plan([compared([finding()])], { pausedNamespaces: { shop: '2026-11-25T00:00:00Z' } });
    expect(result.items[0]).to.include({ action: 'report', reason: 'paused' });
    expect(decision(compared([finding()]), { pausedNamespaces: { other: '2026-11-25T00:00:00Z' } })).to.equal('fix auto-fix');
  });

  it('is a pause with an invalid time: its author wanted one', () => {
    const [item] = plan([annotated('tomorrow')]).items;
    expect(item).to.include({ action: 'report', reason: 'paused' });
    expect(item?.detail).to.contain('correct or remove it').and.not.contain('tomorrow');
  });

  it('is a pause that names a day or an hour that there is none of, and the detail says so', () => {
    const [item] = plan([annotated('2026-11-24T25:00:00Z')]).items;
    expect(item?.detail).to.contain('correct or remove it').and.not.contain('T25');
  });

  it('is a unit of which a part could not be read: what it declares elsewhere is not known', () => {
    const invalid = [{ space: 'prod', slug: 'web', error: 'document 2 is no YAML', text: '' }];
    const [item] = plan([compared([finding()])], { invalid }).items;
    expect(item).to.include({ action: 'blocked', reason: 'incomplete-read' });
    expect(item?.detail).to.equal('unit web could not be read completely: document 2 is no YAML; correct the unit first');
    expect(decision(compared([finding({ ref: ref('other') })]), { invalid }), 'its neighbours').to.equal('fix auto-fix');
  });

  it('is another unapplied change if the fix would be staged: no pair is written on top of it', () => {
    const waiting = unit('web', { hasUnappliedChanges: true, headRevision: 4, changeSet: theirs });
    const [item] = plan([compared([finding()], { unit: waiting })]).items;
    expect(item).to.include({ action: 'blocked', reason: 'unapplied-changes' });
    expect(item?.detail).to.contain('revision 4 of unit web is not applied yet').and.contain('revision 3');
    const applied = compared([finding()], { unit: waiting });
    expect(decision(applied, { options: { applyChangeSet: true } }), 'the live revision is applied').to.equal('fix auto-fix');
  });

  it('is the grace of a fresh change, counted from managedFields', () => {
    const world = { options: { graceSeconds: 1800 } };
    const [item] = plan([byHand('2026-11-24T02:45:00Z')], world).items;
    expect(item).to.include({ action: 'report', reason: 'grace' });
    expect(item?.detail).to.equal('changed recently; will be fixed after 2026-11-24T03:15:00Z (DRIFT_FIX_GRACE)');
    expect(decision(byHand('2026-11-24T02:30:00Z'), world)).to.equal('fix auto-fix');
  });

  it('is the grace counted from the first report where managedFields has no time', () => {
    const seen = (firstSeen: string, { id, fingerprint } = finding()): Partial<PreviousReport> => ({
      // Of a line only these are looked at.
      findings: [{ id, fingerprint, firstSeen } as ReportFinding],
    });
    const options = { graceSeconds: 1800 };
    expect(decision(byHand(), { options })).to.equal('report grace');
    expect(decision(byHand(), { options, previous: seen('2026-11-24T02:40:00Z') })).to.equal('report grace');
    expect(decision(byHand(), { options, previous: seen('2026-11-24T02:30:00Z') })).to.equal('fix auto-fix');
    const other = seen('2026-11-24T02:30:00Z', finding({ live: 8 }));
    expect(decision(byHand(), { options, previous: other }), 'scaled anew since').to.equal('report grace');
  });

  it('is an object, or a namespace, on its way out', () => {
    expect(decision(compared([finding()]), { terminating: ['shop'] })).to.equal('report terminating');
    expect(decision(compared([finding({ class: 'terminating', path: [] })]))).to.equal('report terminating');
  });

  it('is a refusal that the dry run met, in the words of the API server', () => {
    const predictions = refusing(finding(), 'admission webhook "policy" denied it');
    const result = plan([compared([finding()])], { predictions });
    expect(result.items[0]).to.include({ action: 'blocked', reason: 'denied', detail: 'admission webhook "policy" denied it' });
    expect(result.fixes).to.have.length(0);
  });

  it('is a desired side that shrank by half, until a person allows it', () => {
    const previous = { desiredObjects: 40 };
    const result = plan(drifted(1), { declared: 19, previous });
    expect(result.guard?.name).to.equal('desired-shrank');
    expect(result.guard?.detail)
      .to.contain('up to 55 % fewer objects than the 40')
      .and.contain('set DRIFT_MAX_SHRINK_PERCENT=55 to allow it');
    expect(result.fixes).to.have.length(0);
    expect(result.desiredObjects, 'the next pass compares with the same').to.equal(40);
    expect(plan(drifted(1), { declared: 20, previous }).guard?.name).to.equal('desired-shrank');
    expect(plan(drifted(1), { declared: 21, previous }).guard).to.equal(undefined);
    const passed = plan(drifted(1), { declared: 19, previous, options: { maxShrinkPercent: 53 } });
    expect([passed.fixes.length, passed.desiredObjects]).to.deep.equal([1, 19]);
  });

  it('says that the desired side shrank also where nothing was to be fixed', () => {
    const result = plan([], { declared: 0, previous: { desiredObjects: 40 } });
    expect(result.guard).to.equal(undefined);
    expect(result.notes.join()).to.contain('units declare up to 100 % fewer objects than the 40 of an earlier report');
    expect(result.desiredObjects).to.equal(40);
  });

  it('remembers the size of the desired side in steps, so that a unit more makes no commit', () => {
    const sizes = [38, 42, 50, 51, 29].map(
      (count) => plan([], { declared: count, previous: { desiredObjects: 40 } }).desiredObjects,
    );
    expect(sizes).to.deep.equal([40, 40, 40, 51, 29]);
  });
});

describe('a fix that a person decided by commit', () => {
  const approving = (object: ObjectComparison): Partial<PlanDecisions> => ({
    approved: new Map(object.findings.map(({ fingerprint }) => [fingerprint, 'fix decided by Ann'])),
  });
  const decidedOn = (object: ObjectComparison, world: World = {}): string =>
    decision(object, { ...world, decided: approving(object), options: { autoFix: false, ...world.options } });
  const drift = compared([finding()]);
  const at = (object: ObjectComparison): string => decidedOn(object);

  it('is made though AUTO_FIX is off, and says who decided', () => {
    const [item] = plan([drift], { decided: approving(drift), options: { autoFix: false } }).items;
    expect(item).to.include({ action: 'fix', reason: 'decided', detail: 'fix decided by Ann' });
  });

  it('goes past the rules of classes, grace, back-off and the model', () => {
    const added = finding({ class: 'added', path: envValue('DEBUG'), desired: undefined, live: 'true', blame: controller });
    const missing = finding({ class: 'missing', path: [], desired: workload(ref('web'), 3), live: undefined });
    expect(at(compared([added]))).to.equal('fix decided');
    expect(at(compared([missing], { live: undefined }))).to.equal('fix decided');
    expect(decidedOn(drift, { options: { graceSeconds: 3600 } })).to.equal('fix decided');
    expect(decidedOn(drift, { opinion: held })).to.equal('fix decided');
    const times = ['2026-11-24T00:00:00Z', '2026-11-24T01:00:00Z', '2026-11-24T02:00:00Z'];
    const corrections = times.map((time) => ({ findingId: finding().id, time, blame: hands }) as unknown as Correction);
    expect(decision(drift, { previous: { corrections } })).to.equal('report contested');
    expect(decidedOn(drift, { previous: { corrections } })).to.equal('fix decided');
  });

  it('never goes past locks, gates, pauses, deletions, refusals, and what cannot or must not be changed', () => {
    const gated = compared([finding()], { unit: unit('web', { gates: ['approval'] }) });
    const locked = compared([finding()], { unit: unit('web', { changeSet: theirs }) });
    const immutable = { ...finding(), repair: { method: 'recreate' as const, command: 'kubectl delete' } };
    const secret = finding({ ref: ref('db', { apiVersion: 'v1', kind: 'Secret' }), live: new Secret('x') });
    expect(at(gated)).to.equal('blocked apply-gate');
    expect(at(locked)).to.equal('stage changeset-locked');
    expect(decidedOn(locked, { options: { changeSet: { ...ours, isClosed: false } } })).to.equal('blocked locked-elsewhere');
    expect(decidedOn(drift, { pausedNamespaces: { shop: '2026-11-24T06:00:00Z' } })).to.equal('report paused');
    expect(decidedOn(drift, { terminating: ['shop'] })).to.equal('report terminating');
    expect(at(compared([immutable]))).to.equal('blocked immutable');
    expect(at(compared([secret]))).to.equal('report secret');
    expect(at(compared([{ ...finding(), autoscaler: 'web' }]))).to.equal('report autoscaler');
    for (const findingClass of ['unmanaged', 'pending', 'informational'] as const)
      expect(at(compared([finding({ class: findingClass })])), findingClass).to.equal('report never-fixed');
    expect(decidedOn(drift, { predictions: refusing(finding(), 'denied by policy') })).to.equal('blocked denied');
    expect(decidedOn(drift, { failedReads: [AUTOSCALERS_UNREAD] })).to.equal('blocked incomplete-read');
  });

  it('is not made where the live value is accepted, or who decided contradicts another', () => {
    const kept = new Map([[finding().fingerprint, 'accept decided by Bob: the unit is locked']]);
    const [item] = plan([drift], { decided: { kept } }).items;
    expect(item).to.include({ action: 'report', reason: 'decided', detail: 'accept decided by Bob: the unit is locked' });
  });

  it('and every other one is held while the decisions are unreadable', () => {
    const other = compared([finding({ ref: ref('api') })]);
    const result = plan([drift, other], { decided: { ...approving(drift), unreadable: 'line 3: no list' } });
    expect(result.guard).to.deep.equal({
      name: 'decisions-unreadable',
      detail: 'decisions.yaml cannot be read: line 3: no list',
    });
    expect(result.fixes).to.have.length(0);
    expect(plan([], { decided: { unreadable: 'line 3' } }).guard, 'nothing was to be fixed').to.equal(undefined);
  });
});

describe('the back-off of a contested field', () => {
  const HOUR = 3_600_000;
  const decideAt = (hours: readonly number[], nowHour: number, by = 'kubectl'): string => {
    const start = Date.parse('2026-11-20T00:00:00Z');
    const corrections = hours.map(
      (hour) =>
        ({
          findingId: finding().id,
          blame: { ...hands, manager: by },
          time: new Date(start + hour * HOUR).toISOString(),
        }) as Correction,
    );
    const ranked: RankedFinding = { finding: finding(), severity: 'low', costUsdPerMonth: 0, opinion: undefined, unanswered: '' };
    const contest = contestOf(ranked.finding, corrections, 3, new Date(start + nowHour * HOUR));
    return contest ? `held until ${(contest.until - start) / HOUR}` : 'free';
  };

  it('holds a field for a day after three fixes within 24 hours, and not after three over two days', () => {
    expect(decideAt([0, 1], 2)).to.equal('free');
    expect(decideAt([0, 1, 2], 3)).to.equal('held until 26');
    expect(decideAt([0, 1, 2], 26)).to.equal('free');
    expect(decideAt([0, 20, 40], 41)).to.equal('free');
  });

  it('doubles the hold for who takes back the next one as well, up to eight days', () => {
    expect(decideAt([0, 1, 2, 27], 28)).to.equal(`held until ${27 + 48}`);
    expect(decideAt([0, 1, 2, 27, 76], 77)).to.equal(`held until ${76 + 96}`);
    expect(decideAt([0, 1, 2, 27, 76, 173, 366], 367)).to.equal(`held until ${366 + 192}`);
  });

  it('begins anew after a quiet day', () => {
    expect(decideAt([0, 1, 2, 52], 53)).to.equal('free');
  });

  it('counts fixes against the same manager only, and names both sides', () => {
    expect(decideAt([0, 1, 2], 3, 'another')).to.equal('free');
    const corrections = [1, 2, 3].map((hour) => ({
      findingId: finding().id,
      blame: hands,
      time: `2026-11-24T0${hour - 1}:30:00.000Z`,
    })) as Correction[];
    const [item] = plan([compared([finding()])], { previous: { corrections } }).items;
    expect(item).to.include({ action: 'report', reason: 'contested' });
    expect(item?.detail).to.equal('kubectl keeps reverting the fix (3 fixes so far); next fix after 2026-11-25T02:30:00Z');
  });
});

describe('a fix without effect', () => {
  const at = (hour: string): Correction =>
    ({
      findingId: finding().id,
      fingerprint: finding().fingerprint,
      time: `2026-11-24T${hour}:30:00.000Z`,
      result: 'no-effect',
    }) as Correction;

  it('is not tried again for a day, even if decided, and no manager is said to revert it', () => {
    const previous = { corrections: [at('01')] };
    const approved = new Map([[finding().fingerprint, 'decided by Ann']]);
    for (const decided of [{}, { approved }]) {
      const [item] = plan([compared([finding()])], { previous, decided }).items;
      expect(item).to.include({ action: 'report', reason: 'no-effect' });
      expect(item?.detail).to.contain('next fix after 2026-11-25T01:30:00Z').and.not.contain('kubectl');
    }
  });

  it('holds that very value alone', () => {
    const other = finding({ live: 6 });
    expect(decision(compared([other]), { previous: { corrections: [at('01')] } })).to.equal('fix auto-fix');
    const contested = { corrections: ['00', '01', '02'].map((hour) => ({ ...at(hour), blame: hands })) };
    expect(decision(compared([other]), { previous: contested })).to.equal('fix auto-fix');
  });
});

describe('fixes', () => {
  it('come one for each unit, critical units first', () => {
    const shared = unit('shop');
    const result = plan([
      compared([finding({ ref: ref('a') })], { unit: shared }),
      compared([finding({ ref: ref('b') })], { unit: shared }),
      compared([finding({ ref: ref('checkout'), isCritical: true })]),
    ]);
    expect(result.fixes.map((entry) => entry.unit.slug)).to.deep.equal(['checkout', 'shop']);
    expect(result.fixes[1]?.objects.map((object) => object.desired.ref.name)).to.deep.equal(['a', 'b']);
  });

  it('split the findings of an object into those to fix and those to leave', () => {
    const fix = finding();
    const leave = finding({ path: label('injected'), class: 'added', blame: controller });
    const [object] = only(plan([compared([fix, leave])])).objects;
    expect(object?.fix).to.deep.equal([fix]);
    expect(object?.leave).to.deep.equal([leave]);
    const waiting = finding({ path: IMAGE, class: 'pending' });
    expect(only(plan([compared([fix, waiting])])).objects[0]?.leave, 'what waits to be applied').to.deep.equal([waiting]);
  });

  it('write no pair on top of an unapplied change, and none without DRIFT_AUDIT_REVISIONS', () => {
    expect(only(plan(drifted(1))).writesPair).to.equal(true);
    expect(only(plan([compared([finding()], { unit: unit('web', { hasUnappliedChanges: true }) })])).writesPair).to.equal(false);
    expect(only(plan(drifted(1), { options: { auditRevisions: false } })).writesPair).to.equal(false);
  });
});

describe('fields that are valid only together', () => {
  const probe = (handler: string): FieldPath => [...CONTAINER, { field: 'livenessProbe' }, { field: handler }];
  const declared = finding({ path: probe('exec'), class: 'removed', desired: { command: ['true'] }, live: undefined });
  const added = finding({ path: probe('httpGet'), class: 'added', desired: undefined, live: { port: 80 } });

  it('are brought back together', () => {
    const { items } = plan([compared([declared, added])]);
    expect(items.map(({ action }) => action)).to.deep.equal(['fix', 'fix']);
  });

  it('are left alone together, for the reason that one of them has, and the rest of the object is fixed', () => {
    const byController = { ...added, blame: controller };
    const { items, fixes } = plan([compared([declared, byController, finding()])]);
    expect(items.map(({ action, reason }) => `${action} ${reason}`)).to.deep.equal([
      'report changed-by-other',
      'report changed-by-other',
      'fix auto-fix',
    ]);
    expect(fixes[0]?.objects[0]?.fix.map(({ path }) => printPath(path))).to.deep.equal(['/spec/replicas']);
  });
});

describe('an element under another name', () => {
  const element = (name: string): FieldPath => [...CONTAINER.slice(0, -1), { key: { name } }];
  const old = finding({ path: element('app'), class: 'removed', desired: { name: 'app' }, live: undefined });
  const renamed = finding({ path: element('app-x'), class: 'added', desired: undefined, live: { name: 'app-x' } });
  const refusing = (id: string): ReadonlyMap<string, Prediction> =>
    new Map([
      [
        objectKey(ref('web')),
        {
          restartsPods: true,
          refused: new Map([[id, { reason: 'denied' as const, detail: 'no such image' }]]),
          isAppliedAlone: false,
          alsoChanged: [],
        },
      ],
    ]);

  it('stays where the server refuses the declared one, so that there is one of them', () => {
    const { items } = plan([compared([old, renamed, finding()])], { predictions: refusing(old.id) });
    expect(items.map(({ action, detail }) => `${action} ${detail}`)).to.deep.equal([
      'blocked no such image',
      'blocked no such image',
      'fix ',
    ]);
  });

  it('goes where the declared one comes back, and does not keep that one away', () => {
    expect(plan([compared([old, renamed])]).items.map(({ action }) => action)).to.deep.equal(['fix', 'fix']);
    const { items } = plan([compared([old, renamed])], { predictions: refusing(renamed.id) });
    expect(items.map(({ action }) => action)).to.deep.equal(['fix', 'blocked']);
  });
});

describe('who makes a fix', () => {
  const ALONE = new Map([
    [objectKey(ref('web')), { restartsPods: false, refused: new Map(), isAppliedAlone: true, alsoChanged: [] }],
  ]);
  const targeted = unit('web', { target: 'prod-cluster' });

  it('is ConfigHub alone where its apply brings back every differing field of the unit, and no other', () => {
    const drift = compared([finding()], { unit: targeted });
    expect(only(plan([drift], { predictions: ALONE })).route).to.equal('confighub');
  });

  it('is the pass, and then ConfigHub, where an apply alone would give something else', () => {
    expect(only(plan([compared([finding()], { unit: targeted })])).route).to.equal('both');
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
    const object = compared([finding(), added], { unit: targeted });
    expect(only(plan([object], { predictions: ALONE })).route).to.equal('confighub');
  });
});

describe('id of a fix', () => {
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
    expect(idOf(compared([finding({ blame: { ...hands, manager: 'kubectl-edit' } })], { unit: relabelled }))).to.equal(
      idOf(compared([finding()])),
    );
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
    blame: fc.constantFrom(undefined, hands, controller),
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
          const corrected = result.fixes.flatMap((entry) => entry.objects.flatMap((object) => object.fix));
          expect(corrected.map((entry) => entry.id).sort()).to.deep.equal(wanted.map((item) => item.ranked.finding.id).sort());
          const critical = result.fixes.map((entry) => Number(entry.isCritical));
          expect(critical).to.deep.equal(critical.toSorted((a, b) => b - a));
          if (!options.autoFix || isReadFailed || result.guard) expect(result.fixes).to.have.length(0);
          expect(corrected.some((entry) => entry.ref.kind === 'Secret')).to.equal(false);
          expect(result.fixes.length).to.be.at.most(options.maxFixes);
        },
      ),
      { numRuns: process.env['DRIFT_LONG'] ? 5_000 : 300 },
    );
  });
});
