import { expect } from 'chai';
import { abilitiesOf } from '../../src/clients/confighub/generation.ts';
import type { ObjectComparison } from '../../src/domain/finding.ts';
import { objectKey } from '../../src/domain/object-ref.ts';
import type { PlanItem, Prediction } from '../../src/domain/plan.ts';
import type { Correction } from '../../src/domain/report.ts';
import { compared, controller, finding, hands, IMAGE, live, ref, unit, workload } from '../types/builders.ts';
import { decision, drifted, held, ours, plan, theirs, type World } from './world.ts';

// Each reason not to fix, and its words.

const drift = compared([finding()]);
const judged = (object: ObjectComparison, world: World = {}): PlanItem | undefined => plan([object], world).items[0];
const predicted = (more: Partial<Prediction>): ReadonlyMap<string, Prediction> =>
  new Map([
    [objectKey(ref('web')), { restartsPods: false, refused: new Map(), isAppliedAlone: false, alsoChanged: [], ...more }],
  ]);

describe('what a finding waits for', () => {
  it('is given for a Secret, a missing workload, an autoscaler and a model that holds it', () => {
    const secret = compared([finding({ ref: ref('db', { apiVersion: 'v1', kind: 'Secret' }) })]);
    expect(judged(secret)?.detail).to.equal('Secrets are only reported');
    const missing = compared([finding({ class: 'missing', path: [], live: undefined })], { live: undefined });
    expect(judged(missing)?.detail).to.equal('set DRIFT_CREATE_MISSING=true to create it');
    const autoscaled = compared([{ ...finding(), autoscaler: 'web-hpa' }]);
    expect(judged(autoscaled)?.detail).to.equal('HorizontalPodAutoscaler web-hpa controls this field');
    expect(judged(drift, { opinion: held })?.detail).to.equal('the model advises to check it first');
    expect(judged(drift, { terminating: ['shop'] })?.detail).to.equal('namespace shop is being deleted');
  });

  it('is a person where the field is immutable or only a subresource changes it, with the command', () => {
    const by = (method: 'recreate' | 'resize'): ObjectComparison =>
      compared([{ ...finding(), repair: { method, command: 'kubectl do' } }]);
    expect(judged(by('recreate'))).to.include({
      action: 'blocked',
      reason: 'immutable',
      detail: 'the field is immutable; kubectl do, then apply the unit again',
    });
    expect(judged(by('resize'))).to.include({
      action: 'blocked',
      reason: 'immutable',
      detail: 'only the resize subresource changes it; kubectl do',
    });
  });

  it('is every apply gate, by name', () => {
    const gated = compared([finding()], { unit: unit('web', { gates: ['approval', 'no-latest'] }) });
    expect(judged(gated)?.detail).to.equal('apply gate approval, no-latest must be passed in ConfigHub first');
  });

  it('is a look at a revision that is described as half a fix and is not applied', () => {
    const lastChangeDescription = `Drift detected: replicas [drift:${'a'.repeat(16)} sha256:${'b'.repeat(12)}]`;
    const half = (headRevision: number): ObjectComparison =>
      compared([finding()], { unit: unit('web', { lastChangeDescription, headRevision, liveRevision: 3 }) });
    expect(judged(half(4))).to.include({ action: 'blocked', reason: 'unfinished-pair' });
    expect(judged(half(4))?.detail).to.contain('revision 4 of the unit has the description of an unfinished fix');
    expect(decision(half(3)), 'it is what runs').to.equal('fix auto-fix');
  });

  it('is another pass that is at work on the unit', () => {
    const opened = { ...theirs, openedFor: 'prod-eu' };
    expect(judged(compared([finding()], { unit: unit('web', { changeSet: opened }) }))).to.include({
      action: 'blocked',
      reason: 'locked-elsewhere',
      detail: 'another pass is fixing it under changeset new-feature',
    });
  });

  it('is nothing more where the unit is in the very changeset that DRIFT_CHANGESET names', () => {
    const inOurs = compared([finding()], { unit: unit('web', { changeSet: ours }) });
    expect(decision(inOurs, { options: { changeSet: { ...ours, isClosed: false } } })).to.equal('stage changeset-locked');
  });

  it('is a release of the space where this ConfigHub applies no single unit', () => {
    const locked = compared([finding()], { unit: unit('web', { changeSet: theirs }) });
    expect(judged(locked, { options: { server: abilitiesOf('C') } })?.detail).to.equal(
      'close changeset prod/new-feature and publish a release of space prod to apply it',
    );
  });

  it('is not a dry run that could tell nothing, where a person decided on the fix', () => {
    const predictions = predicted({ refused: new Map([[finding().id, { reason: 'not-predictable', detail: 'a webhook' }]]) });
    expect(decision(drift, { predictions })).to.equal('blocked not-predictable');
    const approved = new Map([[finding().fingerprint, 'fix decided by Ann']]);
    expect(decision(drift, { predictions, decided: { approved } })).to.equal('fix decided');
  });

  it('is over at its very second: a pause, a grace and a back-off', () => {
    const annotations = { 'drift-detector/pause-until': '2026-11-24T03:00:00Z' };
    const body = { ...workload(ref('web'), 5), metadata: { name: 'web', namespace: 'shop', annotations } };
    expect(decision(compared([finding()], { live: live(ref('web'), body) }))).to.equal('fix auto-fix');
    const changed = compared([finding({ blame: { ...hands, time: '2026-11-24T02:59:00Z' } })]);
    expect(decision(changed, { options: { graceSeconds: 60 } })).to.equal('fix auto-fix');
    expect(decision(changed, { options: { graceSeconds: 61 } })).to.equal('report grace');
    const { id, fingerprint } = finding();
    const before = { findingId: id, fingerprint, time: '2026-11-23T03:00:00Z', result: 'no-effect' } as Correction;
    expect(decision(drift, { previous: { corrections: [before] } })).to.equal('fix auto-fix');
  });

  it('is a pause in each way of writing a time that RFC 3339 knows, and one that is about something else is none', () => {
    const at = (until: string): string | undefined => judged(drift, { pausedNamespaces: { shop: until } })?.detail;
    for (const until of ['2026-11-24T06:00Z', '2026-11-24T06:00:00.123Z', '2026-11-24T06:00:00+02:00'])
      expect(at(until)).to.equal(`namespace/shop is annotated drift-detector/pause-until=${until}`);
    for (const until of ['until 2026-11-24T06:00:00Z', '2026-11-24T06:00:00Z or so', '2026-11-24T06:00:00'])
      expect(at(until), until).to.contain('correct or remove it');
  });

  it('is listed with all pauses of the cluster, those of namespaces as well, by name', () => {
    const until = '2026-11-25T00:00:00Z';
    const { pauses } = plan([], { pausedNamespaces: { shop: until, bank: until, over: '2026-11-20T00:00:00Z', data: until } });
    expect(pauses.map(({ what }) => what)).to.deep.equal(['namespace/bank', 'namespace/data', 'namespace/shop']);
    expect(plan([drift]).pauses).to.deep.equal([]);
  });
});

