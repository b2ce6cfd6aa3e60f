import { expect } from 'chai';
import { Client, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part } from './scene.ts';

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

  it('refuses a second space of the same name, unless told that it may exist', async () => {
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

  it('says of what ConfigHub has and this server has not that it is not supported', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    for (const path of ['/trigger', `/space/${space}/view`, `/space/${space}/function`, '/unit_action']) {
      const answer = await cub.get(path);
      expect([answer.status, String(answer.object['Message'])][0], path).to.equal(501);
      expect(String(answer.object['Message']), path).to.contain('not supported');
    }
  });
});
