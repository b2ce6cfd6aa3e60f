import { createHash, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { base64, Client, fromBase64, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, readUnit, revisionsOf, unitPath } from './scene.ts';

const include = 'UnitEventID,TargetID,UpstreamUnitID,SpaceID';

describe('hub: units', () => {
  it('creates a unit, finds it by slug and keeps its bytes', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const text = deployment('web', 2);
    const created = await createUnit(cub, space, 'web', text, { Labels: { app: 'x' } });
    expect(created).to.include({ Slug: 'web', Version: 1, HeadRevisionNum: 1, SpaceSlug: 'p' });
    expect(created['DataHash']).to.equal(createHash('sha256').update(text).digest('hex'));
    expect(created['MutationSources']).to.be.an('array').with.lengthOf(1);
    const [found] = (await cub.get(`/space/${space}/unit`, { include, where: "Slug = 'web'" })).list;
    expect(fromBase64(part(found, 'Unit')['Data'])).to.equal(text);
    expect(part(found, 'Space')['Slug']).to.equal('p');
    expect(part(found, 'UnitStatus')['Status']).to.equal('NoLive');
    expect(found).not.to.have.any.keys('Target', 'UpstreamUnit', 'LatestUnitEvent');
  });

  it('lists the units of all spaces with data in one request, and without it where select leaves it out', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const [dev, prod] = [await createSpace(cub, 'p-dev', { project: 'p' }), await createSpace(cub, 'q-prod', { project: 'q' })];
    await createUnit(cub, dev, 'web', deployment('web', 2));
    await createUnit(cub, dev, 'api', deployment('api', 3));
    await createUnit(cub, prod, 'web', deployment('web', 9));
    const units = (await cub.get('/unit', { where: "Space.Labels.project = 'p'", include })).list.map((entry) =>
      part(entry, 'Unit'),
    );
    expect(units.map((unit) => unit['Slug'])).to.deep.equal(['web', 'api']);
    expect(units.map((unit) => fromBase64(unit['Data']))).to.deep.equal([deployment('web', 2), deployment('api', 3)]);
    const [selected] = (await cub.get('/unit', { select: 'Slug,Labels,UnitID,SpaceID' })).list;
    expect(part(selected, 'Unit')).not.to.have.any.keys('Data', 'MutationSources');
    expect((await cub.get('/unit', { contains: 'AP' })).list).to.have.length(1);
  });

  it('answers a missing unit, a bad attribute and a taken slug in the error shape', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    await createUnit(cub, space, 'web', 'a: 1\n');
    const missing = await cub.get(`/space/${space}/unit/97c05496-42e4-4241-8b4c-dc890ee2b46d`);
    expect([missing.status, missing.object['Code']]).to.deep.equal([404, '404']);
    const bad = await cub.get('/unit', { where: 'Foo = 1' });
    expect(bad.object).to.deep.equal({ Code: '400', Message: 'where: unknown attribute Foo of Unit at position 0' });
    expect(await createUnit(cub, space, 'web', 'a: 2\n')).to.include({ Code: '409' });
    expect(await createUnit(cub, space, 'bin', '', { Data: 'not base64!' })).to.include({ Code: '400' });
    expect(await createUnit(cub, space, 'tool', '', { ToolchainType: 'Other' })).to.include({ Code: '400' });
  });

  it('makes a revision for a change of data and none for labels or for equal bytes', async () => {
    await using hub = await startTestHub();
    const admin = new Client(hub.url, 'admin');
    const detector = new Client(hub.url, 'drift-detector');
    const space = await createSpace(admin, 'p');
    const unit = await createUnit(admin, space, 'web', deployment('web', 2), { LastChangeDescription: 'Initial deployment' });
    await detector.patch(unitPath(unit), {
      Data: base64(deployment('web', 5)),
      LastChangeDescription: 'Drift detected',
      Version: 1,
    });
    await detector.patch(unitPath(unit), { Data: base64(deployment('web', 5)), LastChangeDescription: 'again' });
    await detector.patch(unitPath(unit), { Labels: { tier: 'frontend' } });
    const listed = (
      await admin.get(`${unitPath(unit)}/revision`, { include: 'UserID', select: 'RevisionNum,Source,Description' })
    ).list;
    expect(listed.map((entry) => part(entry, 'User')['Username'])).to.deep.equal(['admin', 'drift-detector']);
    expect(listed.map((entry) => part(entry, 'Revision')['Description'])).to.deep.equal(['Initial deployment', 'Drift detected']);
    expect(listed.map((entry) => part(entry, 'Revision')['Source'])).to.deep.equal(['CreateUnit', 'Update']);
    expect(part(listed[1], 'Revision')).not.to.have.property('Data');

    const revision = async (number: number): Promise<string> =>
      fromBase64(
        part(
          (await admin.get(`${unitPath(unit)}/revision`, { where: `RevisionNum = ${number}`, include: 'UserID' })).list[0],
          'Revision',
        )['Data'],
      );
    expect([await revision(1), await revision(2)]).to.deep.equal([deployment('web', 2), deployment('web', 5)]);
  });

  it('refuses a write that carries an old Version, and keeps what is there', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', 'a: 1\n');
    const first = await cub.put(unitPath(unit), { ...unit, Data: base64('a: 2\n') });
    expect(first.object).to.include({ HeadRevisionNum: 2, Version: 2 });
    const second = await cub.put(unitPath(unit), { ...unit, Data: base64('a: 3\n') });
    expect(second.status).to.equal(409);
    expect(second.object['Message']).to.contain('data has changed since last read');
    expect(fromBase64((await readUnit(cub, unit))['Data'])).to.equal('a: 2\n');
    const { Version: _, ...withoutVersion } = unit;
    expect((await cub.put(unitPath(unit), withoutVersion)).status).to.equal(409);
  });

  it('patches several units at once, and reports the refused one beside the others', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const web = await createUnit(cub, space, 'web', 'a: 1\n');
    await createUnit(cub, space, 'api', 'a: 1\n');
    const where = `Slug IN ('web', 'api') AND SpaceID = '${space}'`;
    const all = await cub.patch('/unit', { Labels: { z: '1' }, LastChangeDescription: 'bulk' }, { where, include });
    expect(all.status).to.equal(200);
    expect(all.list.map((entry) => part(part(entry, 'Unit'), 'Labels')['z'])).to.deep.equal(['1', '1']);
    await cub.patch(unitPath(web), { Data: base64('a: 2\n') });
    const mixed = await cub.patch('/unit', null, { where, restore: '2' });
    expect(mixed.status).to.equal(207);
    expect(mixed.list.map((entry) => Object.keys(entry)[0])).to.deep.equal(['Unit', 'Error']);
    expect(part(mixed.list[1], 'Error')).to.include({ Status: 404, ErrorCategory: 'not_found' });
    expect((await cub.patch('/unit', null, { where: "Slug = 'none'" })).json).to.deep.equal([]);
  });

  it('restores a former revision as a new one', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', 'a: 1\n');
    await cub.patch(unitPath(unit), { Data: base64('a: 2\n') });
    const [first] = await revisionsOf(cub, unit);
    const current = await readUnit(cub, unit);
    // cub sends the old Data along; revision_id decides.
    const restored = await cub.put(unitPath(unit), current, { revision_id: String(first?.['RevisionID']) });
    expect(restored.object).to.include({ HeadRevisionNum: 3, LastChangeDescription: 'Restored revision 1' });
    expect(fromBase64(restored.object['Data'])).to.equal('a: 1\n');
    expect((await cub.patch(unitPath(unit), null, { restore: 'Before:2' })).object['HeadRevisionNum']).to.equal(3);
    expect((await cub.patch(unitPath(unit), null, { restore: '-1' })).object['HeadRevisionNum']).to.equal(4);
    expect((await cub.patch(unitPath(unit), null, { restore: 'yesterday' })).status).to.equal(400);
    expect((await cub.patch(unitPath(unit), null, { restore: '99' })).status).to.equal(404);
    expect((await cub.get(`/space/${unit['SpaceID']}/unit/${unit['UnitID']}/revision/${first?.['RevisionID']}`)).status).to.equal(
      200,
    );
  });

  it('keeps nothing of a dry run', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', 'a: 1\n');
    const rehearsed = await cub.patch(unitPath(unit), { Data: base64('a: 2\n') }, { dry_run: 'true' });
    expect(rehearsed.object).to.include({ HeadRevisionNum: 2 });
    expect(await readUnit(cub, unit)).to.deep.equal(unit);
    expect(await revisionsOf(cub, unit)).to.have.length(1);
  });

  it('groups units by set and by filter', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const [home, dev] = [await createSpace(cub, 'p'), await createSpace(cub, 'p-dev')];
    const web = await createUnit(cub, dev, 'web', 'a: 1\n', { Labels: { app: 'x' } });
    await createUnit(cub, dev, 'api', 'a: 1\n', { Labels: { app: 'y' } });
    await createUnit(cub, home, 'doc', 'a: 1\n', { Labels: { app: 'x' } });
    const set = await createNamed(cub, dev, 'set', {
      DisplayName: 'critical-services',
      Slug: 'critical-services',
      SetID: '00000000-0000-0000-0000-000000000000',
      Labels: { tier: 'critical' },
    });
    await cub.patch(unitPath(web), { SetID: set['SetID'] ?? null });
    const inSet = await cub.get(`/space/${dev}/unit`, { where: `SetID = '${set['SetID']}'`, include: 'SetID' });
    expect(inSet.list.map((entry) => part(entry, 'Set')['Slug'])).to.deep.equal(['critical-services']);
    expect((await cub.get('/unit', { where: "Set.Labels.tier = 'critical'" })).list).to.have.length(1);
    expect((await cub.delete(`/space/${dev}/set/${set['SetID']}`)).status).to.equal(409);
    expect((await cub.patch(unitPath(web), { SetID: '97c05496-42e4-4241-8b4c-dc890ee2b46d' })).status).to.equal(400);

    const filter = await createNamed(cub, home, 'filter', {
      DisplayName: 'app',
      From: 'Unit',
      FromSpaceID: null,
      Slug: 'app',
      Where: "Labels.app='x'",
    });
    const slugs = async (query: Readonly<Record<string, string>>): Promise<readonly unknown[]> =>
      (await cub.get('/unit', { filter: String(filter['FilterID']), ...query })).list.map((entry) => part(entry, 'Unit')['Slug']);
    expect(await slugs({})).to.deep.equal(['web', 'doc']);
    expect(await slugs({ where: `SpaceID = '${dev}'` })).to.deep.equal(['web']);
    await cub.patch(`/space/${home}/filter/${filter['FilterID']}`, { FromSpaceID: home });
    expect(await slugs({})).to.deep.equal(['doc']);
    expect((await cub.get('/space', { filter: String(filter['FilterID']) })).status).to.equal(400);
    expect(await createNamed(cub, home, 'filter', { Slug: 'bad', From: 'Unit', Where: 'Labels.app = ' })).to.include({
      Code: '400',
    });
  });

  it('reads and writes configuration by itself, guarded by its hash', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', 'a: 1\n');
    const url = `${hub.url}/api${unitPath(unit)}/data`;
    const authorization = 'Bearer tester';
    const read = await fetch(url, { headers: { authorization } });
    const etag = String(read.headers.get('etag'));
    expect([await read.text(), etag]).to.deep.equal(['a: 1\n', `"${unit['DataHash']}"`]);
    expect((await fetch(url, { headers: { authorization, 'if-none-match': etag } })).status).to.equal(304);
    const write = (body: string, ifMatch: string): Promise<Response> =>
      fetch(`${url}?last_change_description=by+hand`, { method: 'PUT', headers: { authorization, 'if-match': ifMatch }, body });
    expect((await write('a: 2\n', etag)).status).to.equal(200);
    expect((await write('a: 3\n', etag)).status).to.equal(412);
    expect(await readUnit(cub, unit)).to.include({ HeadRevisionNum: 2, LastChangeDescription: 'by hand' });
    const [all] = (await cub.get('/unit_data', { where: "Slug = 'web'" })).list;
    expect(all).to.include({ Data: 'a: 2\n', DataSize: 5, SpaceSlug: 'p' });
  });

  it('takes a question that names a thousand units', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', 'a: 1\n');
    const others = Array.from({ length: 1_000 }, () => `'${randomUUID()}'`);
    const where = `UnitID IN (${others.join(', ')}, '${unit['UnitID']}')`;
    expect((await cub.get('/unit', { where })).list).to.have.length(1);
  });

  it('guards configuration by any of several hashes, weak ones and * too', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', 'a: 1\n');
    const statusOf = async (method: string, headers: Readonly<Record<string, string>>): Promise<number> => {
      const body = method === 'PUT' ? { body: 'a: 1\n' } : {};
      const all = { authorization: 'Bearer tester', ...headers };
      return (await fetch(`${hub.url}/api${unitPath(unit)}/data`, { method, headers: all, ...body })).status;
    };
    const hash = String(unit['DataHash']);
    for (const tag of [`W/"${hash}"`, `"other", "${hash}"`, '*']) {
      expect(await statusOf('PUT', { 'if-match': tag }), tag).to.equal(200);
      expect(await statusOf('GET', { 'if-none-match': tag }), tag).to.equal(304);
    }
    for (const tag of [hash, '""', `"${hash.slice(1)}"`]) {
      expect(await statusOf('PUT', { 'if-match': tag }), tag).to.equal(412);
      expect(await statusOf('GET', { 'if-none-match': tag }), tag).to.equal(200);
    }
  });
});
