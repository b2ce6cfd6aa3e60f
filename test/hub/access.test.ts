import { expect } from 'chai';
import { Client, startTestHub, temporaryDirectory } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, readUnit, revisionsOf, unitPath } from './scene.ts';

describe('hub: access', () => {
  it('tells about itself without a token, and nothing else', async () => {
    await using hub = await startTestHub({
      accounts: [
        { name: 'admin', role: 'admin', token: 'secret-1' },
        { name: 'drift-detector', role: 'drift-detector', token: 'secret-2' },
      ],
    });
    const info = await fetch(`${hub.url}/api/info`);
    expect([info.status, await info.json()]).to.deep.equal([200, { Build: 'drift-detector-hub', Version: 'v0.3.0' }]);
    const anonymous = await fetch(`${hub.url}/api/space`);
    expect(anonymous.status).to.equal(401);
    expect(await anonymous.json()).to.include({ Code: '401' });
    for (const guess of ['guess', 'admin', 'secret-', 'secret-11', 'Secret-1'])
      expect((await new Client(hub.url, guess).get('/me')).status, guess).to.equal(401);
    expect((await new Client(hub.url, 'secret-2').get('/me')).object).to.include({ Username: 'drift-detector' });
    expect((await new Client(hub.url, 'secret-1').get('/me')).object).to.include({ Username: 'admin' });
  });

  it('takes the author of a revision from the account of the token, whatever the token reads like', async () => {
    await using hub = await startTestHub({ accounts: [{ name: 'admin', role: 'admin', token: 'mallory' }] });
    const admin = new Client(hub.url, 'mallory');
    const unit = await createUnit(admin, await createSpace(admin, 'p'), 'web', deployment('web', 2));
    const [revision] = (await admin.get(`${unitPath(unit)}/revision`, { include: 'UserID' })).list;
    expect(part(revision, 'User')['Username']).to.equal('admin');
  });

  it('lets a worker in by its ID and secret, and makes it the author, with the rights of the pass', async () => {
    await using hub = await startTestHub();
    const admin = new Client(hub.url, 'admin');
    const space = await createSpace(admin, 'p');
    const worker = await createNamed(admin, space, 'bridge_worker', { Slug: 'drift-detector' });
    const login = (secret: string): Promise<Response> =>
      fetch(`${hub.url}/auth/worker`, {
        method: 'POST',
        body: JSON.stringify({ worker_id: worker['BridgeWorkerID'], worker_secret: secret }),
      });
    expect((await login('wrong')).status).to.equal(401);
    const session = (await (await login(String(worker['Secret']))).json()) as { readonly access_token: string };
    const asWorker = new Client(hub.url, session.access_token);
    expect((await asWorker.get('/me')).object).to.include({ Username: 'drift-detector' });
    expect((await asWorker.post(`/space/${space}/bridge_worker`, { Slug: 'other' })).status).to.equal(403);
  });

  it('shows the secret of a worker in the answer to its creation, and never again', async () => {
    await using hub = await startTestHub();
    const admin = new Client(hub.url, 'admin');
    const space = await createSpace(admin, 'p');
    const { BridgeWorkerID = null, Secret } = await createNamed(admin, space, 'bridge_worker', { Slug: 'one' });
    expect(Secret).to.match(/^[0-9a-f-]{36}$/u);
    const path = `/space/${space}/bridge_worker`;
    const target = { Slug: 't', ToolchainType: 'Kubernetes/YAML', ProviderType: 'Kubernetes', Parameters: '{}', BridgeWorkerID };
    await createNamed(admin, space, 'target', target);
    const answers = [
      await admin.get(path, { include: 'SpaceID', select: 'Slug,Secret,SecretHash' }),
      await admin.get('/bridge_worker'),
      await admin.get('/target', { include: 'BridgeWorkerID' }),
      await admin.get(`${path}/${BridgeWorkerID}`),
      await admin.patch(`${path}/${BridgeWorkerID}`, { Labels: { a: 'b' } }),
      await admin.post(path, { Slug: 'one' }, { allow_exists: 'true' }),
    ];
    for (const { status, json } of answers)
      expect([status, JSON.stringify(json)]).to.satisfy(
        ([code, text]: [number, string]) => code === 200 && !/Secret/u.test(text),
      );
  });

  it('lets no worker in that is named like an account of people', async () => {
    await using hub = await startTestHub();
    const admin = new Client(hub.url, 'admin');
    const worker = await createNamed(admin, await createSpace(admin, 'p'), 'bridge_worker', { Slug: 'admin' });
    const body = JSON.stringify({ worker_id: worker['BridgeWorkerID'], worker_secret: worker['Secret'] });
    const answer = await fetch(`${hub.url}/auth/worker`, { method: 'POST', body });
    expect([answer.status, await answer.json()]).to.deep.include(403);
  });

  it('ends the sessions of a worker with the worker, and each after a day', async () => {
    let now = Date.parse('2026-11-24T00:00:00Z');
    await using hub = await startTestHub({ clock: () => new Date(now) });
    const admin = new Client(hub.url, 'admin');
    const space = await createSpace(admin, 'p');
    const nameOf = async (session: Client) => (await session.get('/me')).object['Username'];
    const logIn = async (slug: string) => {
      const worker = await createNamed(admin, space, 'bridge_worker', { Slug: slug });
      const body = JSON.stringify({ worker_id: worker['BridgeWorkerID'], worker_secret: worker['Secret'] });
      const answer = await fetch(`${hub.url}/auth/worker`, { method: 'POST', body });
      const session = new Client(hub.url, ((await answer.json()) as { readonly access_token: string }).access_token);
      return { worker, name: () => nameOf(session) };
    };
    const [one, other] = [await logIn('one'), await logIn('other')];
    expect([await one.name(), await other.name()]).to.deep.equal(['one', 'other']);
    await admin.delete(`/space/${space}/bridge_worker/${one.worker['BridgeWorkerID']}`);
    expect([await one.name(), await other.name()]).to.deep.equal([undefined, 'other']);
    now += 24 * 60 * 60 * 1000;
    expect(await other.name()).to.equal(undefined);
  });

  it('does not start with a token that cannot be sent', async () => {
    for (const token of ['', 'two words', 'two\nlines', 'bell\u0007', 'umläut']) {
      let message = '';
      try {
        await startTestHub({ accounts: [{ name: 'admin', role: 'admin', token }] });
      } catch (error) {
        message = String(error);
      }
      expect(message).to.equal('Error: the token of admin must be one line of visible ASCII characters');
    }
  });

  it('answers a path that is not there, and a body that is not JSON, in the error shape', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    expect((await cub.get('/nothing')).object).to.deep.equal({ Code: '404', Message: 'no such path: GET /api/nothing' });
    const response = await fetch(`${hub.url}/api/space`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin' },
      body: '{',
    });
    expect([response.status, ((await response.json()) as { Code: string }).Code]).to.deep.equal([400, '400']);
    const deep = `{"Labels":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`;
    const space = await createSpace(cub, 'p');
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/merge-patch+json' };
    const refused = await fetch(`${hub.url}/api/space/${space}`, { method: 'PATCH', headers, body: deep });
    expect([refused.status, await refused.text()]).to.deep.equal([
      400,
      '{"Code":"400","Message":"the body is nested more than 100 levels deep"}',
    ]);
  });
});

