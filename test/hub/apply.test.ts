import { expect } from 'chai';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Cluster } from '../../src/hub/worker/cluster.ts';
import { base64, Client, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, readUnit, revisionsOf, unitPath } from './scene.ts';

interface Applied {
  readonly document: JsonObject;
  readonly fieldManager: string;
  readonly force: boolean;
}

/** Remembers what was applied; only the worker's bookkeeping is tested with it, never what an API server does. */
class RememberingCluster implements Cluster {
  readonly applied: Applied[] = [];
  refusal: string | undefined;
  async apply(
    document: JsonObject,
    { fieldManager, force }: { readonly fieldManager: string; readonly force: boolean },
  ): Promise<JsonObject> {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    this.applied.push({ document, fieldManager, force });
    return document;
  }
  async get(): Promise<undefined> {
    return undefined;
  }
  async delete(): Promise<void> {
    throw new Error('nothing is there to be deleted');
  }
}

async function createTarget(cub: Client, space: string, parameters: JsonObject = {}): Promise<string> {
  const worker = await createNamed(cub, space, 'bridge_worker', { Slug: 'w1', UserID: null, LastSeenAt: '0001-01-01T00:00:00Z' });
  const target = await createNamed(cub, space, 'target', {
    BridgeWorkerID: worker['BridgeWorkerID'] ?? null,
    DisplayName: 't1',
    Parameters: JSON.stringify({ KubeContext: 'kind', ...parameters }),
    ProviderType: 'Kubernetes',
    ToolchainType: 'Kubernetes/YAML',
    Slug: 't1',
  });
  return String(target['TargetID']);
}

/** Waits as cub does: until the operation's newest event is a final one. */
async function finalEvent(cub: Client, operation: JsonObject): Promise<JsonObject> {
  for (;;) {
    const path = `/space/${operation['SpaceID']}/unit/${operation['UnitID']}/unit_event`;
    const events = (await cub.get(path, { where: `QueuedOperationID='${operation['QueuedOperationID']}'` })).list;
    const last = events.toSorted((one, other) => (String(one['CreatedAt']) < String(other['CreatedAt']) ? -1 : 1)).at(-1);
    if (last && ['Completed', 'Failed', 'Canceled'].includes(String(last['Status']))) return last;
  }
}

