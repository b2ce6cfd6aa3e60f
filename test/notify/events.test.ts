import { expect } from 'chai';
import { loadConfig } from '../../src/cli/config.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { ClusterError } from '../../src/domain/errors.ts';
import { at, isJsonArray, isJsonObject, type JsonObject, stringAt } from '../../src/domain/json.ts';
import { NO_REPORT } from '../../src/domain/report.ts';
import { type PendingEvent, writeEvents } from '../../src/outputs/notify/events.ts';
import { announceFailure, isNews } from '../../src/outputs/notify/notify.ts';
import { stateChanges } from '../../src/outputs/notify/state-changes.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { getJson } from '../manifests/overlay.ts';
import { asPrevious, outcome, ranked, reportOf } from '../report/build.ts';
import { finding, ref } from '../types/builders.ts';

const NAMESPACE = 'events-test';
const HOSTILE = '\u001b[31m<b>\u202e'.repeat(400);

function event(name: string, more: Partial<PendingEvent> = {}): PendingEvent {
  const regarding = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name };
  return { regarding, reason: 'DriftDetected', key: `DriftDetected ${name}`, note: 'replicas 3 → 5', ...more };
}

describe('events', function () {
  this.timeout(60_000);
  let plane: ControlPlane;
  let client: KubernetesClient;
  let warnings: string[];

  const write = (events: readonly PendingEvent[], kubernetes: Pick<KubernetesClient, 'create'> = client): Promise<void> =>
    writeEvents(kubernetes, events, {
      instance: 'pod-1',
      now: new Date(),
      warn: (message) => warnings.push(message),
      signal: AbortSignal.timeout(30_000),
    });

  async function written(namespace = NAMESPACE): Promise<readonly JsonObject[]> {
    const items = at(await getJson(plane, ['events.events.k8s.io', '-n', namespace]), 'items');
    const all = isJsonArray(items) ? items.filter(isJsonObject) : [];
    return all.filter((entry) => stringAt(entry, 'reportingController') === 'drift-detector');
  }

  before(async () => {
    plane = await sharedControlPlane();
    await plane.kubectl(['create', 'namespace', NAMESPACE]);
    client = createKubernetesClient(await connectKubernetes({ kubeconfig: plane.kubeconfig, userAgent: 'test' }));
  });
  after(async () => {
    client?.close();
    await plane?.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false', '--ignore-not-found']);
  });
  beforeEach(() => {
    warnings = [];
  });

  it('are there once, however often the same is sent', async () => {
    for (let pass = 0; pass < 3; pass++) await write([event('once')]);
    expect((await written()).map((entry) => stringAt(entry, 'regarding', 'name'))).to.deep.equal(['once']);
    expect(warnings).to.deep.equal([]);
  });

  it('are taken by the API server whatever the names and texts', async () => {
    const before = (await written()).length;
    const names = [`${'a'.repeat(250)}.x`, 'with.dots', 'system:odd', 'a--b', 'UPPER'];
    await write(names.map((name) => event(name, { note: HOSTILE })));
    await write([event('failed', { reason: 'CorrectionFailed', key: 'x', note: '漢'.repeat(2_000) })]);
    const cluster = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: '', name: 'a:b' };
    await write([event('', { regarding: cluster, key: 'cluster' })]);
    expect(warnings).to.deep.equal([]);
    const now = await written();
    expect(now.length - before).to.equal(names.length + 1);
    for (const entry of now) {
      expect(Buffer.byteLength(stringAt(entry, 'note') ?? '')).to.be.at.most(1_024);
      expect(stringAt(entry, 'note')).to.not.match(/[\p{Cc}\p{Cf}\ufffd]/u);
    }
    expect((await written('default')).map((entry) => stringAt(entry, 'regarding', 'name'))).to.deep.equal(['a:b']);
    await plane.kubectl(['delete', 'events', '-n', 'default', '--all']);
  });

  it('are at most 50 a pass, the first ones', async () => {
    const created: string[] = [];
    const kubernetes = {
      create: async (_kind: unknown, body: JsonObject): Promise<boolean> => {
        created.push(stringAt(body, 'regarding', 'name') ?? '');
        return true;
      },
    };
    await write(
      Array.from({ length: 60 }, (_, index) => event(`w-${index}`)),
      kubernetes,
    );
    expect(created).to.have.length(50);
    expect(created[0]).to.equal('w-0');
    expect(warnings).to.deep.equal(['10 more changes have no event; see the report']);
  });

  it('are one warning where they may not be written, and go on in other namespaces', async () => {
    const nowhere = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'no-such-namespace', name: 'x' };
    await write([event('x', { regarding: nowhere }), event('x', { regarding: nowhere, key: 'y' }), event('elsewhere')]);
    expect(warnings).to.have.length(1);
    expect(warnings[0])
      .to.contain('(and 1 more)')
      .and.to.contain('no-such-namespace')
      .and.to.contain('manifests/components/events');
    expect((await written()).map((entry) => stringAt(entry, 'regarding', 'name'))).to.include('elsewhere');
  });

  it('are not tried again and again where the server does not answer', async () => {
    let tries = 0;
    const kubernetes = {
      create: (): Promise<boolean> => {
        tries++;
        return Promise.reject(new ClusterError('no answer', { code: 'unavailable', subject: 'x', remedy: 'y' }));
      },
    };
    await write([event('a'), event('b'), event('c')], kubernetes);
    expect(tries).to.equal(1);
    expect(warnings).to.have.length(1);
  });
});

