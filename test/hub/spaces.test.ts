import { expect } from 'chai';
import { Client, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, unitPath } from './scene.ts';

describe('hub: spaces', () => {
  it('creates, finds, lists with counts, and deletes a space as cub asks for it', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const created = await cub.post('/space', {
      Slug: 'p',
      SpaceID: '00000000-0000-0000-0000-000000000000',
      Labels: { project: 'p' },
    });
    expect(created.status).to.equal(200);
    expect(created.headers.get('content-type')).to.contain('json');
    expect(created.headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/u);
    expect(created.object).to.include({ Slug: 'p', Version: 1 });
    const id = String(created.object['SpaceID']);
    expect(id).not.to.equal('00000000-0000-0000-0000-000000000000');

    await createUnit(cub, id, 'web', deployment('web', 2));
    const found = await cub.get('/space', { where: "Slug = 'p'" });
    expect(found.list.map((entry) => part(entry, 'Space')['SpaceID'])).to.deep.equal([id]);
    const listed = await cub.get('/space', { select: 'Slug,Labels,SpaceID,OrganizationID', summary: 'true' });
    expect(listed.list[0]).to.include({ TotalUnitCount: 1, UnappliedUnitCount: 1, GatedUnitCount: 0 });
    expect(part((await cub.get(`/space/${id}`, { summary: 'true' })).object, 'Space')['Slug']).to.equal('p');

    const refused = await cub.delete(`/space/${id}`);
    expect(refused.status).to.equal(400);
    expect(refused.object).to.include({ Code: '400' });
    expect(refused.object['Message']).to.contain('recursive=true');
    expect((await cub.delete(`/space/${id}`, { recursive: 'true' })).object['Message']).to.equal('space p deleted');
    expect((await cub.get('/space')).list).to.deep.equal([]);
    expect((await cub.get('/unit')).list).to.deep.equal([]);
  });

  it('refuses a second space of the same name, unless it may exist', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const id = await createSpace(cub, 'p');
    expect((await cub.post('/space', { Slug: 'p' })).status).to.equal(409);
    expect((await cub.post('/space', { Slug: 'p' }, { allow_exists: 'true' })).object['SpaceID']).to.equal(id);
  });

  it('changes labels by merge patch and refuses a patch with an old Version', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const id = await createSpace(cub, 'p', { project: 'p', base: 'true' });
    const patched = await cub.patch(`/space/${id}`, { Labels: { base: null, role: 'dev' }, Version: 1 });
    expect(patched.object['Labels']).to.deep.equal({ project: 'p', role: 'dev' });
    expect(patched.object['Version']).to.equal(2);
    expect((await cub.patch(`/space/${id}`, { DisplayName: 'P', Version: 1 })).status).to.equal(409);
    expect((await cub.send('PATCH', `/space/${id}`, {}, { DisplayName: 'P' }, 'application/json')).status).to.equal(415);
  });

  it('changes and deletes spaces, and what is in them, by a query; each item for itself', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const [dev, prod] = [await createSpace(cub, 'p-dev', { project: 'p' }), await createSpace(cub, 'p-prod', { project: 'p' })];
    await createSpace(cub, 'q', { project: 'q' });
    await createUnit(cub, dev, 'web', deployment('web', 2));
    for (const space of [dev, prod]) await createNamed(cub, space, 'tag', { Slug: 'v1' });

    const ofProject = { where: "Labels.project = 'p'" };
    const labelled = await cub.patch('/_space', { Labels: { owner: 'shop' } }, ofProject);
    expect([labelled.status, labelled.list.map((result) => part(part(result, 'Space'), 'Labels')['owner'])]).to.deep.equal([
      200,
      ['shop', 'shop'],
    ]);
    const tagged = await cub.patch('/tag', { DisplayName: 'first' }, { where: "Space.Labels.project = 'p'" });
    expect(tagged.list.map((result) => part(result, 'Tag')['DisplayName'])).to.deep.equal(['first', 'first']);
    expect((await cub.delete('/tag', { where: `SpaceID = '${prod}'` })).list).to.deep.equal([{ Message: 'Tag v1 deleted' }]);

    expect((await cub.delete('/_space')).status, 'a query that names nothing').to.equal(400);
    const mixed = await cub.delete('/_space', ofProject);
    expect([mixed.status, mixed.list.map((result) => Object.keys(result)[0])]).to.deep.equal([207, ['Error', 'Message']]);
    expect((await cub.delete('/_space', { ...ofProject, recursive: 'true' })).list).to.have.length(1);
    expect((await cub.get('/space')).list.map((entry) => part(entry, 'Space')['Slug'])).to.deep.equal(['q']);
  });

  it('copies filters into other spaces at once, with a patch over each', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const home = await createSpace(cub, 'home');
    for (const slug of ['dev', 'prod']) await createSpace(cub, slug, { project: 'p' });
    await createNamed(cub, home, 'filter', { Slug: 'app', From: 'Unit', Where: "Labels.type = 'app'" });
    const query = { where: `Slug = 'app' AND SpaceID = '${home}'`, where_space: "Labels.project = 'p'" };
    const copied = await cub.post('/filter', { Labels: { copied: 'yes' } }, query);
    expect([copied.status, copied.list.map((result) => part(result, 'Filter'))]).to.deep.equal([
      200,
      copied.list.map((result) => ({
        ...part(result, 'Filter'),
        Slug: 'app',
        Where: "Labels.type = 'app'",
        Labels: { copied: 'yes' },
      })),
    ]);
    expect((await cub.get('/filter', { where: "Labels.copied = 'yes'" })).list).to.have.length(2);
    expect((await cub.post('/filter', null, query)).list.map((result) => part(result, 'Error')['Status'])).to.deep.equal([
      409, 409,
    ]);
  });

  it('says of what ConfigHub has and this server has not that it is not supported', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', 'a: 1\n');
    const missing = [
      ['GET', '/trigger', 'triggers'],
      ['GET', `/space/${space}/view`, 'views'],
      ['POST', `/space/${space}/invocation`, 'invocations'],
      ['GET', '/unit_action', 'unit actions'],
      ['POST', '/function/invoke', 'function invoke'],
      ['POST', `/space/${space}/function/invoke`, 'function invoke'],
      ['POST', `${unitPath(unit)}/import`, 'unit import'],
      ['POST', '/_space', 'several spaces at once'],
      ['POST', '/target', 'several entities of kind Target at once'],
      ['GET', '/bridge_worker/w1/me', 'a worker outside'],
    ] as const;
    for (const [method, path, what] of missing) {
      const answer = method === 'GET' ? await cub.get(path) : await cub.post(path, {});
      expect(answer.status, path).to.equal(501);
      expect(String(answer.object['Message']), path).to.contain(what).and.contain('not supported');
    }
    // What a login as a worker asks for: there is none, and that is an answer.
    for (const path of ['/function', `/space/${space}/function`]) expect((await cub.get(path)).object).to.deep.equal({});
  });

  it('takes no name that would mean something else, or act on a terminal', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    for (const slug of ['*', '', 'a b', "it's", 'a/b', '\u001b[31mred', '\u202egnp', 'x'.repeat(129), 5, null])
      expect((await cub.post('/space', { Slug: slug })).status, String(slug)).to.equal(400);
    for (const slug of ['käse', '店铺', 'a*', 'x'.repeat(128)])
      expect((await cub.post('/space', { Slug: slug })).status).to.equal(200);
  });
});
