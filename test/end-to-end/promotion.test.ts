import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as z from 'zod';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { deployProject, kubectl, reportFile, revisionsOf, type Scenario } from '../demo/scenario.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';
import { sentences } from './logs.ts';

const PROMOTE = fileURLToPath(new URL('../../bin/promote', import.meta.url));

describe('promotion and undo', function () {
  this.timeout(180_000);
  let cluster: ControlPlane;
  let world: World;
  let scenario: Scenario;
  before(async () => {
    cluster = await startControlPlane();
    world = await startWorld({ cluster });
    scenario = await deployProject(world, 'calm-otter');
  });
  after(async () => {
    await world?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  const run = (environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> =>
    world.detector(['run'], { ...scenario.environment, DRIFT_LOG_FORMAT: 'json', ...environment });
  const unitPath = (space: string, id: string): string => `/space/${scenario.project.spaces[space]}/unit/${id}`;
  const replicas = (workload: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', workload, '-o', 'jsonpath={.spec.replicas}');

  /** As `bin/promote` is typed. */
  function promote(...args: readonly string[]): Promise<CommandResult> {
    const env = {
      PATH: process.env['PATH'],
      HOME: world.folder,
      PROJECT: 'calm-otter',
      CONFIGHUB_URL: world.hubUrl,
      CUB_TOKEN: world.tokens.admin,
    };
    return new Promise((resolve) => {
      execFile(PROMOTE, [...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  }

  const units = z.array(
    z.object({
      Unit: z.object({ UnitID: z.string(), Slug: z.string(), Data: z.string(), UpstreamRevisionNum: z.number().default(0) }),
    }),
  );
  async function unitOf(space: string, slug: string): Promise<z.output<typeof units>[number]['Unit']> {
    const where = `SpaceID = '${scenario.project.spaces[space]}' AND Slug = '${slug}'`;
    const [found] = await world.admin.get('/unit', { where }, units);
    if (!found) throw new Error(`no unit ${slug} in ${space}`);
    return found.Unit;
  }
  const textOf = async (space: string, slug: string): Promise<string> =>
    Buffer.from((await unitOf(space, slug)).Data, 'base64').toString('utf8');
  async function write(space: string, slug: string, text: string): Promise<void> {
    const { UnitID } = await unitOf(space, slug);
    await world.admin.send(
      'PATCH',
      unitPath(space, UnitID),
      {},
      { Data: Buffer.from(text).toString('base64'), LastChangeDescription: 'by hand' },
      z.unknown(),
    );
  }

  it('tells units that a promotion would change from those that are behind in revision number only', async () => {
    await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=5');
    const fixed = await run();
    expect(fixed.code, fixed.stderr).to.equal(0);
    expect(sentences(fixed, 'behind-in-number')).to.deep.equal(['1 unit is behind upstream, with identical content']);
    expect(sentences(fixed, 'promotion-needed')).to.deep.equal([]);

    // A staging value of its own, and a change in dev that staging lacks.
    await write('staging', 'orders-config', (await textOf('staging', 'orders-config')).replace('replicas: 2', 'replicas: 4'));
    const dev = (await textOf('dev', 'orders-config')).replace(/(image: \S+:)\S+/u, '$12.0.1');
    await write('dev', 'orders-config', dev);
    const told = await run();
    expect(sentences(told, 'promotion-needed')[0]).to.contain('calm-otter-staging/orders-config');
    const page = await reportFile(world, 'reports/dev/README.md');
    expect(page)
      .to.contain('## Promotion needed')
      .and.to.contain('| calm-otter-staging/orders-config | calm-otter-dev/orders-config |');
    expect(page).to.not.contain('backend-api-config | calm-otter-dev/backend-api-config');
  });

  it('shows with --dry-run what it would change, and changes nothing', async () => {
    const before = await textOf('staging', 'orders-config');
    const shown = await promote('staging', '--dry-run');
    expect(shown.code, shown.stderr).to.equal(0);
    expect(shown.stdout)
      .to.match(/^-.*image: \S+:(?!2\.0\.1)/mu)
      .and.to.match(/^\+.*image: \S+:2\.0\.1/mu);
    expect(shown.stdout).to.match(/backend-api-config: behind calm-otter-dev\/backend-api-config with identical content/u);
    expect(shown.stdout).to.not.match(/^[+-].*replicas/mu);
    expect(await textOf('staging', 'orders-config')).to.equal(before);
  });

  it('promotes with the values that the environment has of its own, and finds nothing to do afterwards', async () => {
    const done = await promote('staging');
    expect(done.code, done.stderr).to.equal(0);
    expect(await textOf('staging', 'orders-config'))
      .to.contain('replicas: 4')
      .and.to.match(/image: \S+:2\.0\.1/u);
    expect((await promote('staging')).stdout).to.contain('Nothing to promote');
    expect((await unitOf('staging', 'backend-api-config')).UpstreamRevisionNum).to.equal(3);
  });

  it('says which environment there is none of, and which unit a changeset locks', async () => {
    const absent = await promote('moon');
    expect([absent.code, absent.stderr.includes('no space calm-otter-moon')]).to.deep.equal([78, true]);
    const changeSet = await world.admin.send(
      'POST',
      `/space/${scenario.project.spaces['prod']}/change_set`,
      {},
      { Slug: 'freeze' },
      z.object({ ChangeSetID: z.string() }),
    );
    const { UnitID } = await unitOf('prod', 'orders-config');
    const lock = { ChangeSetID: changeSet.ChangeSetID };
    await world.admin.send('PATCH', unitPath('prod', UnitID), { change_set_id: changeSet.ChangeSetID }, lock, z.unknown());
    const refused = await promote('prod');
    expect(refused.code).to.equal(20);
    expect(refused.stdout).to.match(/calm-otter-prod\/orders-config: cannot be promoted: .*freeze/u);
  });

  it('undoes a correction: the observed state is back, in ConfigHub and in the cluster', async () => {
    await write('dev', 'orders-config', (await textOf('dev', 'orders-config')).replace(/:2\.0\.1/u, ':2.0.0'));
    await world.admin.applySpace(scenario.project.spaces['dev'] ?? '');
    await kubectl(world, 'scale', 'deployment/orders', '--replicas=7');
    const fixed = await run();
    expect(sentences(fixed, 'fixed')).to.deep.equal(['Fixed: orders scaled to 2 replicas']);
    const used = sentences(fixed, 'changeset-used')[0] ?? '';
    const slug = /Using changeset (\S+) for/u.exec(used)?.[1] ?? '';

    const rehearsed = await world.detector(['undo', `calm-otter-dev/${slug}`, '--dry-run'], {});
    expect(rehearsed.stdout).to.match(/^Would undo calm-otter-dev\/orders-config: back to revision \d+: Drift detected/u);
    expect(await replicas('orders')).to.equal('2');

    const undone = await world.detector(['undo', `calm-otter-dev/${slug}`], {});
    expect(undone.code, undone.stderr).to.equal(0);
    expect(undone.stdout).to.contain(`Undone 1 of 1 unit under changeset undo-${slug}`);
    expect(await replicas('orders')).to.equal('7');
    const [head] = await revisionsOf(scenario, 'orders-config');
    expect(head?.text).to.contain('replicas: 7');
    expect(head?.description).to.match(/^Undid calm-otter-dev\/drift-dev-[0-9a-f]{8}: revision \d+ is back$/u);
    const after = await run();
    expect(sentences(after, 'drift-detected'), 'what was undone is desired now').to.deep.equal([]);

    const again = await world.detector(['undo', `calm-otter-dev/${slug}`], {});
    expect(again.code).to.equal(20);
    expect(again.stderr).to.match(/Not undone: calm-otter-dev\/orders-config: revision \d+ came after the fix/u);
    expect((await world.detector(['undo', 'calm-otter-dev/nothing'], {})).code).to.equal(78);
  });
});