describe('a pass that fails', () => {
  it('has one event for the same failure, whatever its numbers, and another for another', async () => {
    const bodies: JsonObject[] = [];
    const environment = { DRIFT_EVENTS: 'true', DRIFT_CRONJOB: 'drift-detector' };
    const config = await loadConfig({}, environment, undefined, new AbortController().signal);
    const failed = (pass: string, error: Error): Promise<void> =>
      announceFailure(error, {
        config,
        kubernetes: {
          create: async (_, body) => {
            bodies.push(body);
            return true;
          },
          get: async () => undefined,
        },
        pass,
        instance: 'pod-1',
        namespace: 'devops-apps',
        userAgent: 'test',
        now: new Date(),
        warn: (message) => expect.fail(message),
        signal: AbortSignal.timeout(30_000),
      });
    const refused = (code: 'unavailable' | 'permission', text: string): Error =>
      new ClusterError(text, { code, subject: 'x', remedy: 'y' });
    await failed('one', refused('unavailable', 'no answer from 10.0.0.1:6443 in 3 s'));
    await failed('two', refused('unavailable', 'no answer from 10.0.0.1:16443 in 30 s'));
    await failed('three', refused('permission', 'no answer from 10.0.0.1:6443 in 3 s'));
    await failed('four', refused('unavailable', 'no route to 10.0.0.1:6443'));
    await failed('five', new TypeError('no answer from 10.0.0.1:6443 in 3 s'));
    const names = bodies.map((body) => stringAt(body, 'metadata', 'name'));
    expect(names[1]).to.equal(names[0]);
    expect(new Set(names).size).to.equal(4);
    expect(stringAt(bodies[0], 'note')).to.equal('Pass one failed: no answer from 10.0.0.1:6443 in 3 s');
  });
});

