import { expect } from 'chai';
import type { JsonObject } from '../../src/domain/json.ts';
import { base64, Client, fromBase64, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, readUnit, revisionsOf, unitPath } from './scene.ts';

async function scene(url: string): Promise<{ cub: Client; space: string; web: JsonObject; api: JsonObject; changeSet: string }> {
  const cub = new Client(url);
  const space = await createSpace(cub, 'p');
  const web = await createUnit(cub, space, 'web', deployment('web', 3), { Labels: { tier: 'frontend' } });
  const api = await createUnit(cub, space, 'api', deployment('api', 3), { Labels: { tier: 'frontend' } });
  const created = await createNamed(cub, space, 'change_set', {
    ChangeSetID: '00000000-0000-0000-0000-000000000000',
    Description: 'Fix drift across all frontend services',
    DisplayName: 'bulk-drift-fix',
    EndTagID: null,
    FilterID: null,
    Slug: 'bulk-drift-fix',
    SpaceID: space,
    StartTagID: null,
  });
  return { cub, space, web, api, changeSet: String(created['ChangeSetID']) };
}

async function changeSetOf(cub: Client, space: string): Promise<JsonObject> {
  const query = { where: "Slug = 'bulk-drift-fix'", include: 'SpaceID,FilterID,StartTagID,EndTagID' };
  return (await cub.get(`/space/${space}/change_set`, query)).list[0] ?? {};
}

const frontend = "Labels.tier='frontend'";

