import { expect } from 'chai';
import { isJsonArray, type JsonObject } from '../../src/domain/json.ts';
import { base64, Client, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, part, readUnit, unitPath } from './scene.ts';

const web = ({ image = 'web:1', replicas = 2, env = 'info' }): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    example.com/team: shop
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
        - name: web
          image: ${image}
          env:
            - name: LOG.LEVEL
              value: ${env}
`;
const IMAGE = 'spec.template.spec.containers.?name=web.image';
const ENV = 'spec.template.spec.containers.?name=web.env.?name=LOG~1LEVEL.value';

/** The paths of the only resource, as `type index predicate value`. */
function pathsOf(unit: JsonObject): Readonly<Record<string, string>> {
  const sources = unit['MutationSources'];
  const [source] = isJsonArray(sources) ? (sources as readonly JsonObject[]) : [];
  const entries = Object.entries(part(source ?? {}, 'PathMutationMap')) as [string, JsonObject][];
  return Object.fromEntries(
    entries.map(([path, info]) => [
      path,
      `${String(info['MutationType'])} ${String(info['Index'])} ${String(info['Predicate'])} ${String(info['Value'])}`,
    ]),
  );
}

describe('hub: mutations', () => {
  it('tells which change gave each path its value, and what an upgrade will leave alone', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const [base, dev] = [await createSpace(cub, 'p-base'), await createSpace(cub, 'p-dev')];
    const upstream = await createUnit(cub, base, 'web', web({}));
    const cloned = (
      await cub.post(
        `/space/${dev}/unit`,
        { Slug: 'web', ToolchainType: 'Kubernetes/YAML' },
        { upstream_space_id: base, upstream_unit_id: String(upstream['UnitID']) },
      )
    ).object;
    expect(pathsOf(cloned)).to.deep.equal({});

    const scaled = (await cub.patch(unitPath(cloned), { Data: base64(web({ replicas: 5, env: 'debug' })) })).object;
    expect(pathsOf(scaled)).to.deep.equal({ 'spec.replicas': 'Update 2 false 5', [ENV]: 'Update 2 false debug' });

    await cub.patch(unitPath(upstream), { Data: base64(web({ replicas: 3, image: 'web:2' })) });
    const upgraded = (await cub.patch(unitPath(cloned), null, { upgrade: 'true' })).object;
    expect(pathsOf(upgraded), 'upstream had its say where nobody had one here').to.deep.equal({
      'spec.replicas': 'Update 2 false 5',
      [ENV]: 'Update 2 false debug',
      [IMAGE]: 'Update 3 true web:2',
    });

    const restored = (await cub.patch(unitPath(cloned), null, { restore: '2' })).object;
    expect(pathsOf(restored), 'a restored revision brings its own record').to.deep.equal(pathsOf(scaled));

    const listed = (await cub.get(`${unitPath(cloned)}/mutation`, { include: 'RevisionID' })).list;
    const mutations = listed.map((entry) => part(entry, 'Mutation'));
    expect(mutations.map(({ MutationNum }) => MutationNum)).to.deep.equal([1, 2, 3, 4]);
    expect(mutations[2]).to.include({ RevisionNum: 3, UpgradedFromUpstreamRevisionNum: 1 });
    expect(mutations[3]).to.include({ RevisionNum: 4, RestoredRevisionNum: 2 });
    expect(part(listed[3], 'Revision')).to.include({ Source: 'Restore' });
    const one = await cub.get(`${unitPath(cloned)}/mutation/${String(mutations[2]?.['MutationID'])}`);
    expect(part(one.object, 'Mutation')).to.deep.equal(mutations[2]);
    expect((await cub.get(`${unitPath(cloned)}/mutation`, { where: 'MutationNum > 2' })).list).to.have.length(2);
  });

  it('counts no mutation where only a changeset was opened', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    const unit = await createUnit(cub, space, 'web', web({}));
    const changeSet = String((await createNamed(cub, space, 'change_set', { Slug: 'fix' }))['ChangeSetID']);
    await cub.patch(unitPath(unit), { ChangeSetID: changeSet }, { change_set_id: changeSet });
    expect(await readUnit(cub, unit)).to.include({ HeadRevisionNum: 2, HeadMutationNum: 1 });
    expect((await cub.get(`${unitPath(unit)}/mutation`)).list).to.have.length(1);
    const [extended] = (await cub.get('/unit', { include: 'HeadMutationNum' })).list;
    expect(part(extended, 'HeadMutation')).to.include({ MutationNum: 1, RevisionNum: 1 });
  });

  it('gives the record in lists where it is asked for by name, and an empty one in others', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', web({}));
    await cub.patch(unitPath(unit), { Data: base64(web({ replicas: 4 })) });
    const [plain] = (await cub.get('/unit')).list;
    expect(part(plain, 'Unit')['MutationSources']).to.deep.equal([]);
    const [named] = (await cub.get('/unit', { select: 'Slug,MutationSources' })).list;
    expect(pathsOf(part(named, 'Unit'))).to.deep.equal({ 'spec.replicas': 'Update 2 false 4' });
    const [apart] = (await cub.get('/unit_mutation_sources', { where: "Slug = 'web'" })).list;
    expect(pathsOf(apart ?? {})).to.deep.equal(pathsOf(part(named, 'Unit')));
    const ofRevisions = (await cub.get('/revision_mutation_sources')).list;
    expect(ofRevisions.map((entry) => Object.keys(pathsOf(entry)))).to.deep.equal([[], ['spec.replicas']]);
    const texts = (await cub.get('/revision_data', { where: 'RevisionNum = 2' })).list.map(({ Data }) => Data);
    expect(texts).to.deep.equal([web({ replicas: 4 })]);
  });

  it('records resources that come and go, and survives text that is no YAML', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', web({}));
    const more = `${web({})}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n`;
    for (const text of [more, web({}), 'a: [', web({ replicas: 7 })]) await cub.patch(unitPath(unit), { Data: base64(text) });
    const sources = (await readUnit(cub, unit))['MutationSources'] as readonly JsonObject[];
    const described = sources.map((source) => {
      const info = part(source, 'ResourceMutationInfo');
      return [part(source, 'Resource')['ResourceType'], info['MutationType'], info['Index'], info['Predicate']];
    });
    expect(described).to.deep.equal([
      ['apps/v1/Deployment', 'Add', 1, true],
      ['v1/ConfigMap', 'Delete', 3, false],
    ]);
  });
});
