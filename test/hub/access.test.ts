import { expect } from 'chai';
import { Client, startTestHub, temporaryDirectory } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, readUnit, revisionsOf } from './scene.ts';

describe('hub: access', () => {
  it('tells about itself without a token, and nothing else', async () => {
    await using hub = await startTestHub({ tokens: { admin: 'secret-1', 'drift-detector': 'secret-2' } });
    const info = await fetch(`${hub.url}/api/info`);
    expect([info.status, await info.json()]).to.deep.equal([200, { Build: 'drift-detector-hub', Version: 'v0.3.0' }]);
    const anonymous = await fetch(`${hub.url}/api/space`);
    expect(anonymous.status).to.equal(401);
    expect(await anonymous.json()).to.include({ Code: '401' });
    expect((await new Client(hub.url, 'guess').get('/me')).status).to.equal(401);
    expect((await new Client(hub.url, 'secret-2').get('/me')).object).to.include({ Username: 'drift-detector' });
    expect((await new Client(hub.url, 'secret-1').get('/me')).object).to.include({ Username: 'admin' });
  });

  it('lets a worker in by its ID and secret, and makes it the author', async () => {
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
    expect((await new Client(hub.url, session.access_token).get('/me')).object).to.include({ Username: 'drift-detector' });
    expect(part((await admin.get(`/bridge_worker`)).list[0], 'BridgeWorker')).not.to.have.property('Secret');
  });

  it('ends the sessions of a worker with the worker, and each after a day', async () => {
    let now = Date.parse('2026-11-24T00:00:00Z');
    await using hub = await startTestHub({ clock: () => new Date(now) });
    const admin = new Client(hub.url, 'admin');
    const space = await createSpace(admin, 'p');
    const logIn = async (slug: string) => {
      const worker = await createNamed(admin, space, 'bridge_worker', { Slug: slug });
      const body = JSON.stringify({ worker_id: worker['BridgeWorkerID'], worker_secret: worker['Secret'] });
      const answer = await fetch(`${hub.url}/auth/worker`, { method: 'POST', body });
      const session = new Client(hub.url, ((await answer.json()) as { readonly access_token: string }).access_token);
      return { worker, name: async () => (await session.get('/me')).object['Username'] };
    };
    const [one, other] = [await logIn('one'), await logIn('other')];
    expect([await one.name(), await other.name()]).to.deep.equal(['one', 'other']);
    await admin.delete(`/space/${space}/bridge_worker/${one.worker['BridgeWorkerID']}`);
    // Without tokens of its own the hub takes any token, but not for a worker's.
    expect([await one.name(), await other.name()]).to.deep.equal(['admin', 'other']);
    now += 24 * 60 * 60 * 1000;
    expect(await other.name()).to.equal('admin');
  });

  it('does not start with a token that nobody could send', async () => {
    for (const token of ['', 'two words']) {
      let message = '';
      try {
        await startTestHub({ tokens: { admin: token } });
      } catch (error) {
        message = String(error);
      }
      expect(message).to.contain('cannot be sent');
    }
  });

  it('does not listen beyond loopback without tokens', async () => {
    let message = '';
    try {
      await startTestHub({ host: '0.0.0.0' });
    } catch (error) {
      message = String(error);
    }
    expect(message).to.contain('give it tokens');
  });

  it('answers a path that is not there, and a body that is not JSON, in the error shape', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    expect((await cub.get('/nothing')).object).to.deep.equal({ Code: '404', Message: 'no such path: GET /api/nothing' });
    const response = await fetch(`${hub.url}/api/space`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: '{' });
    expect([response.status, ((await response.json()) as { Code: string }).Code]).to.deep.equal([400, '400']);
    const deep = `{"Labels":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`;
    const space = await createSpace(cub, 'p');
    const headers = { authorization: 'Bearer x', 'content-type': 'application/merge-patch+json' };
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