describe('changes of state', () => {
  const told = (...changes: ReturnType<typeof stateChanges>): readonly string[] =>
    changes.map(({ reason, object }) => `${reason} ${object.name}`);
  const web = ranked(finding({ ref: ref('web') }));

  it('are sent when a drift begins and when its value changes, and not while it stays', () => {
    const first = reportOf([web]);
    expect(told(...stateChanges(first, NO_REPORT, []))).to.deep.equal(['DriftDetected web']);
    const second = reportOf([web], { previous: asPrevious(first) });
    expect(told(...stateChanges(second, first, []))).to.deep.equal([]);
    const changed = reportOf([ranked(finding({ ref: ref('web'), live: 9 }))], { previous: asPrevious(second) });
    expect(told(...stateChanges(changed, second, []))).to.deep.equal(['DriftDetected web']);
  });

  it('are not sent for what is not drift', () => {
    const unmanaged = { class: 'unmanaged', path: [], desired: undefined, live: undefined, unit: '' } as const;
    const others = [ranked(finding(unmanaged)), ranked(finding({ class: 'pending', ref: ref('api'), path: [] }))];
    expect(told(...stateChanges(reportOf([web, ...others]), NO_REPORT, []))).to.deep.equal(['DriftDetected web']);
    const ignored = finding({ ref: ref('web'), path: [], class: 'informational', note: 'ignored: not ours' });
    expect(told(...stateChanges(reportOf([]), reportOf(others), [ignored]))).to.deep.equal([]);
  });

  it('are sent when it is fixed, and have another name if it drifts and is fixed again', () => {
    const first = reportOf([web], { outcomes: [outcome(web.finding.id)] });
    const [corrected] = stateChanges(first, NO_REPORT, []);
    expect(corrected?.reason).to.equal('DriftCorrected');
    const later = new Date('2026-11-25T12:00:00Z');
    const again = reportOf([web], { outcomes: [outcome(web.finding.id)], previous: asPrevious(first), now: later });
    const [next] = stateChanges(again, first, []);
    expect(next?.reason).to.equal('DriftCorrected');
    expect(next?.key).to.not.equal(corrected?.key);
  });

  it('are sent once when a fix fails, and when it fails in another way', () => {
    const failed = (result: 'failed' | 'overridden', previous = NO_REPORT): ReturnType<typeof reportOf> =>
      reportOf([web], { outcomes: [outcome(web.finding.id, { result, message: 'denied' })], previous });
    const first = failed('failed');
    expect(told(...stateChanges(first, NO_REPORT, []))).to.deep.equal(['DriftDetected web', 'CorrectionFailed web']);
    expect(told(...stateChanges(failed('failed', asPrevious(first)), first, []))).to.deep.equal([]);
    expect(told(...stateChanges(failed('overridden', asPrevious(first)), first, []))).to.deep.equal(['CorrectionFailed web']);
  });

  it('are sent when a fix is blocked, and when a rule covers the drift from now on', () => {
    const first = reportOf([web]);
    const [line] = first.findings;
    if (!line) throw new Error('the report has a finding');
    const held = { ...first, findings: [{ ...line, reason: 'paused' as const, detail: 'until 2099' }] };
    const [suppressed] = stateChanges(held, first, []);
    expect(suppressed?.reason).to.equal('DriftSuppressed');
    expect(suppressed?.note).to.equal('replicas 3 → 5 by kubectl via scale (unit prod/web): paused: until 2099');
    expect(told(...stateChanges(held, held, []))).to.deep.equal([]);
    const ignored = finding({ ref: ref('web'), class: 'informational', note: 'ignored: debugging' });
    expect(told(...stateChanges(reportOf([]), first, [ignored]))).to.deep.equal(['DriftSuppressed web']);
    expect(told(...stateChanges(reportOf([]), first, []))).to.deep.equal([]);
  });
});

describe('what is news to those who are not looking', () => {
  const open = reportOf([ranked(finding())]);
  const told = (report: ReturnType<typeof reportOf>, previous = asPrevious(open)): boolean =>
    isNews(stateChanges(report, previous, []), report, previous);

  it('is drift that comes, goes or is brought back, and a fix that fails', () => {
    expect(told(open, NO_REPORT)).to.equal(true);
    expect(told(reportOf([], { previous: asPrevious(open) }))).to.equal(true);
    const outcomes = [outcome(finding().id)];
    expect(told(reportOf([ranked(finding())], { previous: asPrevious(open), outcomes }))).to.equal(true);
    const failed = [outcome(finding().id, { result: 'failed', message: 'denied' })];
    expect(told(reportOf([ranked(finding())], { previous: asPrevious(open), outcomes: failed }))).to.equal(true);
  });

  it('is a guard that trips or lets go', () => {
    const guard = { name: 'mass-change' as const, detail: 'y' };
    const plan = { items: [], fixes: [], guard, pauses: [], ownershipPending: [], desiredObjects: 0, notes: [], warnings: [] };
    const clear = reportOf([]);
    const tripped = reportOf([], { previous: asPrevious(clear), plan });
    expect(told(tripped, asPrevious(clear))).to.equal(true);
    expect(told(reportOf([], { previous: asPrevious(tripped), plan }), asPrevious(tripped))).to.equal(false);
    expect(told(reportOf([], { previous: asPrevious(tripped) }), asPrevious(tripped))).to.equal(true);
  });

  it('is a pass that sees less than all, and one that sees all again', () => {
    const failed = (what: string) => ({ failedReads: [{ what, namespace: 'shop', error: 'forbidden' }] });
    const blind = reportOf([ranked(finding())], { previous: asPrevious(open), snapshot: failed('apps/v1/Deployment') });
    expect(told(blind)).to.equal(true);
    const still = reportOf([ranked(finding())], { previous: asPrevious(blind), snapshot: failed('apps/v1/StatefulSet') });
    expect(told(still, asPrevious(blind)), 'as little as before').to.equal(false);
    expect(told(reportOf([ranked(finding())], { previous: asPrevious(still) }), asPrevious(still))).to.equal(true);
  });

  it('is nothing that only those want who read the report', () => {
    const promotions = [{ unit: 'dev/web', upstream: 'base/web', refusal: '' }];
    expect(told(reportOf([ranked(finding())], { previous: asPrevious(open), promotions }))).to.equal(false);
  });
});
