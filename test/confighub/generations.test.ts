import { createHash } from 'node:crypto';
import { expect } from 'chai';
import {
  type ConfigHubClient,
  createConfigHubClient,
  openConfigHub,
  type UnitState,
  unitRef,
} from '../../src/clients/confighub/client.ts';
import { abilitiesOf, detectGeneration } from '../../src/clients/confighub/generation.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import type { ExtendedUnit } from '../../src/clients/confighub/wire.ts';
import { ConfigHubError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { RunningHub } from '../../src/hub/server.ts';
import { startTestHub } from '../hub/harness.ts';
import { deployment } from '../hub/scene.ts';
import { type Answer, html, json, refuses, startHubDouble } from './double.ts';

// The same interface against a server of each generation: what differs stays inside the client.

const signal = new AbortController().signal;

interface World extends AsyncDisposable {
  readonly hub: RunningHub;
  readonly client: ConfigHubClient;
}

async function world(apiGeneration: 'all' | 'A' | 'B' | 'C'): Promise<World> {
  const applied: string[] = [];
  const hub = await startTestHub({
    apiGeneration,
    clusterFor: async () => ({
      apply: async (document) => {
        applied.push(String(document['kind']));
        return document;
      },
      get: async () => undefined,
      delete: async () => undefined,
    }),
  });
  const session = tokenSession(new Secret('tester'));
  const client = await openConfigHub(connectConfigHub({ url: hub.url, session, userAgent: 'test' }), signal);
  return { hub, client, [Symbol.asyncDispose]: () => hub.close() };
}

async function failureOf(work: Promise<unknown>): Promise<ConfigHubError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ConfigHubError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function stateOf({ Unit: unit, Space: space }: ExtendedUnit): UnitState {
  return { ...unitRef(unit, space?.Slug ?? ''), version: unit.Version, dataHash: unit.DataHash };
}

/** A unit in space dev with text, and a target where the worker takes it. */
async function aUnit(client: ConfigHubClient, text: string): Promise<ExtendedUnit> {
  const { SpaceID } = await client.createSpace('dev', { environment: 'dev' }, signal);
  const worker = await client.createWorker(SpaceID, 'cluster', signal);
  const target = await client.createTarget(
    SpaceID,
    { slug: 'cluster', workerId: worker.BridgeWorkerID, parameters: '{}' },
    signal,
  );
  const labels = { app: 'web', tier: 'frontend' };
  await client.createUnit(
    SpaceID,
    { slug: 'web', data: text, labels, targetId: target.TargetID, description: 'Initial deployment' },
    signal,
  );
  return client.findUnit(SpaceID, 'web', signal);
}

describe('the generation of the API', () => {
  const units = json([{ Unit: { UnitID: 'u' } }]);
  const cases = [
    ['A', 'no version, and no path of later ones', [json({ Build: 'a' }), refuses(404, 'no'), refuses(404, 'no')]],
    ['A', 'pages of HTML for what it does not know', [json({ Build: 'a' }), html(200), html(200)]],
    ['B', 'v0.3.9', [json({ Version: 'v0.3.9' })]],
    ['B', '0.1.0', [json({ Version: '0.1.0' })]],
    ['B', 'dev, with revisions of all units', [json({ Version: 'dev' }), refuses(404, 'no'), units]],
    ['C', 'v0.4.0', [json({ Version: 'v0.4.0' })]],
    ['C', 'v1.0.0-rc.1', [json({ Version: 'v1.0.0-rc.1' })]],
    ['C', 'dev, with data apart', [json({ Version: 'dev' }), json([])]],
  ] as const;
  for (const [generation, what, answers] of cases) {
    it(`is ${generation} for ${what}`, async () => {
      await using hub = await startHubDouble(...answers);
      expect(await detectGeneration(hub.transport, signal)).to.equal(generation);
      expect(hub.requests).to.have.length(answers.length);
    });
  }

  it('is not guessed if the server does not answer or refuses access', async function () {
    this.timeout(20_000);
    for (const status of [401, 503]) {
      await using hub = await startHubDouble(json({ Build: 'a' }), refuses(status, 'no'));
      expect((await failureOf(detectGeneration(hub.transport, signal))).status).to.equal(status);
    }
  });
});

for (const generation of ['all', 'A', 'B', 'C'] as const) {
  describe(`ConfigHub client on ${generation === 'all' ? 'the embedded hub as it is' : `generation ${generation}`}`, () => {
    const text = deployment('web', 3);
    const hasLocks = generation !== 'A';

    it('knows whom it speaks to', async () => {
      await using it = await world(generation);
      expect(it.client.abilities.generation).to.equal(generation === 'all' ? 'B' : generation);
    });

    it('reads units with their text, empty ones too, whatever their number', async () => {
      await using it = await world(generation);
      const unit = await aUnit(it.client, text);
      await it.client.createUnit(unit.Unit.SpaceID, { slug: 'empty', data: '' }, signal);
      const listed = await it.client.listUnits({ where: `SpaceID = '${unit.Unit.SpaceID}'` }, signal);
      expect(listed.map(({ Unit }) => [Unit.Slug, Unit.Data]).sort()).to.deep.equal([
        ['empty', ''],
        ['web', text],
      ]);
      expect(unit.Space?.Slug).to.equal('dev');
      expect(unit.Target?.Slug).to.equal('cluster');
    });

    it('selects by a filter of a project', async () => {
      await using it = await world(generation);
      const { Unit } = await aUnit(it.client, text);
      await it.client.createUnit(Unit.SpaceID, { slug: 'other', data: text, labels: { app: 'other' } }, signal);
      const home = await it.client.createSpace('project', {}, signal);
      await it.client.createFilter(home.SpaceID, { slug: 'app', from: 'Unit', where: "Labels.app = 'web'" }, signal);
      const selection = await it.client.selectByFilter('project/app', "Space.Slug = 'dev'", signal);
      expect((await it.client.listUnits(selection, signal)).map((unit) => unit.Unit.Slug)).to.deep.equal(['web']);
      expect((await failureOf(it.client.selectByFilter('project/none', '', signal))).message).to.contain(
        'no filter project/none',
      );
    });

    it('writes a pair of revisions, under a changeset where there are locks, and leaves what changed meanwhile', async () => {
      await using it = await world(generation);
      const unit = await aUnit(it.client, text);
      const read = stateOf(unit);
      const changeSet = hasLocks
        ? await it.client.createChangeSet(read.spaceId, { slug: 'fixes', description: 'd', labels: {} }, signal)
        : undefined;
      const opens = changeSet ? { changeSetId: changeSet.ChangeSetID } : {};
      const observed = await it.client.writeUnit(
        read,
        { data: deployment('web', 5), description: 'Drift detected', ...opens },
        changeSet?.ChangeSetID,
        signal,
      );
      const stale = await failureOf(
        it.client.writeUnit(read, { data: deployment('web', 9), description: 'late' }, changeSet?.ChangeSetID, signal),
      );
      expect(stale.code).to.equal('conflict');
      expect(stale.subject).to.contain('unit dev/web');
      const now = { ...read, version: observed.Version, dataHash: observed.DataHash };
      const restored = await it.client.writeUnit(now, { data: text, description: 'Fixed' }, changeSet?.ChangeSetID, signal);
      const revisions = await it.client.listRevisions(read, signal);
      expect(revisions.slice(0, 2).map(({ Revision, User }) => [Revision.Description, User?.Username])).to.deep.equal([
        ['Fixed', 'tester'],
        ['Drift detected', 'tester'],
      ]);
      expect((await it.client.readRevision(read, restored.HeadRevisionNum - 1, signal))?.Data).to.equal(deployment('web', 5));
      expect((await it.client.readRevision(read, restored.HeadRevisionNum, signal))?.Data).to.equal(text);
      expect(await it.client.readRevision(read, 99, signal)).to.equal(undefined);
      if (!changeSet) return;
      expect((await it.client.findUnit(read.spaceId, 'web', signal)).Unit.ChangeSetID).to.equal(changeSet.ChangeSetID);
      const locked = await failureOf(
        it.client.writeUnit(
          { ...now, version: restored.Version, dataHash: restored.DataHash },
          { data: 'kind: x\n', description: 'outside' },
          undefined,
          signal,
        ),
      );
      expect(locked.message).to.contain('locked by ChangeSet');
      await it.client.closeChangeSet(changeSet.ChangeSetID, signal);
      expect((await it.client.findUnit(read.spaceId, 'web', signal)).Unit.ChangeSetID).to.equal(null);
      expect((await it.client.findChangeSet('dev/fixes', signal)).State).to.equal('Closed');
      expect(await it.client.unitsOfChangeSet(changeSet.ChangeSetID, signal)).to.deep.equal([read.id]);
    });

    it('delivers: applies and waits, or releases the space', async () => {
      await using it = await world(generation);
      const ref = stateOf(await aUnit(it.client, text));
      const selection = { where: `SpaceID = '${ref.spaceId}'` };
      if (it.client.abilities.appliesUnits) {
        const [action] = await it.client.applyUnits([ref.id], 'HeadRevisionNum', signal);
        const event = await it.client.awaitOperation(ref, action?.Action?.QueuedOperationID ?? '', signal);
        expect([event.Status, event.Message]).to.deep.equal(['Completed', 'Applied 1 object']);
      } else {
        expect((await failureOf(it.client.applySelection(selection, {}, signal))).code).to.equal('not-found');
        await it.client.publishRelease(ref.spaceId, signal);
        while ((await it.client.listUnitStates(selection, signal))[0]?.Unit.LiveRevisionNum === 0);
      }
      const [state] = await it.client.listUnitStates(selection, signal);
      expect(state?.Unit.LiveRevisionNum).to.equal(state?.Unit.HeadRevisionNum).and.above(0);
      expect(state?.Unit.Data, 'a list of states moves no data').to.equal('');
    });

    it('upgrades clones and keeps what they changed themselves', async () => {
      await using it = await world(generation);
      const base = stateOf(await aUnit(it.client, text));
      const staging = await it.client.createSpace('staging', {}, signal);
      await it.client.cloneUnits({ where: `UnitID = '${base.id}'` }, "Slug = 'staging'", { Labels: { env: 'staging' } }, signal);
      const clone = await it.client.findUnit(staging.SpaceID, 'web', signal);
      expect(clone.Unit.Labels).to.deep.equal({ app: 'web', tier: 'frontend', env: 'staging' });
      const own = text.replace('name: web', 'name: web\n  labels: {own: kept}');
      await it.client.writeUnit(stateOf(clone), { data: own, description: 'own label' }, undefined, signal);
      await it.client.writeUnit(base, { data: deployment('web', 4), description: 'more' }, undefined, signal);
      const [before] = await it.client.listUnitStates({ where: `SpaceID = '${staging.SpaceID}'` }, signal);
      expect(before?.Unit.UpstreamRevisionNum).to.be.below(before?.UpstreamUnit?.HeadRevisionNum ?? 0);
      const results = await it.client.patchUnits({ where: `SpaceID = '${staging.SpaceID}'` }, { upgrade: true }, signal);
      expect(results.map(({ Error: refused }) => refused)).to.deep.equal([undefined]);
      const after = await it.client.findUnit(staging.SpaceID, 'web', signal);
      expect(after.Unit.Data).to.contain('own: kept').and.contain('replicas: 4 # kept low on purpose');
    });

    it('approves what waits for it', async () => {
      await using it = await world(generation);
      const { Unit } = await aUnit(it.client, text);
      const [answer] = await it.client.approveUnits({ where: `UnitID = '${Unit.UnitID}'` }, signal);
      expect(answer?.Message).to.contain('web approved');
    });

    it(`${generation === 'all' || generation === 'A' ? 'has' : 'says that it has no'} Sets`, async () => {
      await using it = await world(generation);
      const { SpaceID } = await it.client.createSpace('dev', {}, signal);
      const made = it.client.createSet(SpaceID, 'critical-services', { tier: 'critical' }, signal);
      if (generation === 'all' || generation === 'A') expect((await made).Labels).to.deep.equal({ tier: 'critical' });
      else expect((await failureOf(made)).code).to.equal('not-found');
    });
  });
}

describe('ConfigHub client on generation A', () => {
  it('restores a unit by the number of a revision, which goes by its id there', async () => {
    await using it = await world('A');
    const unit = stateOf(await aUnit(it.client, 'a: 1\n'));
    await it.client.writeUnit(unit, { data: 'a: 2\n', description: 'two' }, undefined, signal);
    await it.client.patchUnit(unit, {}, { restore: '1' }, signal);
    const { Unit } = await it.client.findUnit(unit.spaceId, 'web', signal);
    expect([Unit.Data, Unit.HeadRevisionNum]).to.deep.equal(['a: 1\n', 3]);
    expect((await failureOf(it.client.patchUnit(unit, {}, { restore: '9' }, signal))).message).to.contain('revision 9');
  });

  it('refuses a filter on data, whose units it could not select', async () => {
    await using it = await world('A');
    const { Unit } = await aUnit(it.client, 'a: 1\n');
    const body = { Slug: 'big', From: 'Unit', WhereData: 'spec.replicas > 3' };
    await it.client.createFilter(Unit.SpaceID, { slug: 'all', from: 'Unit', where: '' }, signal);
    await fetch(`${it.hub.url}/api/space/${Unit.SpaceID}/filter`, {
      method: 'POST',
      headers: { authorization: 'Bearer tester' },
      body: JSON.stringify(body),
    });
    expect(await it.client.selectByFilter('dev/all', '', signal)).to.deep.equal({ where: '' });
    const error = await failureOf(it.client.selectByFilter('dev/big', '', signal));
    expect([error.code, error.subject]).to.deep.equal(['invalid', 'filter dev/big']);
  });
});

describe('ConfigHub client on generation C', () => {
  const data = 'a: 1\n';
  const hash = createHash('sha256').update(data).digest('hex');
  const unit = (id: string, DataHash: string) => ({ Unit: { UnitID: id, SpaceID: 's', Slug: id, DataHash, Version: 1 } });

  /** A server whose units change or vanish between its two lists. */
  const answer: Answer = (request, response) => {
    const answers: Readonly<Record<string, unknown>> = {
      '/api/unit': [unit('same', hash), unit('changed', 'older'), unit('gone', hash)],
      '/api/unit_data': [
        { UnitID: 'same', Data: data, DataHash: hash },
        { UnitID: 'changed', Data: 'newer', DataHash: 'newer' },
      ],
      '/api/space/s/unit/changed': unit('changed', hash),
    };
    if (request.path.endsWith('/changed/data')) return void response.end(data);
    if (answers[request.path] === undefined) return refuses(404, 'gone')(request, response);
    json(answers[request.path])(request, response);
  };

  it('reads again what changed between its two lists, and leaves out what is gone', async () => {
    await using hub = await startHubDouble(answer);
    const client = createConfigHubClient(hub.transport, abilitiesOf('C'));
    const units = await client.listUnits({ where: '' }, signal);
    expect(units.map(({ Unit }) => [Unit.UnitID, Unit.Data])).to.deep.equal([
      ['same', data],
      ['changed', data],
    ]);
  });

  it('gives up on a unit whose text never has its hash, instead of asking for ever', async () => {
    await using hub = await startHubDouble((request, response) => {
      if (request.path.endsWith('/changed/data')) response.end('never the same');
      else answer(request, response);
    });
    const client = createConfigHubClient(hub.transport, abilitiesOf('C'));
    const error = await failureOf(client.listUnits({ where: '' }, signal));
    expect([error.code, error.subject]).to.deep.equal(['unavailable', 'unit s/changed']);
    expect(hub.requests.filter(({ path }) => path.endsWith('/changed/data'))).to.have.length(5);
  });

  it('keeps every byte of a text, a byte order mark too', async () => {
    await using it = await world('C');
    const text = '\ufeffa: 1\r\nb: "\u00e4"';
    const ref = stateOf(await aUnit(it.client, text));
    expect((await it.client.readRevision(ref, ref.version === 1 ? 1 : 2, signal))?.Data).to.equal(text);
  });
});
