import { createHash } from 'node:crypto';
import { expect } from 'chai';
import * as z from 'zod';
import { administer } from '../demo/project.ts';
import {
  autoscaleCheckout,
  commitCount,
  DRIFT_COMMANDS,
  deployProject,
  kubectl,
  reportFile,
  revisionsOf,
  rolledOut,
  type Scenario,
} from '../demo/scenario.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';
import { rankAll, startFakeClaude } from '../fake-claude/fake-claude.ts';
import { sentences } from './logs.ts';

// The walk-through on a real API server, the embedded ConfigHub as a process of its own, and a real Git repository.
// The steps build on each other, as a user's do.

const changeSets = z.array(z.object({ ChangeSet: z.object({ ChangeSetID: z.string(), Slug: z.string(), State: z.string() }) }));

describe('the walk-through', function () {
  this.timeout(180_000);
  let world: World;
  let scenario: Scenario;

  const run = (environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> =>
    // More hands at one workload in a minute than anybody has in a day.
    world.detector(['run'], { ...scenario.environment, DRIFT_LOG_FORMAT: 'json', DRIFT_CONTESTED_AFTER: '0', ...environment });
  const replicas = async (workload: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', workload, '-o', 'jsonpath={.spec.replicas}');
  const image = async (workload: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', workload, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
  const revisionNumbers = async (slug: string): Promise<readonly number[]> =>
    (await revisionsOf(scenario, slug)).map((revision) => revision.number);
  const history = async (): Promise<readonly string[]> =>
    (await world.git('--git-dir', world.reportRepository, 'log', '--format=%s', 'main')).trim().split('\n');

  before(async () => {
    world = await startWorld();
    scenario = await deployProject(world, 'calm-otter');
    await autoscaleCheckout(world);
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  describe('a pass over hand-made drift', () => {
    let result: CommandResult;
    before(async () => {
      for (const command of DRIFT_COMMANDS) await kubectl(world, ...command);
      result = await run();
    });

    it('succeeds and says what it found, by whom it was ranked, and what it did', () => {
      expect(result.code, result.stderr).to.equal(0);
      expect(sentences(result, 'drift-detected')).to.have.members([
        'DRIFT DETECTED: checkout has image of container app registry.example/checkout:3.1.0-hotfix, expected registry.example/checkout:3.1.0',
        'DRIFT DETECTED: backend-api has 5 replicas, expected 3',
        'DRIFT DETECTED: frontend-web has 1 replica, expected 2',
        'DRIFT DETECTED: orders: env DEBUG of container app added: true',
      ]);
      expect(sentences(result, 'fixed')).to.have.members([
        'Fixed: backend-api scaled to 3 replicas',
        'Fixed: frontend-web scaled to 2 replicas',
        'Fixed: checkout image of container app set to registry.example/checkout:3.1.0',
        'Fixed: orders env DEBUG of container app removed',
      ]);
      expect(sentences(result, 'informational')).to.deep.equal([
        'Ignored change: checkout replicas 2 → 4: within 4 to 10 of HorizontalPodAutoscaler checkout',
      ]);
      expect(sentences(result, 'changeset-used')).to.have.lengthOf(1);
    });

    it('brings the deployments back to 3/3 and 2/2', async () => {
      for (const workload of ['backend-api', 'frontend-web', 'orders']) await rolledOut(world, workload);
      const table = await kubectl(world, 'get', 'deployments');
      expect(table).to.match(/backend-api +3\/3/u);
      expect(table).to.match(/frontend-web +2\/2/u);
      expect(await kubectl(world, 'get', 'deployment', 'orders', '-o', 'yaml')).to.not.contain('DEBUG');
    });

    it("fixes the image under an autoscaler and leaves the number, and its owner, the autoscaler's", async () => {
      expect(await image('checkout')).to.equal('registry.example/checkout:3.1.0');
      expect(await replicas('checkout')).to.equal('4');
      const owners = await kubectl(world, 'get', 'deployment', 'checkout', '--show-managed-fields', '-o', 'json');
      const found: unknown = JSON.parse(owners);
      const managed = z
        .object({ metadata: z.object({ managedFields: z.array(z.object({ manager: z.string(), fieldsV1: z.unknown() })) }) })
        .parse(found);
      const ofReplicas = managed.metadata.managedFields.filter((entry) => JSON.stringify(entry.fieldsV1).includes('f:replicas"'));
      expect(ofReplicas.map((entry) => entry.manager)).to.include('kube-controller-manager');
      expect(ofReplicas.map((entry) => entry.manager)).to.not.include('confighub');
    });

    it('leaves a pair of revisions whose texts are the drifted and, byte for byte, the desired state', async () => {
      const [fixed, drifted, first] = await revisionsOf(scenario, 'backend-api-config');
      expect([fixed?.number, drifted?.number, first?.number]).to.deep.equal([3, 2, 1]);
      expect(first?.description).to.equal('Initial deployment');
      expect(drifted?.description).to.match(
        /^Drift detected: replicas 3 → 5 \(kubectl via scale, time unknown, first seen \d\d:\d\dZ\) \[drift:[0-9a-f]{16} sha256:[0-9a-f]{12}\]$/u,
      );
      expect(fixed?.description).to.match(/^Fixed replicas: 5 → 3 \[drift:[0-9a-f]{16}\]$/u);
      expect(drifted?.author).to.equal('drift-detector');
      expect(drifted?.text).to.equal(first?.text.replace('replicas: 3', 'replicas: 5'));
      expect(fixed?.text).to.equal(first?.text);
    });

    it('closes the changeset that it opened', async () => {
      const found = await world.admin.get('/change_set', { where: "Labels.drift-detector = 'dev'" }, changeSets);
      expect(found.map(({ ChangeSet }) => ChangeSet.State)).to.deep.equal(['Closed']);
    });

    it('commits one report that tells who changed what, what it costs and what was done', async () => {
      expect(await commitCount(world)).to.equal(1);
      const message = await world.git('--git-dir', world.reportRepository, 'log', '-1', '--format=%B', 'main');
      expect(message).to.match(/^drift\(dev\): 4 new, 4 fixed \(worst: medium\)\n/u);
      const trailers = await world.git(
        '--git-dir',
        world.reportRepository,
        'log',
        '-1',
        '--format=%(trailers:key=Drift-Fixed,valueonly)%(trailers:key=Drift-Open,valueonly)',
        'main',
      );
      expect(trailers.trim().split(/\s+/u)).to.deep.equal(['4', '0']);
      const page = await reportFile(world, 'reports/dev/README.md');
      expect(page).to.contain('All clear');
      expect(page).to.match(
        /backend-api\]\(\S+\) \| replicas 3 → 5 \| kubectl via scale, time unknown \| \+\$29\.27 \| fixed, revision 3/u,
      );
    });

    it('finds, writes and commits nothing in a second pass right after', async () => {
      const before = { revisions: await revisionNumbers('backend-api-config'), commits: await commitCount(world) };
      const second = await run();
      expect(second.code, second.stderr).to.equal(0);
      expect(sentences(second, 'drift-detected')).to.deep.equal([]);
      expect(sentences(second, 'pass-finished')[0]).to.contain('nothing to commit');
      expect({ revisions: await revisionNumbers('backend-api-config'), commits: await commitCount(world) }).to.deep.equal(before);
    });
  });

  describe('later passes', () => {
    it('check prints the drift and writes nothing anywhere', async () => {
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=6');
      const before = {
        version: await kubectl(world, 'get', 'deployments', '-o', 'jsonpath={.items[*].metadata.generation}'),
        commits: await commitCount(world),
        revisions: await revisionNumbers('orders-config'),
      };
      const result = await world.detector(['check', '--detailed-exitcode', '-o', 'json'], {
        ...scenario.environment,
        REPORT_REPO: '/nowhere',
      });
      expect(result.code, result.stderr).to.equal(2);
      const printed = z
        .object({ open: z.array(z.object({ summary: z.string(), action: z.string() })) })
        .parse(JSON.parse(result.stdout));
      expect(printed.open).to.deep.equal([{ summary: 'replicas 2 → 6', action: 'fix' }]);
      expect(result.stderr).to.not.contain('Applying fixes');
      expect({
        version: await kubectl(world, 'get', 'deployments', '-o', 'jsonpath={.items[*].metadata.generation}'),
        commits: await commitCount(world),
        revisions: await revisionNumbers('orders-config'),
      }).to.deep.equal(before);
    });

    it('only reports where AUTO_FIX is off, and commits the same report only once', async () => {
      const before = await commitCount(world);
      expect((await run({ AUTO_FIX: 'false' })).code).to.equal(0);
      expect((await run({ AUTO_FIX: 'false' })).code).to.equal(0);
      expect(await replicas('orders')).to.equal('6');
      expect(await commitCount(world)).to.equal(before + 1);
      expect((await history())[0]).to.equal('drift(dev): 1 new, 1 still open (worst: medium)');
      expect(await reportFile(world, 'reports/dev/drift-test/deployment.orders.md')).to.contain('report only (auto-fix-off)');
      expect((await run()).code).to.equal(0);
      expect(await replicas('orders')).to.equal('2');
      const page = await reportFile(world, 'reports/dev/drift-test/deployment.orders.md');
      expect(page).to.contain('**No open drift.**').and.contain('| replicas 2 → 6 |');
    });

    it('has Claude rank what is new, once, from facts without names, and keeps its advice in the report', async () => {
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=6');
      await using claude = await startFakeClaude([
        rankAll(
          (row) => ({ ...row, severity: 'high', cause: 'Scaled up by hand.', advice: 'Add an autoscaler.' }),
          'Over-scaling by hand, $18.39 a month.',
        ),
      ]);
      const environment = { CLAUDE_API_KEY: 'sk-canary-0123456789abcdef', DRIFT_CLAUDE_BASE_URL: claude.url, AUTO_FIX: 'false' };
      const first = await run(environment);
      expect(first.code, first.stderr).to.equal(0);
      expect(claude.refusals).to.deep.equal([]);
      expect(sentences(first, 'claude-analysis')).to.deep.equal(['Claude AI analysis: Over-scaling by hand, $18.39 a month.']);
      const page = await reportFile(world, 'reports/dev/drift-test/deployment.orders.md');
      expect(page)
        .to.contain('**high**: replicas 2 → 6')
        .and.to.contain('Advice from the model (medium confidence): Scaled up by hand. Add an autoscaler.')
        .and.to.contain('-  replicas: 2\n+  replicas: 6')
        .and.to.contain('\ncub revision list orders-config --space calm-otter-dev\n');
      const commits = await commitCount(world);

      expect((await run(environment)).code).to.equal(0);
      expect(claude.requests).to.have.lengthOf(1);
      expect(await commitCount(world)).to.equal(commits);
      expect(JSON.stringify(claude.requests[0]?.facts)).to.not.match(/orders|drift-test|calm-otter|kubectl/u);
      expect(claude.requests[0]?.headers['authorization']).to.equal('Bearer sk-canary-0123456789abcdef');
      expect(first.stderr + first.stdout).to.not.contain('sk-canary');
      expect((await run()).code).to.equal(0);
    });

    it('fixes a critical service first and says so', async () => {
      const dev = scenario.project.spaces['dev'] ?? '';
      const set = await world.admin.send(
        'POST',
        `/space/${dev}/set`,
        {},
        { Slug: 'critical-services', Labels: { tier: 'critical' } },
        z.object({ SetID: z.string() }),
      );
      await world.admin.send(
        'PATCH',
        `/space/${dev}/unit/${scenario.project.units['backend-api-config']}`,
        {},
        { SetID: set.SetID },
        z.unknown(),
      );
      await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=10');
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=1');
      const result = await run();
      expect(result.code, result.stderr).to.equal(0);
      const told = sentences(result);
      expect(told).to.include('CRITICAL DRIFT: backend-api (tier=critical) has 10 replicas, expected 3');
      expect(told).to.include('High-priority fix: backend-api');
      const order = ['CRITICAL FIX APPLIED: backend-api scaled to 3 replicas', 'Fixed: orders scaled to 2 replicas'].map((line) =>
        told.indexOf(line),
      );
      expect(order[0]).to.be.greaterThan(-1);
      expect(order[1]).to.be.greaterThan(order[0] ?? 0);
    });

    it('stages corrections under a changeset that a person locked, once, and leaves applying to the person', async () => {
      const { home, dev } = scenario.project.spaces;
      const created = await world.admin.send(
        'POST',
        `/space/${home}/change_set`,
        {},
        { Slug: 'bulk-drift-fix' },
        z.object({ ChangeSetID: z.string() }),
      );
      const where = `SpaceID = '${dev}' AND Labels.tier = 'frontend'`;
      await world.admin.send(
        'PATCH',
        '/unit',
        { where, change_set_id: created.ChangeSetID },
        { ChangeSetID: created.ChangeSetID },
        z.unknown(),
      );
      await kubectl(world, 'scale', 'deployment/frontend-web', '--replicas=4');

      const first = await run();
      expect(first.code, first.stderr).to.equal(0);
      expect(sentences(first)).to.include('Using changeset bulk-drift-fix for corrections');
      expect(sentences(first)).to.include('Fixed frontend-web in ConfigHub (changeset: bulk-drift-fix), staged for apply');
      expect(await replicas('frontend-web')).to.equal('4');
      expect(await reportFile(world, 'reports/dev/drift-test/deployment.frontend-web.md')).to.contain(
        'cub unit apply --revision ChangeSet:calm-otter/bulk-drift-fix applies it',
      );
      const written = await revisionNumbers('frontend-web-config');
      const commits = await commitCount(world);

      expect((await run()).code).to.equal(0);
      expect(await revisionNumbers('frontend-web-config')).to.deep.equal(written);
      expect(await commitCount(world)).to.equal(commits);

      // The object was changed otherwise and back, so that its generation is another one: still nothing new to stage.
      await kubectl(world, 'scale', 'deployment/frontend-web', '--replicas=3');
      await kubectl(world, 'scale', 'deployment/frontend-web', '--replicas=4');
      expect((await run()).code).to.equal(0);
      expect(await revisionNumbers('frontend-web-config')).to.deep.equal(written);
      expect(await commitCount(world)).to.equal(commits);

      await world.admin.applySpace(dev ?? '', "Labels.tier = 'frontend'", `ChangeSet:${created.ChangeSetID}`);
      expect(await replicas('frontend-web')).to.equal('2');
      expect((await run()).code).to.equal(0);
      expect((await history())[0]).to.equal('drift(dev): 1 fixed (worst: medium)');
      expect(await reportFile(world, 'reports/dev/README.md')).to.match(
        /frontend-web\]\(\S+\) \| replicas 2 → 4 \| kubectl via scale, time unknown \| .* \| fixed, revision \d+ of calm-otter-dev\/frontend-web-config<br>[^|]* \| calm-otter\/bulk-drift-fix/u,
      );
      await world.admin.send('PATCH', '/unit', { where }, { ChangeSetID: null }, z.unknown());
    });

    it('takes unlocked units under the changeset that DRIFT_CHANGESET names, stages them once, and applies them with DRIFT_CHANGESET_APPLY', async () => {
      const { home, dev } = scenario.project.spaces;
      await world.admin.send('POST', `/space/${home}/change_set`, {}, { Slug: 'friday' }, z.unknown());
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=4');
      const named = { DRIFT_CHANGESET: 'calm-otter/friday' };
      expect(sentences(await run(named))).to.include('Fixed orders in ConfigHub (changeset: friday), staged for apply');
      const before = { commits: await commitCount(world), revisions: await revisionNumbers('orders-config') };
      expect((await run(named)).code).to.equal(0);
      expect({ commits: await commitCount(world), revisions: await revisionNumbers('orders-config') }).to.deep.equal(before);
      expect(await replicas('orders')).to.equal('4');
      const applied = await run({ ...named, DRIFT_CHANGESET_APPLY: 'true' });
      expect(sentences(applied, 'fixed')).to.deep.equal(['Fixed: orders scaled to 2 replicas']);
      expect(await revisionNumbers('orders-config')).to.deep.equal(before.revisions);
      await world.admin.send('PATCH', '/unit', { where: `SpaceID = '${dev}'` }, { ChangeSetID: null }, z.unknown());
    });

    it('never writes on top of another unapplied change: the live revision is applied again', async () => {
      const { dev } = scenario.project.spaces;
      const unit = `/space/${dev}/unit/${scenario.project.units['orders-config']}`;
      const [head] = await revisionsOf(scenario, 'orders-config');
      const wanted = head?.text.replace('replicas: 2', 'replicas: 3') ?? '';
      await world.admin.send(
        'PATCH',
        unit,
        {},
        { Data: Buffer.from(wanted).toString('base64'), LastChangeDescription: 'three from Monday' },
        z.unknown(),
      );
      const before = await revisionNumbers('orders-config');
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=8');
      const result = await run();
      expect(result.code, result.stderr).to.equal(0);
      expect(await replicas('orders')).to.equal('2');
      expect(await revisionNumbers('orders-config')).to.deep.equal(before);
      expect((await revisionsOf(scenario, 'orders-config'))[0]?.text).to.equal(wanted);
      await world.admin.send('PATCH', unit, { restore: 'LiveRevisionNum' }, {}, z.unknown());
    });

    it('removes a secret-looking variable without storing its value anywhere', async () => {
      await kubectl(world, 'set', 'env', 'deployment/orders', 'DB_PASSWORD=hunter2-canary', 'DEBUG=1');
      const result = await run();
      expect(result.code, result.stderr).to.equal(0);
      expect(await kubectl(world, 'get', 'deployment', 'orders', '-o', 'yaml')).to.not.contain('DB_PASSWORD');
      expect(result.stdout + result.stderr).to.not.contain('hunter2');
      const revisions = await revisionsOf(scenario, 'orders-config');
      expect(revisions.map((revision) => revision.text).join()).to.not.contain('hunter2');
      expect(revisions[1]?.description).to.contain('env DB_PASSWORD of container app added (value not stored)');
      expect(await world.git('--git-dir', world.reportRepository, 'log', '-p', 'main')).to.not.contain('hunter2');
    });

    it('first finishes what a killed pass left behind: the drifted state at the head, and its open changeset', async () => {
      const { dev } = scenario.project.spaces;
      const unit = `/space/${dev}/unit/${scenario.project.units['orders-config']}`;
      const desired = (await revisionsOf(scenario, 'orders-config'))[0]?.text ?? '';
      const observed = desired.replace('replicas: 2', 'replicas: 7');
      const own = await world.admin.send(
        'POST',
        `/space/${dev}/change_set`,
        {},
        { Slug: 'drift-dev-killed', Labels: { 'drift-detector': 'dev' } },
        z.object({ ChangeSetID: z.string() }),
      );
      const digest = createHash('sha256').update(observed).digest('hex').slice(0, 12);
      const half = {
        Data: Buffer.from(observed).toString('base64'),
        LastChangeDescription: `Drift detected: replicas 2 → 7 (kubectl via scale, time unknown, first seen 03:00Z) [drift:0123456789abcdef sha256:${digest}]`,
        ChangeSetID: own.ChangeSetID,
      };
      const detector = administer(world.hubUrl, world.tokens.detector);
      await detector.send('PATCH', unit, { change_set_id: own.ChangeSetID }, half, z.unknown());
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=7');

      const result = await run();
      expect(result.code, result.stderr).to.equal(0);
      expect(await replicas('orders')).to.equal('2');
      const [head] = await revisionsOf(scenario, 'orders-config');
      expect(head?.text).to.equal(desired);
      const found = await world.admin.get('/change_set', { where: "Labels.drift-detector = 'dev'" }, changeSets);
      expect(new Set(found.map(({ ChangeSet }) => ChangeSet.State))).to.deep.equal(new Set(['Closed']));
    });

    for (const { whose, replicasInText, author } of [
      { whose: "a person's edit under a sticky description", replicasInText: 6, author: 'detector' },
      { whose: "a person's copy of a half pair", replicasInText: 7, author: 'admin' },
    ] as const) {
      it(`leaves ${whose} alone, and says that the unit is blocked`, async () => {
        const { dev } = scenario.project.spaces;
        const unit = `/space/${dev}/unit/${scenario.project.units['orders-config']}`;
        const desired = (await revisionsOf(scenario, 'orders-config'))[0]?.text ?? '';
        const digest = createHash('sha256').update(desired.replace('replicas: 2', 'replicas: 7')).digest('hex').slice(0, 12);
        const edit = {
          Data: Buffer.from(desired.replace('replicas: 2', `replicas: ${replicasInText}`)).toString('base64'),
          LastChangeDescription: `Drift detected: replicas 2 → 7 (kubectl via scale, time unknown, first seen 03:00Z) [drift:0123456789abcdef sha256:${digest}]`,
        };
        await administer(world.hubUrl, world.tokens[author]).send('PATCH', unit, {}, edit, z.unknown());
        const before = await revisionNumbers('orders-config');
        await kubectl(world, 'scale', 'deployment/orders', '--replicas=7');

        const result = await run();
        expect(result.code, result.stderr).to.equal(0);
        expect(await revisionNumbers('orders-config')).to.deep.equal(before);
        expect(await replicas('orders')).to.equal('7');
        expect(await reportFile(world, 'reports/dev/drift-test/deployment.orders.md')).to.contain('blocked (unfinished-pair)');

        await world.admin.send('PATCH', unit, { restore: 'LiveRevisionNum' }, {}, z.unknown());
        expect((await run()).code).to.equal(0);
        expect(await replicas('orders')).to.equal('2');
      });
    }

    it('trips the mass-change guard, names the value that lets it pass, and fixes nothing', async () => {
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=5');
      await kubectl(world, 'scale', 'deployment/frontend-web', '--replicas=5');
      const result = await run({ DRIFT_MAX_FIXES: '1' });
      expect(result.code, result.stderr).to.equal(21);
      expect(sentences(result, 'guard-tripped')[0]).to.contain('set DRIFT_MAX_FIXES=2 to allow it');
      expect([await replicas('orders'), await replicas('frontend-web')]).to.deep.equal(['5', '5']);
      expect(await reportFile(world, 'reports/dev/README.md')).to.contain('Guard mass-change');
      expect((await run()).code).to.equal(0);
      expect([await replicas('orders'), await replicas('frontend-web')]).to.deep.equal(['2', '2']);
    });

    it('creates a deleted workload only where DRIFT_CREATE_MISSING asks for it', async () => {
      await kubectl(world, 'delete', 'deployment', 'orders');
      const reported = await run();
      expect(sentences(reported, 'drift-detected')).to.deep.equal(['DRIFT DETECTED: orders is missing']);
      expect(await kubectl(world, 'get', 'deployments')).to.not.contain('orders');
      const created = await run({ DRIFT_CREATE_MISSING: 'true' });
      expect(created.code, created.stderr).to.equal(0);
      expect(sentences(created, 'fixed')).to.deep.equal(['Fixed: orders created']);
      expect(await replicas('orders')).to.equal('2');
    });
  });
});