describe('a field that was corrected before', () => {
  const corrected = (hours: readonly number[], more: Partial<Correction> = {}): World => ({
    previous: {
      corrections: hours.map(
        (hour) =>
          ({
            findingId: finding().id,
            fingerprint: finding({ live: 9 }).fingerprint,
            blame: hands,
            time: `2026-11-24T0${hour}:00:00Z`,
            result: 'fixed',
            ...more,
          }) as Correction,
      ),
    },
  });

  it('is corrected for ever where the limit is 0, and counts what happened to it alone', () => {
    expect(decision(drift, corrected([0, 1, 2]))).to.equal('report contested');
    expect(decision(drift, { ...corrected([0, 1, 2]), options: { contestedAfter: 0 } })).to.equal('fix auto-fix');
    expect(decision(drift, corrected([0, 1, 2], { findingId: 'another field' }))).to.equal('fix auto-fix');
  });

  it('is held by fixes in whatever order the report has them', () => {
    expect(judged(drift, corrected([2, 0, 1]))?.detail).to.contain('next fix after 2026-11-25T02:00:00Z');
  });

  it('counts those of less than a day, and is quiet after more than one', () => {
    const at = (...times: readonly string[]): World => ({
      previous: { corrections: times.map((time) => ({ findingId: finding().id, blame: hands, time }) as Correction) },
    });
    expect(decision(drift, at('2026-11-23T02:00:00Z', '2026-11-23T12:00:00Z', '2026-11-24T02:00:00Z'))).to.equal('fix auto-fix');
    const held = ['2026-11-21T00:00:00Z', '2026-11-21T01:00:00Z', '2026-11-21T02:00:00Z'];
    const until = (...more: readonly string[]): string | undefined => judged(drift, at(...held, ...more))?.detail.slice(-20);
    // The hold ends on the 22nd at 02:00.
    expect(until('2026-11-23T02:00:00Z'), 'a day later, not more').to.equal('2026-11-25T02:00:00Z');
    expect(until('2026-11-23T02:00:01Z'), 'more than a day later').to.equal('');
    const anew = ['2026-11-24T00:00:00Z', '2026-11-24T01:00:00Z', '2026-11-24T02:00:00Z'];
    expect(until('2026-11-22T03:00:00Z', ...anew), 'within the doubled hold').to.not.equal('2026-11-25T02:00:00Z');
    const quiet = ['2026-11-19T00:00:00Z', '2026-11-19T01:00:00Z', '2026-11-19T02:00:00Z', ...anew];
    expect(judged(drift, at(...quiet))?.detail.slice(-20), 'a first hold again').to.equal('2026-11-25T02:00:00Z');
  });

  it('names no manager if none is known', () => {
    const byNobody = compared([finding({ blame: undefined })]);
    const { id } = byNobody.findings[0] ?? finding();
    const { detail } = judged(byNobody, corrected([0, 1, 2], { findingId: id, blame: null })) ?? {};
    expect(detail).to.contain('an unknown manager keeps reverting the fix (3 fixes so far)');
  });

  it('is corrected again with the same values where the first fix had an effect', () => {
    expect(decision(drift, corrected([1], { fingerprint: finding().fingerprint }))).to.equal('fix auto-fix');
  });
});

