import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import * as z from 'zod';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { Project } from '../demo/project.ts';
import { commitCount, kubectl, reportFile, revisionsOf, type Scenario } from '../demo/scenario.ts';
import { type CommandResult, fixture, startWorld, type World } from '../demo/world.ts';
import { sentences } from './logs.ts';

// What the plan leaves alone keeps its live value, whoever applies: ConfigHub (units with a target) or the pass itself.

const UNITS = ['targeted', 'direct', 'pair', 'sick', 'empty'] as const;

describe('a fix never does more than the plan', function () {
  this.timeout(180_000);
  let cluster: ControlPlane;
  let world: World;
  let scenario: Scenario;
  let project: Project;
  before(async () => {
    cluster = await startControlPlane();
    world = await startWorld({ cluster });
    const units = await Promise.all(
      UNITS.map(async (slug) => ({
        slug: `${slug}-config`,
        text: await fixture(`fixing/${slug}.yaml`),
        labels: { tier: 'backend' },
      })),
    );
    project = await world.admin.createProject('never-more', units);
    await cluster.kubectl(['apply', '-f', '-'], await fixture('workloads/namespace.yaml'));
    await world.admin.applySpace(project.spaces['dev'] ?? '', "Slug != 'empty-config'");
    await patch('direct', { TargetID: null });
    scenario = { world, project, environment: { CONFIGHUB_SPACE: 'never-more-dev', AUTO_FIX: 'true', DRIFT_ENVIRONMENT: 'dev' } };
  });
  after(async () => {
    await world?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  const run = (environment: Readonly<Record<string, string>> = {}, ...flags: readonly string[]): Promise<CommandResult> =>
    world.detector(['run', ...flags], {
      ...scenario.environment,
      DRIFT_LOG_FORMAT: 'json',
      DRIFT_CONTESTED_AFTER: '0',
      DRIFT_MAX_FIX_PERCENT: '100',
      ...environment,
    });
  const patch = (slug: string, body: object): Promise<unknown> =>
    world.admin.send('PATCH', `/space/${project.spaces['dev']}/unit/${project.units[`${slug}-config`]}`, {}, body, z.unknown());
  const replicas = (name: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', name, '-o', 'jsonpath={.spec.replicas}');
  const image = (name: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', name, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
  const patchImage = (name: string, image: string, manager: string): Promise<string> => {
    const containers = [{ name: 'app', image }];
    const body = JSON.stringify({ spec: { template: { spec: { containers } } } });
    return kubectl(world, 'patch', `deployment/${name}`, `--field-manager=${manager}`, '-p', body);
  };
  const unapplied = async (slug: string): Promise<string | undefined> => {
    const where = ['--space', 'never-more-dev', '--where', `Slug = '${slug}'`, '--columns', 'UnappliedChanges'];
    const { stdout } = await world.detector(['cub', 'unit', 'list', ...where]);
    return stdout.trim().split('\n').at(-1)?.trim();
  };
  async function ignoring(rule: string): Promise<Readonly<Record<string, string>>> {
    const path = join(world.folder, 'ignore.yaml');
    await writeFile(path, `ignore:\n- {${rule}, reason: agreed with the team}\n`);
    return { DRIFT_IGNORE_FILE: path };
  }

  for (const name of ['targeted', 'direct'] as const) {
    describe(`of a unit that is ${name === 'targeted' ? 'applied by ConfigHub' : 'applied by the pass'}`, () => {
      it('leaves 7 replicas under an autoscaler of 3 to 10, and fixes the image', async () => {
        const autoscaler = (await fixture('fixing/autoscaler.yaml')).replaceAll('NAME', name);
        await cluster.kubectl(['apply', '-f', '-'], autoscaler);
        await kubectl(world, 'scale', `deployment/${name}`, '--replicas=7');
        await kubectl(world, 'set', 'image', `deployment/${name}`, 'app=registry.example/app:hotfix');
        const result = await run();
        expect(result.code, result.stderr).to.equal(0);
        expect(sentences(result, 'fixed')).to.deep.equal([
          `Fixed: ${name} image of container app set to registry.example/app:1.0.0`,
        ]);
        expect([await image(name), await replicas(name)]).to.deep.equal(['registry.example/app:1.0.0', '7']);
        if (name === 'targeted') {
          expect(await unapplied('targeted-config'), 'an apply would set the replicas back').to.equal('No');
          const [fixed] = (await reportFile(world, 'reports/dev/corrections.jsonl'))
            .split('\n')
            .filter((line) => line.includes('hotfix'));
          expect(fixed).to.contain('"result":"fixed"').and.to.contain('"name":"targeted"').and.to.contain('"revision":0');
        }
        await cluster.kubectl(['delete', '-f', '-'], autoscaler);
        await run();
        expect(await replicas(name)).to.equal('2');
      });

      it('leaves an ignored field, and fixes the other', async () => {
        await kubectl(world, 'scale', `deployment/${name}`, '--replicas=5');
        await kubectl(world, 'set', 'image', `deployment/${name}`, 'app=registry.example/app:hotfix');
        const rules = await ignoring(`kind: Deployment, name: ${name}, path: /spec/replicas`);
        expect((await run(rules)).code).to.equal(0);
        expect([await image(name), await replicas(name)]).to.deep.equal(['registry.example/app:1.0.0', '5']);
        await run();
        expect(await replicas(name)).to.equal('2');
      });

      it('leaves a contested field, and fixes the other', async () => {
        await kubectl(world, 'scale', `deployment/${name}`, '--replicas=6');
        await run();
        await kubectl(world, 'scale', `deployment/${name}`, '--replicas=6');
        await patchImage(name, 'registry.example/app:nightly', 'image-builder');
        const result = await run({ DRIFT_CONTESTED_AFTER: '1' });
        expect([await image(name), await replicas(name)]).to.deep.equal(['registry.example/app:1.0.0', '6']);
        expect(sentences(result, 'report-only')).to.deep.equal(['1 not fixed: contested']);
        await run();
      });

      it('leaves what was changed within the grace, and fixes what was changed before', async () => {
        await patchImage(name, 'registry.example/app:canary', 'image-updater');
        const patched = Date.now();
        await kubectl(world, 'scale', `deployment/${name}`, '--replicas=6');
        while (Date.now() < patched + 1000) await setTimeout(50);
        // Scaling leaves no time behind, so that its grace begins with this pass.
        expect((await run({ DRIFT_FIX_GRACE: '1s' })).code).to.equal(0);
        expect([await image(name), await replicas(name)]).to.deep.equal(['registry.example/app:1.0.0', '6']);
        await run();
        expect(await replicas(name)).to.equal('2');
      });
    });
  }

  it('does not have ConfigHub apply a unit in which another object departs and is left', async () => {
    await kubectl(world, 'scale', 'deployment/pair-a', '--replicas=4');
    await kubectl(world, 'scale', 'deployment/pair-b', '--replicas=4');
    expect((await run(await ignoring('name: pair-a'))).code).to.equal(0);
    expect([await replicas('pair-a'), await replicas('pair-b')]).to.deep.equal(['4', '1']);
    await run();
  });

  it('gives the same hand two pairs on two days, and one pair to one drift in two passes', async () => {
    const drifted = async (): Promise<number> =>
      (await revisionsOf(scenario, 'direct-config')).filter(({ description }) => description.startsWith('Drift detected')).length;
    const before = await drifted();
    for (const day of [1, 2]) {
      await kubectl(world, 'scale', 'deployment/direct', '--replicas=5');
      await run();
      await run();
      expect(await drifted(), `day ${day}`).to.equal(before + day);
    }
    const marked = (await revisionsOf(scenario, 'direct-config')).map(
      ({ description }) => /\[drift:(\w+)\]/u.exec(description)?.[1],
    );
    const ids = marked.filter((id) => id !== undefined);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('creates nothing for a unit that was never applied', async () => {
    await patch('empty', {
      Data: Buffer.from((await fixture('fixing/direct.yaml')).replaceAll('direct', 'never')).toString('base64'),
    });
    await kubectl(world, 'scale', 'deployment/direct', '--replicas=5');
    const result = await run({ DRIFT_CREATE_MISSING: 'true' });
    expect(result.code, result.stderr).to.equal(0);
    expect(await kubectl(world, 'get', 'deployments', '-o', 'name')).to.not.contain('never');
    expect(await reportFile(world, 'reports/dev/README.md')).to.contain('Deployment is not applied yet');
  });

  it('takes a unit without documents as a unit that declares nothing', async () => {
    await patch('empty', { Data: Buffer.from('# nothing yet\n').toString('base64') });
    expect((await run()).code).to.equal(0);
  });

  it('reports an object that two units declare, fixes nothing of it, and goes on', async () => {
    await patch('empty', { Data: Buffer.from(await fixture('fixing/direct.yaml')).toString('base64') });
    await kubectl(world, 'scale', 'deployment/direct', '--replicas=5');
    await kubectl(world, 'scale', 'deployment/targeted', '--replicas=5');
    const result = await run();
    expect(result.code, result.stderr).to.equal(0);

    expect([await replicas('direct'), await replicas('targeted')]).to.deep.equal(['5', '2']);
    const page = await reportFile(world, 'reports/dev/drift-test/deployment.direct.md');
    expect(page).to.contain('declared by units never-more-dev/direct-config and never-more-dev/empty-config');
    await patch('empty', { Data: Buffer.from('# nothing\n').toString('base64') });
    await run();
  });

  it('fixes an object of no namespace where its kind is compared', async () => {
    const kinds = 'apps/v1/Deployment,rbac.authorization.k8s.io/v1/ClusterRole';
    await patch('empty', { Data: Buffer.from(await fixture('fixing/cluster-role.yaml')).toString('base64') });
    await world.admin.applySpace(project.spaces['dev'] ?? '', "Slug = 'empty-config'");
    const verbs = '[{"op":"replace","path":"/rules/0/verbs","value":["*"]}]';
    await cluster.kubectl(['patch', 'clusterrole', 'drift-test-viewer', '--type=json', '-p', verbs]);
    const result = await run({ DRIFT_KINDS: kinds });
    expect(result.code, result.stderr).to.equal(0);
    const role = await cluster.kubectl(['get', 'clusterrole', 'drift-test-viewer', '-o', 'jsonpath={.rules[0].verbs}']);
    expect(role.stdout).to.equal('["get","list"]');
    expect((await run({ DRIFT_KINDS: kinds })).stdout).to.equal('No drift.\n');
  });

  it('says that a fixed workload does not get healthy, and why, and counts it as fixed', async () => {
    await kubectl(world, 'scale', 'deployment/sick', '--replicas=3');
    const result = await run({ DRIFT_WAIT_HEALTHY: '2s' });
    expect(result.code, result.stderr).to.equal(0);
    expect(sentences(result, 'fixed')).to.deep.equal(['Fixed: sick scaled to 1 replica']);
    expect(sentences(result, 'fixed-unhealthy')).to.deep.equal([
      'Fixed but not healthy: sick: after 2 s 0 of 1 replicas available',
    ]);
    expect(await reportFile(world, 'reports/dev/README.md')).to.match(
      /drift-test\/deployment\/sick\].* fixed, revision \d+, not healthy/u,
    );
    expect(sentences(await run(), 'fixed-unhealthy')).to.deep.equal([]);
  });

  it('stores no masked value anywhere: not in ConfigHub, the report or the log', async () => {
    await kubectl(world, 'set', 'env', 'deployment/targeted', 'API_TOKEN=canary-4711', 'DB_PASSWORD=canary-4712');
    const result = await run();
    expect(sentences(result, 'fixed')).to.have.length(2);
    const folder = join(world.folder, 'hub');
    const files = await readdir(folder);
    expect(files).to.not.have.length(0);
    for (const file of files) expect((await readFile(join(folder, file))).includes('canary-471'), file).to.equal(false);
    expect(await world.git('--git-dir', world.reportRepository, 'log', '-p', 'main')).to.not.contain('canary-471');
    expect(result.stdout + result.stderr).to.not.contain('canary-471');
  });

  it('finds nothing more to do at the end', async () => {
    const commits = await commitCount(world);
    const result = await run();
    expect([result.code, result.stdout, await commitCount(world)]).to.deep.equal([0, 'No drift.\n', commits]);
  });
});
