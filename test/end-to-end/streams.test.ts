import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { commitCount, deployProject, kubectl, type Scenario } from '../demo/scenario.ts';
import { startWorld, type World } from '../demo/world.ts';
import { startReceiver } from '../notify/receiver.ts';
import { runUnread } from '../terminal/unread.ts';

describe('where a pass writes to', function () {
  this.timeout(120_000);
  let world: World;
  let scenario: Scenario;
  let environment: Readonly<Record<string, string>>;
  before(async () => {
    world = await startWorld({ cluster: await sharedControlPlane() });
    scenario = await deployProject(world, 'quiet-otter');
    environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: world.folder,
      KUBECONFIG: world.cluster.kubeconfig,
      CONFIGHUB_URL: world.hubUrl,
      CUB_TOKEN: 'drift-detector',
      REPORT_REPO: world.reportRepository,
      CLUSTER: 'dev',
      ...scenario.environment,
    };
    await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=5');
  });
  after(async () => {
    if (world) await kubectl(world, 'delete', 'namespace', 'drift-test', '--wait=true');
    await world?.[Symbol.asyncDispose]();
  });

  it('a reader that goes away early takes nothing from it: report, webhook, exit code, and no folder is left', async () => {
    await using receiver = await startReceiver();
    const TMPDIR = join(world.folder, 'tmp');
    await mkdir(TMPDIR);
    const more = { MAX_FIXES: '0', WEBHOOK_URL: receiver.url, LOG_FORMAT: 'json', TMPDIR };
    const { code, err } = await runUnread('stdout', ['run'], { ...environment, ...more });
    expect(code, err).to.equal(21);
    expect(await commitCount(world)).to.equal(1);
    expect(receiver.requests).to.have.length(1);
    expect(err).to.contain('"event":"pass-finished"').and.to.not.contain('EPIPE');
    expect(await readdir(TMPDIR)).to.deep.equal([]);
    const silent = await runUnread('both', ['run'], { ...environment, ...more });
    expect(silent.code).to.equal(21);
  });
});