describe('hub: changesets', () => {
  it('goes from New over Open to Closed, with a tag at each end', async () => {
    await using hub = await startTestHub();
    const { cub, space, web, changeSet } = await scene(hub.url);
    const state = async (): Promise<unknown> => part(await changeSetOf(cub, space), 'ChangeSet')['State'];
    expect(await state()).to.equal('New');

    const opened = await cub.patch(
      '/unit',
      { ChangeSetID: changeSet },
      { where: `${frontend} AND SpaceID = '${space}'`, change_set_id: changeSet, include: 'ChangeSetID' },
    );
    expect(opened.status).to.equal(200);
    expect(opened.list.map((entry) => part(entry, 'ChangeSet')['Slug'])).to.deep.equal(['bulk-drift-fix', 'bulk-drift-fix']);
    expect(await state()).to.equal('Open');
    expect((await cub.get('/unit', { where: 'ChangeSetID IS NOT NULL' })).list).to.have.length(2);

    expect((await cub.patch(unitPath(web), { ChangeSetID: null })).object['ChangeSetID']).to.equal(null);
    expect(await state()).to.equal('Open');
    await cub.patch('/unit', { ChangeSetID: null }, { where: frontend });
    expect(await state()).to.equal('Closed');
    const closed = await changeSetOf(cub, space);
    expect([part(closed, 'StartTag')['Slug'], part(closed, 'EndTag')['Slug']]).to.deep.equal([
      'bulk-drift-fix-start',
      'bulk-drift-fix-end',
    ]);
    const again = await cub.patch(unitPath(web), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    expect([again.status, again.object['Message']]).to.deep.equal([
      400,
      'ChangeSet p/bulk-drift-fix is closed and cannot be opened again',
    ]);
  });

  it('opens by the very patch that writes data: one revision, with the start tag', async () => {
    await using hub = await startTestHub();
    const { cub, web, changeSet, space } = await scene(hub.url);
    const observed = {
      ChangeSetID: changeSet,
      Data: base64(deployment('web', 5)),
      LastChangeDescription: 'Drift detected',
      Version: 1,
    };
    expect((await cub.patch(unitPath(web), observed, { change_set_id: changeSet })).object).to.include({
      HeadRevisionNum: 2,
      Version: 2,
    });
    const fixed = { Data: base64(deployment('web', 3)), LastChangeDescription: 'Fixed replicas: 5 → 3', Version: 2 };
    expect((await cub.patch(unitPath(web), fixed, { change_set_id: changeSet })).object).to.include({ HeadRevisionNum: 3 });
    await cub.patch(unitPath(web), { ChangeSetID: null });

    const wrapper = await changeSetOf(cub, space);
    const [startTag, endTag] = [String(part(wrapper, 'StartTag')['TagID']), String(part(wrapper, 'EndTag')['TagID'])];
    const revisions = await revisionsOf(cub, web);
    expect(revisions.map((revision) => revision['ChangeSetID'])).to.deep.equal([null, changeSet, changeSet]);
    expect(revisions.map((revision) => Object.keys(revision['Tags'] ?? {}))).to.deep.equal([[], [startTag], [endTag]]);
    const effect = (await cub.get('/revision', { where: `ChangeSetID = '${changeSet}'`, include: 'UnitID,UserID' })).list;
    expect(effect.map((entry) => [part(entry, 'Unit')['Slug'], part(entry, 'Revision')['Description']])).to.deep.equal([
      ['web', 'Drift detected'],
      ['web', 'Fixed replicas: 5 → 3'],
    ]);
  });

  it('makes a revision when it only locks, so that there is a place for the start tag', async () => {
    await using hub = await startTestHub();
    const { cub, web, changeSet } = await scene(hub.url);
    await cub.patch(unitPath(web), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    const [before, opening] = await revisionsOf(cub, web);
    expect(opening).to.include({ Source: 'OpenChangeSet', Description: 'Opened ChangeSet p/bulk-drift-fix' });
    expect(opening?.['DataHash']).to.equal(before?.['DataHash']);
  });

  it('refuses to change the data of a locked unit, naming the changeset, and lets labels through', async () => {
    await using hub = await startTestHub();
    const { cub, web, changeSet } = await scene(hub.url);
    await cub.patch(unitPath(web), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    const data = { Data: base64(deployment('web', 7)) };
    const refused = await cub.patch(unitPath(web), data);
    expect([refused.status, refused.object['Message']]).to.deep.equal([
      409,
      'unit p/web is locked by ChangeSet p/bulk-drift-fix; pass change_set_id',
    ]);
    const [item] = (await cub.patch('/unit', data, { where: "Slug = 'web'" })).list;
    expect(part(item, 'Error')).to.include({ Status: 409, ErrorCategory: 'conflict' });
    expect(part(part(item, 'Error'), 'ErrorMetadata')).to.include({ EntityType: 'Unit', EntityID: web['UnitID'] });
    const current = await readUnit(cub, web);
    expect((await cub.put(unitPath(web), { ...current, ...data })).status).to.equal(409);
    expect((await cub.patch(unitPath(web), null, { restore: '1' })).status, 'equal bytes change nothing').to.equal(200);
    expect((await cub.patch(unitPath(web), { Labels: { z: '1' } })).status).to.equal(200);
    expect((await cub.patch(unitPath(web), data, { change_set_id: changeSet })).status).to.equal(200);
  });

  it('refuses a second changeset on a locked unit, a changeset the unit is not in, and opening without the parameter', async () => {
    await using hub = await startTestHub();
    const { cub, space, web, api, changeSet } = await scene(hub.url);
    const other = String((await createNamed(cub, space, 'change_set', { Slug: 'other' }))['ChangeSetID']);
    await cub.patch(unitPath(web), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    const second = await cub.patch(unitPath(web), { ChangeSetID: other }, { change_set_id: other });
    expect([second.status, second.object['Message']]).to.deep.equal([
      409,
      'unit p/web is locked by ChangeSet p/bulk-drift-fix; close that one first',
    ]);
    expect((await cub.patch(unitPath(api), { Data: base64('a: 1\n') }, { change_set_id: changeSet })).status).to.equal(409);
    expect((await cub.patch(unitPath(api), { ChangeSetID: changeSet })).status).to.equal(400);
    expect(
      (await cub.patch(unitPath(api), { ChangeSetID: web['UnitID'] ?? null }, { change_set_id: String(web['UnitID']) })).status,
    ).to.equal(404);
    expect((await cub.delete(`/space/${space}/change_set/${changeSet}`)).status).to.equal(409);
    expect((await cub.delete(`/space/${space}/change_set/${other}`)).status).to.equal(200);
  });

  it('does not let a locked unit be deleted, alone or by a query, until its changeset is closed', async () => {
    await using hub = await startTestHub();
    const { cub, space, web, changeSet } = await scene(hub.url);
    await cub.patch(unitPath(web), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    const message = 'unit p/web is locked by ChangeSet p/bulk-drift-fix; close that one first';
    const refused = await cub.delete(unitPath(web));
    expect([refused.status, refused.object['Message']]).to.deep.equal([409, message]);
    const bulk = await cub.delete('/unit', { where: `SpaceID = '${space}'` });
    expect([bulk.status, part(bulk.list[0], 'Error')['Message'], bulk.list[1]]).to.deep.equal([
      207,
      message,
      { Message: 'unit api deleted' },
    ]);
    await cub.patch(unitPath(web), { ChangeSetID: null });
    expect((await cub.delete(unitPath(web))).status).to.equal(200);
  });

  it('goes back to before the changeset', async () => {
    await using hub = await startTestHub();
    const { cub, web, changeSet } = await scene(hub.url);
    await cub.patch(unitPath(web), { ChangeSetID: changeSet, Data: base64(deployment('web', 5)) }, { change_set_id: changeSet });
    await cub.patch(unitPath(web), { ChangeSetID: null });
    await cub.patch(unitPath(web), { Data: base64(deployment('web', 9)) });
    const back = await cub.patch('/unit', null, { where: "Slug = 'web'", restore: `Before:ChangeSet:${changeSet}` });
    expect(fromBase64(part(back.list[0], 'Unit')['Data'])).to.equal(deployment('web', 3));
    const forth = await cub.patch(unitPath(web), null, { restore: `ChangeSet:${changeSet}` });
    expect(fromBase64(forth.object['Data'])).to.equal(deployment('web', 5));
  });
});
