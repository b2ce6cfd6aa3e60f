import { expect } from 'chai';
import { type ConfigHubClient, openConfigHub, type UnitRef, unitRef } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import { ownersIn } from '../../src/domain/snapshot.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';
import { sentences } from './logs.ts';

// The main job on a ConfigHub of each generation: what a server cannot do is done otherwise, and reported.

const signal = new AbortController().signal;
let scenes = 0;

interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly client: ConfigHubClient;
  readonly unit: UnitRef;
  readonly text: string;
  run(environment?: Readonly<Record<string, string>>): Promise<CommandResult>;
  replicas(): Promise<string>;
  kubectl(...args: readonly string[]): Promise<string>;
}

/** One Deployment of 2 replicas, delivered as this generation delivers, and scaled to 4 by hand. */
async function scene(generation: 'A' | 'B' | 'C'): Promise<Scene> {
  const cluster = await sharedControlPlane();
  await using started = new AsyncDisposableStack();
  const world = started.use(await startWorld({ cluster, hub: ['--api-generation', generation] }));
  const namespace = `generation-${process.pid}-${++scenes}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  await cluster.kubectl(['label', 'namespace', namespace, `monitored=${namespace}`]);
  const kubectl = async (...args: readonly string[]): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, ...args])).stdout;
  const session = tokenSession(new Secret(world.tokens.admin));
  const client = await openConfigHub(connectConfigHub({ url: world.hubUrl, session, userAgent: 'test' }), signal);
  const { SpaceID } = await client.createSpace('shop-dev', {}, signal);
  const worker = await client.createWorker(SpaceID, 'cluster', signal);
  const target = await client.createTarget(
    SpaceID,
    { slug: 'cluster', workerId: worker.BridgeWorkerID, parameters: '{}' },
    signal,
  );
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 2 # enough for nights
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: registry.example/web:1}]}
`;
  const created = await client.createUnit(
    SpaceID,
    { slug: 'web', data: text, targetId: target.TargetID, description: 'Initial deployment' },
    signal,
  );
  const unit = unitRef(created, 'shop-dev');
  await deliver(client, unit);
  await kubectl('scale', 'deployment/web', '--replicas=4');
  const running = started.move();
  return {
    world,
    client,
    unit,
    text,
    run: (environment = {}) =>
      world.detector(['run'], {
        CONFIGHUB_SPACE: 'shop-dev',
        DRIFT_NAMESPACE_SELECTOR: `monitored=${namespace}`,
        AUTO_FIX: 'true',
        DRIFT_LOG_FORMAT: 'json',
        ...environment,
      }),
    replicas: () => kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'),
    kubectl,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function deliver(client: ConfigHubClient, unit: UnitRef): Promise<void> {
  if (client.abilities.appliesUnits) {
    const [action] = await client.applyUnits([unit.id], 'HeadRevisionNum', signal);
    const event = await client.awaitOperation(unit, action?.Action?.QueuedOperationID ?? '', signal);
    expect(event.Message).to.equal('Applied 1 object');
  } else await client.publishRelease(unit.spaceId, signal);
  while ((await liveRevision(client, unit)) === 0);
}

async function liveRevision(client: ConfigHubClient, unit: UnitRef): Promise<number> {
  const [state] = await client.listUnitStates({ where: `UnitID = '${unit.id}'` }, signal);
  return state?.Unit.LiveRevisionNum ?? 0;
}

async function headRevision(client: ConfigHubClient, unit: UnitRef): Promise<number> {
  const [state] = await client.listUnitStates({ where: `UnitID = '${unit.id}'` }, signal);
  return state?.Unit.HeadRevisionNum ?? 0;
}

const NOTES = {
  A: 'This ConfigHub cannot lock units by changeset',
  B: '',
  C: 'This ConfigHub releases whole spaces, not single units',
} as const;

describe('a pass against every generation of ConfigHub', function () {
  this.timeout(120_000);
  for (const generation of ['A', 'B', 'C'] as const) {
    it(`fixes on generation ${generation}, with a pair of revisions, and says what it did otherwise`, async () => {
      await using it = await scene(generation);
      const before = await headRevision(it.client, it.unit);
      const result = await it.run();
      expect(result.code, result.stderr).to.equal(0);
      expect(sentences(result, 'fixed')).to.deep.equal(['Fixed: web scaled to 2 replicas']);
      expect(await it.replicas()).to.equal('2');
      const web = await it.kubectl('get', 'deployment', 'web', '--show-managed-fields', '-o', 'json');
      const owners = ownersIn(JSON.parse(web) as JsonObject).filter(
        ({ subresource, fields }) => subresource === '' && JSON.stringify(fields).includes('"f:replicas":{}'),
      );
      expect(owners.map(({ manager }) => manager)).to.deep.equal([generation === 'A' ? 'confighub-bridge-worker' : 'confighub']);
      const [fixed, drifted] = await it.client.listRevisions(it.unit, signal);
      expect(drifted?.Revision.Description).to.match(/^Drift detected: replicas 2 → 4/u);
      expect(fixed?.Revision.Description).to.match(/^Fixed replicas: 4 → 2/u);
      const read = async (number: number | undefined): Promise<string | undefined> =>
        (await it.client.readRevision(it.unit, number ?? 0, signal))?.Data;
      expect(await read(fixed?.Revision.RevisionNum)).to.equal(it.text);
      expect(await read(drifted?.Revision.RevisionNum)).to.equal(it.text.replace('replicas: 2', 'replicas: 4'));
      expect(fixed?.Revision.ChangeSetID === null, 'without a changeset').to.equal(generation === 'A');
      const notes = sentences(result, 'server-note');
      expect(notes.map((note) => note.slice(0, NOTES[generation].length))).to.deep.equal(
        NOTES[generation] === '' ? [] : [NOTES[generation]],
      );
      const page = await it.world.git('--git-dir', it.world.reportRepository, 'show', 'main:reports/dev/README.md');
      expect(page).to.contain(NOTES[generation]);
      if (generation === 'C') expect(await liveRevision(it.client, it.unit), 'nothing is released unasked').to.equal(before);
      const again = await it.run();
      expect(sentences(again, 'fixed')).to.deep.equal([]);
      expect(again.code).to.equal(0);
    });
  }

  for (const generation of ['A', 'C'] as const) {
    it(`takes on generation ${generation} what people accept and adopt by commit, and applies and releases nothing for it`, async () => {
      await using it = await scene(generation);
      const report = { AUTO_FIX: 'false' };
      await it.kubectl('create', 'deployment', 'extra', '--image=registry.example/extra:1');
      expect((await it.run(report)).code).to.equal(0);
      const decide = (...args: readonly string[]): Promise<CommandResult> =>
        it.world.detector(args, { GIT_AUTHOR_NAME: 'Ann Lee', GIT_AUTHOR_EMAIL: 'ann@example.org', CONFIGHUB_SPACE: 'shop-dev' });
      for (const args of [
        ['accept', 'web'],
        ['adopt', 'extra'],
      ])
        expect((await decide(...args)).code).to.equal(0);
      const before = await liveRevision(it.client, it.unit);
      const result = await it.run({ AUTO_FIX: 'true' });
      expect(result.code, result.stderr).to.equal(0);
      expect(sentences(result, 'decision').map((line) => line.replace(/:.*/u, ''))).to.have.members([
        'Decision applied',
        'Decision applied',
      ]);
      expect(await it.replicas()).to.equal('4');
      expect(await liveRevision(it.client, it.unit)).to.equal(before);
      const unit = await it.client.findUnit(it.unit.spaceId, 'web', signal);
      expect(unit.Unit.Data).to.equal(it.text.replace('replicas: 2', 'replicas: 4'));
      expect((await it.client.findUnit(it.unit.spaceId, 'extra', signal)).Unit.Data).to.contain(
        'image: registry.example/extra:1',
      );
      const again = await it.run({ AUTO_FIX: 'true' });
      expect(sentences(again, 'pass-finished')[0]).to.equal('Pass finished: 0 fixed, 0 open, nothing to commit');
    });
  }

  it('publishes a space of generation C on request, and not if another change waits in it', async () => {
    await using it = await scene('C');
    const other = await it.client.createUnit(it.unit.spaceId, { slug: 'other', data: 'kind: x\n' }, signal);
    const blocked = await it.run({ DRIFT_PUBLISH_RELEASE: 'true' });
    expect(sentences(blocked, 'fixed')).to.have.lengthOf(1);
    expect(sentences(blocked, 'warning')).to.deep.equal([
      'space shop-dev is not published: unit other has changes that are not released yet',
    ]);
    const before = await liveRevision(it.client, it.unit);
    await it.client.deleteUnit(unitRef(other, 'shop-dev'), signal);
    await it.kubectl('scale', 'deployment/web', '--replicas=5');
    const published = await it.run({ DRIFT_PUBLISH_RELEASE: 'true' });
    expect(sentences(published, 'warning')).to.deep.equal([]);
    while ((await liveRevision(it.client, it.unit)) === before);
    expect(await liveRevision(it.client, it.unit)).to.equal(await headRevision(it.client, it.unit));
    expect(await it.replicas()).to.equal('2');
  });

  it('corrects towards what is released, and leaves a change that is not', async () => {
    await using it = await scene('C');
    const unit = await it.client.findUnit(it.unit.spaceId, 'web', signal);
    const state = { ...it.unit, version: unit.Unit.Version, dataHash: unit.Unit.DataHash };
    const planned = it.text.replace('replicas: 2', 'replicas: 9');
    await it.client.writeUnit(state, { data: planned, description: 'for tomorrow' }, undefined, signal);
    const before = await liveRevision(it.client, it.unit);
    const result = await it.run({ DRIFT_PUBLISH_RELEASE: 'true' });
    expect(sentences(result, 'fixed')).to.deep.equal(['Fixed: web scaled to 2 replicas']);
    expect(await it.replicas()).to.equal('2');
    expect(sentences(result, 'warning')).to.deep.equal([
      'space shop-dev is not published: unit web has changes that are not released yet',
    ]);
    expect(await liveRevision(it.client, it.unit)).to.equal(before);
    expect((await it.client.findUnit(it.unit.spaceId, 'web', signal)).Unit.Data).to.equal(planned);
  });

  it('undoes on generation C in the cluster, and says that only a release makes it desired', async () => {
    await using it = await scene('C');
    const slug = /Using changeset (\S+) for/u.exec(sentences(await it.run(), 'changeset-used')[0] ?? '')?.[1] ?? '';
    expect(await it.replicas()).to.equal('2');
    const undone = await it.world.detector(['undo', `shop-dev/${slug}`], {});
    expect(await it.replicas(), undone.stderr).to.equal('4');
    expect(undone.code).to.equal(20);
    expect(undone.stderr).to.match(
      /^Not desired yet: shop-dev\/web: ConfigHub has revision \d+ live; publish a release of its space/mu,
    );
  });

  it('refuses a named changeset where there are no locks', async () => {
    await using it = await scene('A');
    const result = await it.run({ DRIFT_CHANGESET: 'shop-dev/fixes' });
    expect(result.code).to.equal(78);
    expect(result.stderr).to.contain('Unset DRIFT_CHANGESET');
    expect(await it.replicas()).to.equal('4');
  });
});