describe('pods that a fix replaces', () => {
  const image = finding({ path: IMAGE, desired: 'a:1', live: 'a:2', restartsPods: true });

  it('are announced until the dry run says otherwise, and never for a field that restarts none', () => {
    const restarts = (world: World, found = image): boolean | undefined => judged(compared([found]), world)?.restartsPods;
    expect(restarts({})).to.equal(true);
    expect(restarts({ predictions: predicted({ restartsPods: true }) })).to.equal(true);
    expect(restarts({ predictions: predicted({ restartsPods: false }) })).to.equal(false);
    expect(restarts({ predictions: predicted({ restartsPods: true }) }, finding())).to.equal(false);
  });
});

describe('what admission changes beside a fix', () => {
  const beside = (...alsoChanged: readonly string[]): World => ({ predictions: predicted({ alsoChanged }) });

  it('is named, three fields one by one and the rest as a number', () => {
    expect(judged(drift, beside('/a'))?.detail).to.equal('admission also changes /a');
    expect(judged(drift, beside('/a', '/b', '/c'))?.detail).to.equal('admission also changes /a, /b, /c');
    expect(judged(drift, beside('/a', '/b', '/c', '/d', '/e'))?.detail).to.equal('admission also changes /a, /b, /c and 2 more');
  });

  it('follows the name of the person who decided', () => {
    const approved = new Map([[finding().fingerprint, 'fix decided by Ann']]);
    expect(judged(drift, { ...beside('/a'), decided: { approved } })?.detail).to.equal(
      'fix decided by Ann; admission also changes /a',
    );
  });
});

describe('an element under another name, refused', () => {
  const list = IMAGE.slice(0, -2);
  const old = finding({ path: [...list, { key: { name: 'app' } }], class: 'removed', live: undefined });
  const renamed = finding({ path: [...list, { key: { name: 'app-x' } }], class: 'added', desired: undefined });

  it('stays for a refusal of any kind by the server, and goes where something else holds the declared one', () => {
    for (const reason of ['denied', 'admission', 'not-predictable'] as const) {
      const predictions = predicted({ refused: new Map([[old.id, { reason, detail: 'no' }]]) });
      const { items } = plan([compared([old, renamed])], { predictions });
      expect(items.map((item) => item.reason)).to.deep.equal([reason, reason]);
    }
    const kept = new Map([[old.fingerprint, 'accept decided by Bob']]);
    const { items } = plan([compared([old, renamed])], { decided: { kept } });
    expect(items.map(({ reason }) => reason)).to.deep.equal(['decided', 'auto-fix']);
  });

  it('stays with its own reason where it is not to be fixed anyway', () => {
    const kept = new Map([[renamed.fingerprint, 'accept decided by Bob']]);
    const predictions = predicted({ refused: new Map([[old.id, { reason: 'denied', detail: 'no' }]]) });
    const { items } = plan([compared([old, renamed])], { predictions, decided: { kept } });
    expect(items.map(({ reason }) => reason)).to.deep.equal(['denied', 'decided']);
  });
});

describe('fields that are valid only together, in any order', () => {
  it('are left alone together even if the one that is left comes first', () => {
    const probe = (handler: string): typeof IMAGE => [...IMAGE.slice(0, -1), { field: 'livenessProbe' }, { field: handler }];
    const left = finding({ path: probe('httpGet'), class: 'added', desired: undefined, blame: controller });
    const declared = finding({ path: probe('exec'), class: 'removed', live: undefined });
    const { items } = plan([compared([left, declared])]);
    expect(items.map(({ reason }) => reason)).to.deep.equal(['changed-by-other', 'changed-by-other']);
  });

  it('are of one list: what is refused in another list of the object holds nothing here', () => {
    const element = (list: string, name: string): typeof IMAGE => [...IMAGE.slice(0, 3), { field: list }, { key: { name } }];
    const old = finding({ path: element('initContainers', 'init'), class: 'removed', live: undefined });
    const added = finding({ path: element('containers', 'debug'), class: 'added', desired: undefined });
    const predictions = predicted({ refused: new Map([[old.id, { reason: 'denied', detail: 'no' }]]) });
    const { items } = plan([compared([old, added])], { predictions });
    expect(items.map(({ action }) => action)).to.deep.equal(['blocked', 'fix']);
  });
});

