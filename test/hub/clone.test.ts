import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JsonObject } from '../../src/domain/json.ts';
import { mergeThreeWay } from '../../src/hub/merge/three-way.ts';
import { describeConflict } from '../../src/hub/units/upgrade.ts';
import { base64, Client, fromBase64, startTestHub, temporaryDirectory } from './harness.ts';
import { createSpace, createUnit, deployment, part, readUnit, unitPath } from './scene.ts';

const cases = join(import.meta.dirname, '../../fixtures/hub/upgrade');

describe('hub: clones and upgrades', () => {
  it('clones the selected units into another space, and upgrades them when the upstream moves on', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const [base, dev] = [await createSpace(cub, 'p-base'), await createSpace(cub, 'p-dev')];
    const upstream = await createUnit(cub, base, 'web', deployment('web', 2), { Labels: { app: 'x', type: 'app' } });
    const query = {
      where: `Labels.app = 'x' AND SpaceID = '${base}'`,
      where_space: "Slug IN ('p-dev')",
      include: 'UpstreamUnitID,SpaceID',
    };
    const cloned = await cub.post('/unit', { Labels: { env: 'dev' } }, query);
    expect(cloned.status).to.equal(200);
    const clone = part(cloned.list[0], 'Unit');
    expect(clone).to.include({
      Slug: 'web',
      SpaceID: dev,
      UpstreamUnitID: upstream['UnitID'],
      UpstreamRevisionNum: 1,
      HeadRevisionNum: 1,
    });
    expect(clone['Labels']).to.deep.equal({ app: 'x', type: 'app', env: 'dev' });
    expect(part(cloned.list[0], 'UpstreamUnit')['UnitID']).to.equal(upstream['UnitID']);
    expect((await cub.post('/unit', {}, query)).status, 'the slug is taken').to.equal(207);

    const needed = 'Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum';
    expect((await cub.get('/unit', { where: needed })).list).to.have.length(0);
    await cub.patch(unitPath(clone), { Data: base64(deployment('web', 4)) });
    await cub.patch(unitPath(upstream), { Data: base64(`${deployment('web', 2)}  paused: true\n`) });
    expect((await cub.get('/unit', { where: needed })).list).to.have.length(1);

    const where = `Unit.UpstreamUnitID = '${upstream['UnitID']}' AND ${needed}`;
    const [upgraded] = (await cub.patch('/unit', null, { where, include: 'UpstreamUnitID', upgrade: 'true' })).list;
    expect(part(upgraded, 'Unit')).to.include({
      HeadRevisionNum: 3,
      UpstreamRevisionNum: 2,
      LastChangeDescription: 'Upgraded from p-base/web revision 1 to 2',
    });
    expect(fromBase64(part(upgraded, 'Unit')['Data'])).to.equal(`${deployment('web', 4)}  paused: true\n`);
    expect((await cub.patch('/unit', null, { where: `SpaceID = '${dev}'`, upgrade: 'true' })).status).to.equal(200);
    expect((await readUnit(cub, clone))['HeadRevisionNum'], 'already level').to.equal(3);
  });

  it('clones one unit by parameters, and under a prefix into its own space', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const web = await createUnit(cub, space, 'web', deployment('web', 2));
    const one = await cub.post(
      `/space/${space}/unit`,
      { Slug: 'web2' },
      { upstream_space_id: space, upstream_unit_id: String(web['UnitID']) },
    );
    expect(one.object).to.include({
      Slug: 'web2',
      UpstreamRevisionNum: 1,
      LastChangeDescription: 'Cloned from p/web at revision 1',
    });
    expect(fromBase64(one.object['Data'])).to.equal(deployment('web', 2));
    const prefixed = await cub.post('/unit', {}, { where: `Slug IN ('web') AND SpaceID = '${space}'`, name_prefixes: 'canary-' });
    expect(part(prefixed.list[0], 'Unit')['Slug']).to.equal('canary-web');
  });

  it('skips units without upstream in a bulk upgrade, and refuses a single one', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', 'a: 1\n');
    expect((await cub.patch('/unit', null, { where: `SpaceID = '${space}'`, upgrade: 'true' })).status).to.equal(200);
    const single = await cub.patch(unitPath(unit), null, { upgrade: 'true' });
    expect([single.status, single.object['Message']]).to.deep.equal([400, 'unit web has no upstream unit']);
  });

  it('says that the upstream of a unit is gone, by itself and among others', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const [base, dev] = [await createSpace(cub, 'p-base'), await createSpace(cub, 'p-dev')];
    const upstream = await createUnit(cub, base, 'web', deployment('web', 2));
    const from = { upstream_space_id: base, upstream_unit_id: String(upstream['UnitID']) };
    const clone = (await cub.post(`/space/${dev}/unit`, { Slug: 'web' }, from)).object;
    expect((await cub.delete(unitPath(upstream))).status).to.equal(200);
    const message = `unit web cannot be upgraded: its upstream unit ${upstream['UnitID']} is gone`;
    const single = await cub.patch(unitPath(clone), null, { upgrade: 'true' });
    expect([single.status, single.object['Message']]).to.deep.equal([409, message]);
    const bulk = await cub.patch('/unit', null, { where: `SpaceID = '${dev}'`, upgrade: 'true' });
    expect([bulk.status, part(bulk.list[0], 'Error')['Message']]).to.deep.equal([207, message]);
  });

  for (const apiGeneration of ['A', 'B', 'C'] as const) {
    it(`generation ${apiGeneration}: follows a name that changed before, says what it did not take, and never loses it`, async () => {
      using folder = temporaryDirectory();
      const twoNamespaces = (name: string, labels: string, other = 'other'): string =>
        [`name: ${name}\n  labels: ${labels}\n`, `name: ${other}\n`]
          .map((metadata) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  ${metadata}`)
          .join('---\n');
      const ids = { clone: {}, lone: {}, upstream: {} } as Record<'clone' | 'lone' | 'upstream', JsonObject>;
      {
        await using hub = await startTestHub({ dataDir: folder.path });
        const cub = new Client(hub.url);
        const [base, qa] = [await createSpace(cub, 'p-base'), await createSpace(cub, 'p-qa')];
        ids.upstream = await createUnit(cub, base, 'ns', twoNamespaces('base', '{a: x, b: x}'));
        const from = { upstream_space_id: base, upstream_unit_id: String(ids.upstream['UnitID']) };
        ids.clone = (await cub.post(`/space/${qa}/unit`, { Slug: 'ns' }, from)).object;
        ids.lone = await createUnit(cub, qa, 'lone', 'a: 1\n');
        await cub.patch(unitPath(ids.clone), { Data: base64(twoNamespaces('qa', '{a: x, b: x}')) });
        await cub.patch(unitPath(ids.clone), { Data: base64(twoNamespaces('qa', '{a: ours, b: x}', 'other-qa')) });
        await cub.patch(unitPath(ids.upstream), { Data: base64(twoNamespaces('base', '{a: theirs, b: theirs}')) });
      }
      {
        await using hub = await startTestHub({ dataDir: folder.path, apiGeneration });
        const cub = new Client(hub.url);
        const where = `SpaceID = '${ids.clone['SpaceID']}'`;
        const { list } = await cub.patch('/unit', null, { where, upgrade: 'true' });
        expect(list, 'without the unit that has no upstream').to.have.length(1);
        const message = 'changed here and upstream';
        const conflict = { ResourceType: 'v1/Namespace', ResourceName: 'qa', Path: 'metadata.labels.a', Message: message };
        expect(part(list[0], 'Unit')['Conflicts']).to.deep.equal([conflict]);
        const again = (await cub.patch('/unit', null, { where, upgrade: 'true' })).list[0];
        expect(part(again, 'Unit')['HeadRevisionNum'], 'nothing is left to take').to.equal(4);
        const history = (await cub.get(`${unitPath(ids.clone)}/revision`)).list.map((revision) => part(revision, 'Revision'));
        const description = `Upgraded from p-base/ns revision 1 to 2; not taken: Namespace qa: metadata.labels.a ${message}`;
        expect(history.map(({ RevisionNum, Description }) => [RevisionNum, Description]).at(-1)).to.deep.equal([4, description]);
      }
      await using hub = await startTestHub({ dataDir: folder.path });
      const cub = new Client(hub.url);
      const data = fromBase64((await readUnit(cub, ids.clone))['Data']);
      expect(data).to.equal(twoNamespaces('qa', '{a: ours, b: theirs}', 'other-qa'));
    });
  }

  for (const name of readdirSync(cases)) {
    it(`upgrade: ${name.replaceAll('-', ' ')}`, () => {
      const read = (file: string): string => readFileSync(join(cases, name, `${file}.yaml`), 'utf8');
      const merged = mergeThreeWay({ base: read('base'), ours: read('ours'), theirs: read('theirs') });
      const conflicts = merged.outcome === 'merged' ? merged.conflicts.map(describeConflict) : [];
      expect({ ...merged, conflicts }).to.deep.equal({
        outcome: 'merged',
        text: read('expected'),
        conflicts: existsSync(join(cases, name, 'conflicts.json'))
          ? JSON.parse(readFileSync(join(cases, name, 'conflicts.json'), 'utf8'))
          : [],
      });
    });
  }

  it('leaves bytes alone that neither side touched, and takes the upstream whole where nothing was changed here', () => {
    const base = '# a comment\na:   1\n---\nb: [1,   2]\n';
    const theirs = '# a comment\na:   2 # more\n---\nb: [1,   2]\n';
    expect(mergeThreeWay({ base, ours: base, theirs })).to.deep.equal({ outcome: 'merged', text: theirs, conflicts: [] });
    expect(mergeThreeWay({ base, ours: theirs, theirs: base })).to.deep.equal({ outcome: 'merged', text: theirs, conflicts: [] });
    expect(mergeThreeWay({ base, ours: theirs, theirs: 'a: [' })).to.deep.include({ outcome: 'unreadable', side: 'theirs' });
  });
});