describe('hub: apply', () => {
  it('applies a unit to its target by server-side apply, and keeps the books', async () => {
    const cluster = new RememberingCluster();
    const contexts: string[] = [];
    await using hub = await startTestHub({
      clusterFor: async ({ kubeContext }) => {
        contexts.push(kubeContext);
        return cluster;
      },
    });
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', deployment('web', 3), {
      TargetID: await createTarget(cub, space, { KubeNamespace: 'drift-test' }),
    });
    const operation = (await cub.post(`${unitPath(unit)}/apply`)).object;
    expect(operation).to.include({ Action: 'Apply', RevisionNum: 1, Status: 'Pending' });
    expect(await finalEvent(cub, operation)).to.include({
      Status: 'Completed',
      Result: 'ApplyCompleted',
      Message: 'Applied 1 object',
    });
    expect(contexts).to.deep.equal(['kind']);
    expect(cluster.applied).to.deep.equal([
      {
        document: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', namespace: 'drift-test' },
          spec: { replicas: 3 },
        },
        fieldManager: 'confighub',
        force: true,
      },
    ]);

    const events = (await cub.get(`${unitPath(unit)}/unit_event`)).list;
    expect(events.map((event) => event['Status'])).to.deep.equal(['Pending', 'Progressing', 'Completed']);
    expect(new Set(events.map((event) => event['CreatedAt'])).size).to.equal(3);
    const [extended] = (
      await cub.get('/unit', {
        where: `UnitID='${unit['UnitID']}'`,
        include: 'UnitEventID,TargetID,UpstreamUnitID,SpaceID,LiveRevisionNum',
      })
    ).list;
    expect(part(extended, 'Unit')).to.include({ LastAppliedRevisionNum: 1, LiveRevisionNum: 1 });
    expect(part(extended, 'Unit')['LiveState']).to.be.a('string');
    expect(part(extended, 'LatestUnitEvent')['QueuedOperationID']).to.equal(operation['QueuedOperationID']);
    expect(part(extended, 'UnitStatus')).to.include({ Status: 'Ready', Action: 'Apply', ActionResult: 'ApplyCompleted' });
    expect(part(extended, 'LiveRevision')['LiveAt']).not.to.equal('0001-01-01T00:00:00Z');
  });

  it("reports the API server's own words when it refuses, and leaves the live revision", async () => {
    const cluster = new RememberingCluster();
    await using hub = await startTestHub({ clusterFor: async () => cluster });
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', deployment('web', 3), { TargetID: await createTarget(cub, space) });
    await finalEvent(cub, (await cub.post(`${unitPath(unit)}/apply`)).object);
    await cub.patch(unitPath(unit), { Data: base64(deployment('web', 4)) });
    cluster.refusal = 'admission webhook "policy" denied the request';
    const event = await finalEvent(cub, (await cub.post(`${unitPath(unit)}/apply`)).object);
    expect(event).to.include({
      Status: 'Failed',
      Result: 'ApplyFailed',
      Message: 'deployment/web: admission webhook "policy" denied the request',
    });
    expect(await readUnit(cub, unit)).to.include({ LastAppliedRevisionNum: 2, LiveRevisionNum: 1 });
    expect((await revisionsOf(cub, unit)).map((revision) => revision['LiveAt'] === '0001-01-01T00:00:00Z')).to.deep.equal([
      false,
      true,
    ]);
  });

  it('refuses a unit without a target, and one that a gate holds', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', deployment('web', 3));
    const untargeted = await cub.post(`${unitPath(unit)}/apply`);
    expect([untargeted.status, untargeted.object['Message']]).to.deep.equal([400, 'unit p/web has no target']);
    await cub.patch(unitPath(unit), {
      TargetID: await createTarget(cub, space),
      ApplyGates: { 'p/policy/no-placeholders': true },
    });
    const gated = await cub.post(`${unitPath(unit)}/apply`);
    expect([gated.status, gated.object['Message']]).to.deep.equal([
      422,
      'unit p/web is blocked by the apply gates p/policy/no-placeholders',
    ]);
    const bulk = await cub.post('/unit/apply', undefined, { where: `SpaceID = '${space}'` });
    expect(bulk.status).to.equal(207);
    expect(part(bulk.list[0], 'Error')['Status']).to.equal(422);
    expect((await cub.post('/unit/apply')).status).to.equal(400);
    expect((await cub.post('/unit/apply', undefined, { where: "Slug = 'none'" })).json).to.deep.equal([]);
  });

  it('opens the gate that waits for an approval, and no other, when the unit is approved', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', deployment('web', 3), { TargetID: await createTarget(cub, space) });
    await cub.patch(unitPath(unit), { ApplyGates: { 'p/review/is-approved': true, 'p/policy/no-placeholders': true } });
    await cub.post(`${unitPath(unit)}/approve`);
    const held = await cub.post(`${unitPath(unit)}/apply`);
    expect([held.status, held.object['Message']]).to.deep.equal([
      422,
      'unit p/web is blocked by the apply gates p/policy/no-placeholders',
    ]);
    await cub.patch(unitPath(unit), { ApplyGates: null });
    expect((await cub.post(`${unitPath(unit)}/apply`)).status).to.equal(200);
    const [event] = (await cub.get(`${unitPath(unit)}/unit_event`)).list;
    expect((await cub.get(`${unitPath(unit)}/unit_event/${event?.['UnitEventID']}`)).json).to.deep.equal(event);
    expect((await cub.get(`${unitPath(unit)}/unit_event/${unit['UnitID']}`)).status).to.equal(404);
  });

  it('applies the revisions of a changeset and nothing newer', async () => {
    const cluster = new RememberingCluster();
    await using hub = await startTestHub({ clusterFor: async () => cluster });
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const TargetID = await createTarget(cub, space);
    const [web, api] = [
      await createUnit(cub, space, 'web', deployment('web', 3), { TargetID }),
      await createUnit(cub, space, 'api', deployment('api', 3), { TargetID }),
    ];
    const changeSet = String((await createNamed(cub, space, 'change_set', { Slug: 'bulk' }))['ChangeSetID']);
    await cub.patch(unitPath(web), { ChangeSetID: changeSet, Data: base64(deployment('web', 5)) }, { change_set_id: changeSet });
    await cub.patch(unitPath(web), { ChangeSetID: null });
    await cub.patch(unitPath(web), { Data: base64(deployment('web', 9)) });

    const query = { where: `SpaceID = '${space}'`, revision: `ChangeSet:${changeSet}` };
    const rehearsed = await cub.post('/unit/apply', undefined, { ...query, dry_run: 'true' });
    expect(part(rehearsed.list[0], 'Action')['RevisionNum']).to.equal(2);
    expect((await cub.get(`${unitPath(web)}/unit_event`)).list).to.deep.equal([]);
    const applied = await cub.post('/unit/apply', undefined, query);
    expect(applied.status).to.equal(207);
    expect(part(applied.list[1], 'Error')).to.include({
      Status: 404,
      Message: `unit api has no revision ChangeSet:${changeSet}`,
    });
    await finalEvent(cub, part(applied.list[0], 'Action'));
    expect(cluster.applied.map(({ document }) => part(document, 'spec')['replicas'])).to.deep.equal([5]);
    expect(await readUnit(cub, web)).to.include({ HeadRevisionNum: 3, LiveRevisionNum: 2 });
    expect(await readUnit(cub, api)).not.to.have.property('LiveRevisionNum');
  });

  it('runs the operations of one unit in the order of their coming', async () => {
    const cluster = new RememberingCluster();
    await using hub = await startTestHub({ clusterFor: async () => cluster });
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', deployment('web', 1), { TargetID: await createTarget(cub, space) });
    await cub.patch(unitPath(unit), { Data: base64(deployment('web', 2)) });
    const operations = [];
    for (const revision of ['2', '1', 'HeadRevisionNum'])
      operations.push((await cub.post(`${unitPath(unit)}/apply`, undefined, { revision })).object);
    for (const operation of operations) await finalEvent(cub, operation);
    expect(cluster.applied.map(({ document }) => part(document, 'spec')['replicas'])).to.deep.equal([2, 1, 2]);
    expect(await readUnit(cub, unit)).to.include({ LiveRevisionNum: 2, PreviousLiveRevisionNum: 1 });
  });

  it('reads YAML as Kubernetes does, puts namespaces first, and reports what it cannot read', async () => {
    const cluster = new RememberingCluster();
    await using hub = await startTestHub({ clusterFor: async () => cluster });
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\nx: {mode: 0644, on: yes, day: 2026-11-23, port: 8080}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`;
    const TargetID = await createTarget(cub, space, { KubeNamespace: 'other' });
    const unit = await createUnit(cub, space, 'web', text, { TargetID });
    await finalEvent(cub, (await cub.post(`${unitPath(unit)}/apply`)).object);
    expect(cluster.applied.map(({ document }) => [document['kind'], part(document, 'metadata')['namespace']])).to.deep.equal([
      ['Namespace', undefined],
      ['ConfigMap', 'shop'],
    ]);
    expect(cluster.applied[1]?.document['x']).to.deep.equal({ mode: 420, true: true, day: '2026-11-23', port: 8080 });
    const broken = await createUnit(cub, space, 'broken', 'a: [', { TargetID });
    expect((await finalEvent(cub, (await cub.post(`${unitPath(broken)}/apply`)).object))['Message']).to.match(/^not YAML/u);
  });

  it('fails an apply with a plain reason where the hub has no cluster', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', deployment('web', 1), { TargetID: await createTarget(cub, space) });
    const event = await finalEvent(cub, (await cub.post(`${unitPath(unit)}/apply`)).object);
    expect(event['Message']).to.equal('target t1: this hub was started without access to a cluster');
  });
});