describe('hub: restart', () => {
  it('has everything again, including an apply that was waiting', async () => {
    using directory = temporaryDirectory();
    const dataDir = directory.path;
    const stuck = new Promise<never>(() => {});
    const first = await startTestHub({
      dataDir,
      clusterFor: async () => ({
        apply: (_document, { signal }) =>
          Promise.race([
            stuck,
            new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off')))),
          ]),
        get: async () => undefined,
        delete: async () => undefined,
      }),
    });
    const before = new Client(first.url);
    const space = await createSpace(before, 'p', { project: 'p' });
    const target = await createNamed(before, space, 'target', {
      Slug: 't1',
      ToolchainType: 'Kubernetes/YAML',
      ProviderType: 'Kubernetes',
      Parameters: '{}',
    });
    const unit = await createUnit(before, space, 'web', deployment('web', 2), { TargetID: target['TargetID'] ?? null });
    const operation = (await before.post(`/space/${space}/unit/${unit['UnitID']}/apply`)).object;
    const revisions = await revisionsOf(before, unit);
    const spaces = (await before.get('/space')).json;
    await first.close();

    await using second = await startTestHub({
      dataDir,
      clusterFor: async () => ({
        apply: async (document) => document,
        get: async () => undefined,
        delete: async () => undefined,
      }),
    });
    const after = new Client(second.url);
    expect((await after.get('/space')).json).to.deep.equal(spaces);
    let live = await readUnit(after, unit);
    while (live['LiveRevisionNum'] === undefined) live = await readUnit(after, unit);
    expect(live).to.include({ LiveRevisionNum: 1, Data: unit['Data'] ?? null });
    expect((await revisionsOf(after, unit)).map((revision) => revision['RevisionID'])).to.deep.equal(
      revisions.map((revision) => revision['RevisionID']),
    );
    const events = (await after.get('/unit_event', { where: `QueuedOperationID = '${operation['QueuedOperationID']}'` })).list;
    expect(events.at(-1)).to.include({ Status: 'Completed' });
  });

  it('does not let two hubs write the same data', async () => {
    using directory = temporaryDirectory();
    await using _hub = await startTestHub({ dataDir: directory.path });
    let message = '';
    try {
      await startTestHub({ dataDir: directory.path });
    } catch (error) {
      message = String(error);
    }
    expect(message).to.contain('is another hub running on it?');
  });
});
