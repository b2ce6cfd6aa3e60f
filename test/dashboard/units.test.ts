import { expect } from 'chai';
import * as z from 'zod';
import { startScene } from './scene.ts';
import { startUnits, type UnitsScene } from './units-scene.ts';

const unitsSchema = z.object({
  problem: z.null(),
  total: z.number(),
  units: z.array(
    z.object({
      space: z.string(),
      depth: z.number(),
      slug: z.string(),
      upstream: z.string(),
      isUpgradeNeeded: z.boolean(),
      set: z.string(),
      changeSet: z.string(),
      head: z.number(),
      live: z.number(),
    }),
  ),
});
const unitSchema = z.object({
  problem: z.null(),
  unit: z.object({ upstream: z.string() }),
  revisions: z.array(z.object({ number: z.number(), time: z.iso.datetime(), author: z.string(), description: z.string() })),
  from: z.number(),
  to: z.number(),
  diff: z.object({ lines: z.array(z.string()), notes: z.array(z.string()) }),
});

describe('the units of the dashboard', function () {
  this.timeout(60_000);
  let scene: UnitsScene;
  before(async () => {
    scene = await startUnits();
  });
  after(async () => {
    await scene?.[Symbol.asyncDispose]();
  });
  const text = async (path: string, url = scene.url): Promise<string> => {
    const answer = await fetch(url + path);
    expect(answer.status, path).to.equal(200);
    return answer.text();
  };
  const json = async (path: string, url = scene.url): Promise<unknown> =>
    (await fetch(url + path, { headers: { accept: 'application/json' } })).json();

  it('come in the order of the upstream links, with what is to be upgraded', async () => {
    const { units } = unitsSchema.parse(await json('/units'));
    expect(
      units.map(({ space, depth, slug, upstream, isUpgradeNeeded }) => [space, depth, slug, upstream, isUpgradeNeeded]),
    ).to.deep.equal([
      ['z-base', 0, 'login', '', false],
      ['z-base', 0, 'web', '', false],
      ['m-dev', 1, 'web', 'z-base/web', true],
      ['a-prod-eu', 2, 'web', 'm-dev/web', false],
      ['b-prod-us', 2, 'web', 'm-dev/web', false],
    ]);
    expect(units[0]).to.include({ changeSet: 'release-7', head: 3, live: 0 });
    const page = await text('/units');
    expect(page)
      .to.match(/href="\/units" aria-current="page"/u)
      .and.to.contain('from z-base');
    expect(page).to.contain('<span class="badge medium">needed</span>').and.to.contain('app=release 7');
  });

  it('are filtered by space, upgrade and text', async () => {
    for (const [query, total] of [
      ['space=z-base', 2],
      ['upgrade=needed', 1],
      ['text=release-7', 1],
      ['text=prod web', 2],
      ['text=nothing', 0],
    ] as const)
      expect(await json(`/units?${query}`), query).to.include({ total });
  });

  it('have a page each, with revisions and the difference of the last two', async () => {
    const { revisions, from, to, diff } = unitSchema.parse(await json('/unit?space=z-base&unit=web'));
    expect(revisions.map(({ number }) => number)).to.deep.equal([3, 2, 1]);
    expect(revisions[0]).to.include({ author: 'tester', description: 'release 7 4' });
    expect([from, to]).to.deep.equal([2, 3]);
    expect(diff.lines.filter((line) => /^[-+]/u.test(line))).to.deep.equal(['-  replicas: 3', '+  replicas: 4']);
    const page = await text('/unit?space=z-base&unit=web');
    expect(page)
      .to.contain('<span class="line del">-  replicas: 3</span>')
      .and.to.match(/href="\/units" aria-current="page"/u);
    expect(unitSchema.parse(await json('/unit?space=m-dev&unit=web')).unit.upstream).to.equal('z-base/web');
  });

  it('show the difference of any two revisions', async () => {
    const changed = async (from: string, to: string): Promise<readonly string[]> => {
      const { diff } = unitSchema.parse(await json(`/unit?space=z-base&unit=web&from=${from}&to=${to}`));
      return [...diff.lines.filter((line) => /^[-+]/u.test(line)), ...diff.notes];
    };
    expect(await changed('1', '3')).to.deep.equal(['-  replicas: 2', '+  replicas: 4']);
    expect(await changed('3', '1')).to.deep.equal(['-  replicas: 4', '+  replicas: 2']);
    expect(await changed('2', '2')).to.deep.equal(['The revisions are equal.']);
    expect(await changed('2', '99')).to.deep.equal(['There is no revision 99.']);
    expect(await changed('x', '-1')).to.deep.equal(['-  replicas: 3', '+  replicas: 4']);
  });

  it('show of a Secret that a value is another one, and never the value or a comment', async () => {
    const page = await text('/unit?space=z-base&unit=login&from=1&to=2');
    expect(page).to.contain('(8 to 15 characters, another value)').and.not.to.contain('hunter2');
    expect(JSON.stringify(await json('/unit?space=z-base&unit=login&from=1&to=2'))).not.to.contain('hunter2');
  });

  it('are kept for a short time, and then read again', async () => {
    const head = async (): Promise<number | undefined> =>
      unitsSchema.parse(await json('/units')).units.find(({ space, slug }) => space === 'z-base' && slug === 'web')?.head;
    expect(await head()).to.equal(3);
    await scene.write(5);
    expect(await head()).to.equal(3);
    scene.now = new Date(scene.now.getTime() + 15_000);
    expect(await head()).to.equal(4);
  });

  it('come from all generations of the API, with the set where there are sets', async () => {
    for (const [generation, set] of [
      ['A', 'frontend'],
      ['C', ''],
    ] as const) {
      await using own = await startUnits(generation);
      const { units } = unitsSchema.parse(await json('/units', own.url));
      expect(
        units.map(({ space }) => space),
        generation,
      ).to.deep.equal(['z-base', 'z-base', 'm-dev', 'a-prod-eu', 'b-prod-us']);
      expect(units[0], generation).to.include({ set });
      const { diff } = unitSchema.parse(await json('/unit?space=z-base&unit=web', own.url));
      expect(diff.lines, generation).to.include.members(['-  replicas: 3', '+  replicas: 4']);
    }
  });

  it('say in one sentence what is wrong', async () => {
    for (const path of ['/unit?space=none&unit=web', '/unit?space=z-base&unit=none', "/unit?space='&unit='", '/unit']) {
      const answer = z.object({ problem: z.string() }).parse(await json(path));
      expect(answer.problem, path).to.contain('ConfigHub ');
      expect(await text(path)).to.contain('class="notice warning"');
    }
    await using own = await startUnits();
    expect(unitsSchema.parse(await json('/units', own.url)).total).to.equal(5);
    await own.hub[Symbol.asyncDispose]();
    own.now = new Date(own.now.getTime() + 15_000);
    const page = await text('/units', own.url);
    expect(page)
      .to.contain('ConfigHub was not read: ')
      .and.not.to.match(/\bat \S+:\d+/u);
    expect(await text('/findings', own.url)).to.contain('No report');
    expect(own.log.filter((line) => line.includes('dashboard-confighub-failed'))).to.have.lengthOf(1);
  });

  it('say what to set where ConfigHub is not configured', async () => {
    await using own = await startScene([]);
    for (const path of ['/units', '/unit?space=a&unit=b'])
      expect(await text(path, own.url), path)
        .to.contain('Set CONFIGHUB_URL')
        .and.to.contain('>Units</a>');
  });
});