describe('drift of a cluster in which something is wrong', () => {
  it('is fixed again once there is a readable report, and the notes say which file was broken', () => {
    const faults = [
      { file: 'findings.jsonl', fault: 'line 3 is no JSON', holdsFixes: true },
      { file: 'summary.json', fault: 'it is cut off', holdsFixes: false },
      { file: 'corrections.jsonl', fault: 'it is gone', holdsFixes: true },
    ];
    const { guard, notes, fixes } = plan(drifted(1), { previous: { faults } });
    expect(guard).to.deep.equal({
      name: 'report-unreadable',
      detail:
        'the last report cannot be read (findings.jsonl: line 3 is no JSON; corrections.jsonl: it is gone), so nothing is fixed; this report replaces it, and the next pass fixes again',
    });
    expect(fixes).to.have.length(0);
    expect(notes).to.deep.equal(
      faults.map(({ file, fault }) => `The last report was broken and is replaced by this one (${file}: ${fault})`),
    );
    const harmless = plan(drifted(1), { previous: { faults: faults.slice(1, 2) } });
    expect([harmless.guard, harmless.fixes.length, harmless.notes.length]).to.deep.equal([undefined, 1, 1]);
  });

  it('is not held by a cluster that lacks some of what units declare, or holds other things', () => {
    const missing = compared([finding({ ref: ref('gone'), class: 'missing', path: [], live: undefined })], { live: undefined });
    const stranger = compared([finding({ ref: ref('own'), class: 'unmanaged', path: [], desired: undefined })], {
      unit: undefined,
    });
    const world = { options: { createMissing: true } };
    expect(plan([missing, drift, stranger], { ...world, compared: 2 }).guard).to.equal(undefined);
    expect(plan([missing, stranger, compared([finding({ ref: ref('a') })])], { ...world, compared: 3 }).guard).to.equal(
      undefined,
    );
  });

  it('is brought back where everything is there, however many units declare', () => {
    expect(plan(drifted(4), { options: { createMissing: true } }).guard).to.equal(undefined);
  });

  it('is no scaling to nothing where the workload is at rest already, or is not there', () => {
    const zero = (more: Parameters<typeof finding>[0]): ObjectComparison =>
      compared([finding({ ref: ref('a'), desired: 0, ...more })], more?.class === 'missing' ? { live: undefined } : {});
    const options = { maxToZero: 0, createMissing: true };
    expect(plan([zero({ live: 0 })], { options }).guard).to.equal(undefined);
    expect(plan([zero({ class: 'missing', live: undefined })], { options }).guard).to.equal(undefined);
    expect(plan([zero({ live: 3 })], { options }).guard?.detail).to.equal(
      '1 running workload would be scaled to zero, more than DRIFT_MAX_TO_ZERO=0; set DRIFT_MAX_TO_ZERO=1 to allow it',
    );
  });

  it('differs from a first pass, which has nothing to compare with', () => {
    const first = plan(drifted(2), { declared: 0, previous: { desiredObjects: 0 } });
    expect([first.guard, first.notes, first.desiredObjects]).to.deep.equal([undefined, [], 0]);
  });

  it('says what holds it and nothing else', () => {
    expect(plan(drifted(6), { options: { maxFixes: 5 }, compared: 1000 }).guard?.detail).to.equal(
      '6 objects would change, more than DRIFT_MAX_FIXES=5; set DRIFT_MAX_FIXES=6 to allow it',
    );
    expect(plan(drifted(3), { compared: 14 }).guard?.detail).to.equal(
      '3 objects (up to 25 % of those compared) would change, more than DRIFT_MAX_FIX_PERCENT=20; set DRIFT_MAX_FIX_PERCENT=25 to allow it',
    );
    expect(plan(drifted(1), { options: { unreportedFixes: 1 } }).guard?.detail).to.equal(
      'an earlier pass could not push the report of its fixes; fixing resumes as soon as a report is pushed',
    );
    const shrunk = plan(drifted(1), { declared: 1, previous: { desiredObjects: 40 } });
    expect([shrunk.guard?.name, shrunk.notes], 'not said twice').to.deep.equal(['desired-shrank', []]);
  });
});
