import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonObject } from '../../src/domain/json.ts';
import type { RunningHub } from '../../src/hub/server.ts';
import { type Answer, base64, Client, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, part, unitPath } from './scene.ts';

const SHOP = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {example.com/owner: shop}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - {name: app, image: "registry.example:5000/shop/web:1.2", env: [{name: DEBUG, value: "true"}]}
      - {name: proxy, image: registry.example/proxy@sha256:0f}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
`;
const BATCH = `apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {suspend: false, schedule: "0 3 * * *"}
`;

const slugs = ({ list }: Answer): readonly unknown[] => list.map((entry) => part(entry, 'Unit')['Slug']);

describe('hub: questions about data', () => {
  let hub: RunningHub;
  let cub: Client;
  let space: string;
  before(async () => {
    hub = await startTestHub();
    cub = new Client(hub.url);
    space = await createSpace(cub, 'p');
    await createUnit(cub, space, 'shop', SHOP);
    await createUnit(cub, space, 'batch', BATCH);
    await createUnit(cub, space, 'broken', 'a: [');
    await createUnit(cub, space, 'empty', '');
  });
  after(() => hub.close());

  const meant: readonly (readonly [string, readonly string[], string?])[] = [
    ['spec.replicas = 3', ['shop']],
    ['spec.replicas > 3', []],
    ["spec.replicas >= 3 AND metadata.name = 'web'", ['shop']],
    ["metadata.name LIKE 'n%'", ['batch']],
    ['spec.suspend = false', ['batch']],
    ['spec.suspend = true', []],
    ["spec.template.spec.containers.0.name = 'app'", ['shop']],
    ["spec.template.spec.containers.*.name = 'proxy'", ['shop']],
    ["spec.template.spec.containers.?name=app.env.?name=DEBUG.value = 'true'", ['shop']],
    ["spec.template.spec.containers.?name=proxy.env.?name=DEBUG.value = 'true'", []],
    ["spec.template.spec.containers.?name=app.|image#uri = 'registry.example:5000/shop/web'", ['shop']],
    ["spec.template.spec.containers.?name=app.image#reference = ':1.2'", ['shop']],
    ["spec.template.spec.containers.?name=app.image#reference = '1.2'", ['shop']],
    ["spec.template.spec.containers.?name=proxy.image#reference = '@sha256:0f'", ['shop']],
    ["metadata.annotations.example~1com/owner = 'shop'", ['shop']],
    ["metadata.annotations.example~1com/owner IN ('shop', 'other')", ['shop']],
    ['spec.schedule IS NOT NULL', ['batch']],
    ["spec.schedule ~ '^0 [0-9]+'", ['batch']],
    ['LEN(spec.template.spec.containers) = 2', ['shop']],
    ["kind != 'Service'", ['shop', 'batch']],
    ["spec.template.spec.containers.*.name != 'app'", ['shop', 'batch']],
    ["kind = 'Service' AND spec.replicas = 3", []],
    ['', ['shop'], 'v1/Service'],
    ['spec.replicas = 3', [], 'v1/Service'],
    ['spec.replicas = 3', ['shop'], 'apps/v1/Deployment'],
  ];
  for (const [where, expected, type] of meant) {
    it(`${where || 'everything'}${type === undefined ? '' : ` of ${type}`}: ${expected.join(', ') || 'none'}`, async () => {
      const query = { ...(where === '' ? {} : { where_data: where }), ...(type === undefined ? {} : { resource_type: type }) };
      expect(slugs(await cub.get('/unit', query))).to.deep.equal(expected);
      expect(slugs(await cub.get(`/space/${space}/unit`, query))).to.deep.equal(expected);
    });
  }

  it('are part of a filter as well, and of what a bulk request means', async () => {
    const filter = await createNamed(cub, space, 'filter', {
      Slug: 'scaled',
      From: 'Unit',
      WhereData: 'spec.replicas = 3',
      ResourceType: 'apps/v1/Deployment',
    });
    expect(slugs(await cub.get('/unit', { filter: String(filter['FilterID']) }))).to.deep.equal(['shop']);
    const labelled = await cub.patch('/unit', { Labels: { scaled: 'yes' } }, { where_data: 'spec.replicas = 3' });
    expect(slugs(labelled)).to.deep.equal(['shop']);
  });

  for (const [where, words] of [
    ['spec.replicas =', 'position 15'],
    ['spec.replicas = spec.other', 'on the right'],
    ["spec.x ~ '['", 'regular expression'],
    ["spec.image#color = 'x'", '#color'],
    ['= 3', 'position 0'],
  ] as const) {
    it(`names what is wrong with ${where}`, async () => {
      const answer = await cub.get('/unit', { where_data: where, resource_type: 'apps/v1/Deployment' });
      const message =
        answer.status === 200 ? (await cub.get('/unit', { where_data: `spec.replicas = 3 AND ${where}` })).object : answer.object;
      expect(String(message['Message'])).to.contain(words);
    });
  }

  it('belong to units only', async () => {
    expect((await cub.get('/space', { where_data: 'a = 1' })).status).to.equal(400);
  });
});

describe('hub: pages of a list', () => {
  let hub: RunningHub;
  let cub: Client;
  let space: string;
  before(async () => {
    hub = await startTestHub();
    cub = new Client(hub.url);
    space = await createSpace(cub, 'p');
    for (let index = 0; index < 150; index++)
      await createUnit(cub, space, `u-${index}`, `a: ${index}\n`, { Labels: { half: String(index % 2) } });
  });
  after(() => hub.close());

  async function pages(
    query: Readonly<Record<string, string>>,
    between: () => Promise<unknown> = async () => undefined,
  ): Promise<readonly string[]> {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const answer = await cub.get('/unit', next === '' ? query : { ...query, continue: next });
      found.push(...(slugs(answer) as string[]));
      next = answer.headers.get('confighub-continue');
      if (next !== null) await between();
    }
    return found;
  }

  it('come to the whole list, whatever their length, question and order', async () => {
    const whole = slugs(await cub.get('/unit'));
    expect(whole).to.have.length(150);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('', "Labels.half = '1'"),
        fc.constantFrom('', 'Slug', 'DESC:CreatedAt,Slug', 'DESC:Slug', 'Labels.half,DESC:Slug'),
        async (limit, where, order) => {
          const query = { ...(where === '' ? {} : { where }), ...(order === '' ? {} : { order_by: order }) };
          expect(await pages({ ...query, limit: String(limit) })).to.deep.equal(slugs(await cub.get('/unit', query)));
        },
      ),
      { numRuns: 15 },
    );
    const descending = slugs(await cub.get('/unit', { order_by: 'DESC:Slug' })) as string[];
    expect(descending).to.deep.equal((whole as string[]).toSorted().reverse());
  });

  it('neither miss nor repeat a unit when others come and go between them', async () => {
    let made = 0;
    const first = (await cub.get('/unit', { limit: '1' })).list[0];
    const found = await pages({ limit: '20' }, async () => {
      await createUnit(cub, space, `late-${made++}`, 'a: 1\n');
      if (made === 1) await cub.delete(unitPath(part(first, 'Unit')));
    });
    expect(new Set(found).size).to.equal(found.length);
    const steady = found.filter((slug) => slug.startsWith('u-'));
    expect(steady).to.have.length(150);
  });

  it('bound what a bulk request does, and say how it goes on', async () => {
    const answer = await cub.patch('/unit', { Labels: { done: 'yes' } }, { where: "Labels.half = '1'", limit: '10' });
    expect(answer.list).to.have.length(10);
    const next = answer.headers.get('confighub-continue') ?? '';
    const second = await cub.patch(
      '/unit',
      { Labels: { done: 'yes' } },
      { where: "Labels.half = '1'", limit: '10', continue: next },
    );
    expect(second.list).to.have.length(10);
    expect((await cub.get('/unit', { where: "Labels.done = 'yes'" })).list).to.have.length(20);
  });

  for (const [query, words] of [
    [{ limit: '0' }, 'limit'],
    [{ limit: '1001' }, 'limit'],
    [{ continue: 'nonsense' }, 'continue'],
    [{ order_by: 'Slug,Color' }, 'order_by: unknown attribute Color of Unit at position 5'],
    [{ where_data: 'spec.replicas = ' }, 'where_data: expected'],
    [{ where_data: "spec.replicas = 'x" }, 'where_data: a string that does not end'],
  ] as const) {
    it(`refuse ${JSON.stringify(query)}`, async () => {
      const answer = await cub.get('/unit', query);
      expect([answer.status, String(answer.object['Message']).includes(words)]).to.deep.equal([400, true]);
    });
  }
});

describe('hub: patterns', () => {
  // In an engine that only goes back and tries again, this one takes longer than there is time.
  it('end in time, however they are meant', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const unit = await createUnit(cub, await createSpace(cub, 'p'), 'web', `name: ${'a'.repeat(100)}!\n`);
    await cub.patch(unitPath(unit), { DisplayName: `${'a'.repeat(100)}!` });
    for (const operator of ['~', '~*']) {
      expect((await cub.get('/unit', { where: `DisplayName ${operator} '^(a+)+$'` })).list).to.deep.equal([]);
      expect((await cub.get('/unit', { where: `DisplayName ${operator} '^(a+)+!$'` })).list).to.have.length(1);
    }
    expect((await cub.get('/unit', { where_data: "name ~ '^(a|aa)+$'" })).list).to.deep.equal([]);
    const refused = await cub.get('/unit', { where: "DisplayName ~ '(?=a)a'" });
    expect([refused.status, String(refused.object['Message']).includes('lookaround')]).to.deep.equal([400, true]);
  });
});

describe('hub: select', () => {
  it('answers the fields that are named, ids and slugs, and those that the question is about', async () => {
    await using hub = await startTestHub();
    const cub = new Client(hub.url);
    const space = await createSpace(cub, 'p');
    await createUnit(cub, space, 'web', SHOP, { Labels: { app: 'web' } });
    const one = async (query: Readonly<Record<string, string>>): Promise<JsonObject> =>
      (await cub.get('/unit', query)).list[0] ?? {};
    const ids = ['OrganizationID', 'Slug', 'SpaceID', 'UnitID'];
    expect(Object.keys(part(await one({ select: 'Slug' }), 'Unit')).sort()).to.deep.equal(ids);
    expect(part(await one({ select: '' }), 'Unit')).to.include({ Data: base64(SHOP) });
    expect(Object.keys(part(await one({ select: 'HeadRevisionNum,Data' }), 'Unit')).sort()).to.deep.equal(
      ['Data', 'HeadRevisionNum', ...ids].sort(),
    );
    expect(Object.keys(part(await one({ select: 'Slug', where: "Labels.app = 'web'" }), 'Unit')).sort()).to.deep.equal([
      'Labels',
      ...ids,
    ]);
    const extended = await one({ select: 'Slug,Space.Labels', include: 'SpaceID' });
    expect(Object.keys(part(extended, 'Space')).sort()).to.deep.equal(['OrganizationID', 'Slug', 'SpaceID']);
    expect(Object.keys(part(await one({ select: 'Slug,SpaceID', include: 'SpaceID' }), 'Space'))).to.include('CreatedAt');
  });
});
