import { expect } from 'chai';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { clusterOfKubernetes } from '../../src/hub/worker/kubernetes.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { base64, Client, fromBase64, startTestHub, temporaryDirectory } from './harness.ts';
import { createNamed, createSpace, createUnit, part, readUnit, revisionsOf, unitPath } from './scene.ts';
import { scene } from './worker-scene.ts';

// The hub's worker against a real API server: the result of each operation is checked there.

function configMap(name: string, value = '1'): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}"}\n`;
}

function deployment(replicas: number, more = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web} # the shop's front
spec:
  replicas: ${replicas} # enough for nights
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:${more === '' ? '' : `\n      ${more}`}
      containers:
      - name: app
        image: registry.example/web:1
        resources: {requests: {cpu: "0.5"}}
`;
}

describe('hub worker: apply', function () {
  // Pods of other tests may stand before ours.
  this.timeout(180_000);

  it('prunes what a revision dropped from what the unit had applied', async () => {
    await using it = await scene();
    const unit = await it.unit('maps', [configMap('a'), configMap('b'), configMap('c')].join('---\n'));
    expect(await it.run(unit)).to.include({ Status: 'Completed', Message: 'Applied 3 objects' });
    await it.write(unit, configMap('b'));
    expect(await it.run(unit)).to.include({ Status: 'Completed', Message: 'Applied 1 object, pruned 2 objects' });
    expect(await it.configMaps()).to.deep.equal(['configmap/b']);
    await it.write(unit, '');
    expect(await it.run(unit)).to.include({ Status: 'Completed', Message: 'Applied 0 objects, pruned 1 object' });
    expect(await it.configMaps()).to.deep.equal([]);
  });

  it('prunes what an apply that broke off had applied, once a later one succeeds', async () => {
    await using it = await scene();
    const unit = await it.unit('maps', [configMap('first'), configMap('Not_Valid')].join('---\n'));
    const broken = await it.run(unit);
    expect(broken).to.include({ Status: 'Failed', Result: 'ApplyFailed' });
    expect(broken['Message']).to.contain('1 of 2 objects were applied before it').and.contain('Invalid value');
    expect(await it.configMaps()).to.deep.equal(['configmap/first']);
    await it.write(unit, configMap('second'));
    expect(await it.run(unit)).to.include({ Message: 'Applied 1 object, pruned 1 object' });
    expect(await it.configMaps()).to.deep.equal(['configmap/second']);
  });

  it('deletes nothing that others have: an object of another unit, and one that it no longer applies', async () => {
    await using it = await scene();
    const unit = await it.unit('one', [configMap('shared'), configMap('taken'), configMap('stays')].join('---\n'));
    const other = await it.unit('two', configMap('shared'));
    await it.run(unit);
    await it.run(other);
    // Somebody deleted it and made their own of the same name.
    await it.kubectl('delete', 'configmap', 'taken');
    await it.kubectl('create', 'configmap', 'taken', '--from-literal=mine=1');
    await it.write(unit, configMap('stays'));
    const event = await it.run(unit);
    expect(event['Status']).to.equal('Completed');
    expect(event['Message'])
      .to.contain(`${it.namespace}/configmap/shared stays: another unit declares it`)
      .and.contain(`${it.namespace}/configmap/taken stays: confighub no longer applies it`);
    expect(await it.configMaps()).to.deep.equal(['configmap/shared', 'configmap/stays', 'configmap/taken']);
  });

  it('remembers what to prune over a restart', async () => {
    using directory = temporaryDirectory();
    const first = await scene({}, directory.path);
    const unit = await first.unit('maps', [configMap('a'), configMap('b')].join('---\n'));
    await first.run(unit);
    await first[Symbol.asyncDispose]();
    await using hub = await startTestHub({
      dataDir: directory.path,
      clusterFor: async () => {
        const { kubeconfig } = await sharedControlPlane();
        return clusterOfKubernetes(await connectKubernetes({ kubeconfig, userAgent: 'test' }));
      },
    });
    const client = new Client(hub.url);
    await client.patch(unitPath(unit), { Data: base64(configMap('a')) });
    await client.post(`${unitPath(unit)}/apply`);
    while ((await readUnit(client, unit))['LiveRevisionNum'] !== 2);
    expect(await first.configMaps()).to.deep.equal(['configmap/a']);
  });

  it('waits until the rollout is done, where the target says so', async () => {
    await using it = await scene({ WaitTimeout: '2m' });
    const unit = await it.unit('web', deployment(2));
    expect(await it.run(unit)).to.include({ Status: 'Completed', Result: 'ApplyCompleted' });
    expect(await it.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.availableReplicas}')).to.equal('2');
  });

  it('says what is not healthy when the time is over, and leaves the live revision', async () => {
    await using it = await scene({ WaitTimeout: '4s' });
    const unit = await it.unit('web', deployment(2, 'nodeSelector: {no: such-node}'));
    const event = await it.run(unit);
    expect(event).to.include({ Status: 'Failed', Result: 'ApplyWaitFailed' });
    expect(event['Message']).to.match(
      /^Applied 1 object; not healthy within 4s: \S+\/deployment\/web: (0 of 2 replicas|not seen)/u,
    );
    expect(await readUnit(it.client, unit)).to.not.have.property('LiveRevisionNum');
    const [extended] = (await it.client.get('/unit', { where: "Slug = 'web'", include: 'UnitEventID' })).list;
    expect(part(extended, 'UnitStatus')).to.include({ Status: 'Failed', ActionResult: 'ApplyWaitFailed' });
  });
});

describe('hub worker: destroy', function () {
  this.timeout(60_000);

  it('deletes what the unit has applied, and the unit has nothing live any more', async () => {
    await using it = await scene();
    const unit = await it.unit('maps', [configMap('a'), configMap('b')].join('---\n'));
    await it.run(unit);
    expect(await it.run(unit, 'destroy')).to.include({
      Status: 'Completed',
      Result: 'DestroyCompleted',
      Message: 'Deleted 2 objects',
    });
    expect(await it.configMaps()).to.deep.equal([]);
    expect(await readUnit(it.client, unit)).to.not.have.property('LiveRevisionNum');
    expect(await it.run(unit)).to.include({ Message: 'Applied 2 objects' });
  });
});

describe('hub worker: refresh', function () {
  this.timeout(60_000);

  it('finds no drift where live means the same, in whatever spelling', async () => {
    await using it = await scene();
    const unit = await it.unit('web', deployment(2));
    await it.run(unit);
    expect(await it.run(unit, 'refresh')).to.include({ Status: 'Completed', Result: 'RefreshAndNoDrift' });
    expect(await readUnit(it.client, unit)).to.include({ HeadRevisionNum: 1 });
  });

  it('adopts drift as a new head with everything else, comments too, as it was', async () => {
    await using it = await scene();
    const unit = await it.unit('web', deployment(2));
    await it.run(unit);
    await it.kubectl('scale', 'deployment/web', '--replicas=5');
    await it.kubectl('set', 'image', 'deployment/web', 'app=registry.example/web:2');
    const event = await it.run(unit, 'refresh');
    expect(event).to.include({
      Status: 'Completed',
      Result: 'RefreshAndDrifted',
      Message: `Drifted: ${it.namespace}/deployment/web`,
    });
    const revision = (await revisionsOf(it.client, unit)).at(-1);
    expect(revision).to.include({ RevisionNum: 2, Source: 'Refresh' });
    expect(fromBase64(revision?.['Data'])).to.equal(deployment(5).replace('web:1', 'web:2'));
  });

  it('leaves a unit that a changeset locks, and one whose object is gone', async () => {
    await using it = await scene();
    const unit = await it.unit('web', deployment(2));
    await it.run(unit);
    const changeSet = String((await createNamed(it.client, it.space, 'change_set', { Slug: 'c' }))['ChangeSetID']);
    await it.client.patch(unitPath(unit), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    await it.kubectl('scale', 'deployment/web', '--replicas=5');
    expect(await it.run(unit, 'refresh')).to.include({ Result: 'RefreshAndDrifted' });
    expect(fromBase64((await readUnit(it.client, unit))['Data'])).to.equal(deployment(2));
    await it.client.patch(unitPath(unit), { ChangeSetID: null });
    await it.kubectl('delete', 'deployment', 'web');
    expect((await it.run(unit, 'refresh'))['Message']).to.equal(`Drifted: ${it.namespace}/deployment/web is missing`);
    expect(fromBase64((await readUnit(it.client, unit))['Data'])).to.equal(deployment(2));
  });
});

describe('hub worker: cancel', () => {
  it('takes back what has not begun, and nothing that has', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const applied: string[] = [];
    await using hub = await startTestHub({
      clusterFor: async () => ({
        apply: async (document) => {
          await gate;
          applied.push(JSON.stringify(document));
          return document;
        },
        get: async () => undefined,
        delete: async () => undefined,
      }),
    });
    const client = new Client(hub.url);
    const space = await createSpace(client, 'p');
    const target = await createNamed(client, space, 'target', { Slug: 't', ProviderType: 'Kubernetes' });
    const unit = await createUnit(client, space, 'map', configMap('a', '1'), { TargetID: target['TargetID'] ?? null });
    const statusOf = async (operation: JsonObject): Promise<unknown> =>
      (
        await client.get(`${unitPath(unit)}/unit_event`, { where: `QueuedOperationID = '${operation['QueuedOperationID']}'` })
      ).list.at(-1)?.['Status'];
    const first = (await client.post(`${unitPath(unit)}/apply`)).object;
    while ((await statusOf(first)) !== 'Progressing');
    const second = (await client.post(`${unitPath(unit)}/apply`)).object;
    expect((await client.post(`${unitPath(unit)}/cancel`)).object['Message']).to.equal('unit map: 1 canceled');
    expect(await statusOf(second)).to.equal('Canceled');
    expect((await client.post(`${unitPath(unit)}/cancel`)).status).to.equal(409);
    open();
    while ((await statusOf(first)) !== 'Completed');
    const third = (await client.post(`${unitPath(unit)}/apply`)).object;
    while ((await statusOf(third)) !== 'Completed');
    expect(applied).to.have.length(2);
    expect(await statusOf(second)).to.equal('Canceled');
  });
});
