import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import { usageWords } from '../../src/domain/usage.ts';
import type { RunningHub } from '../../src/hub/server.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { type MeasuredPod, type MetricsApi, startMetricsApi } from '../control-plane/metrics-api.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { runMain } from '../run-main.ts';

const ID = randomBytes(3).toString('hex');
const NAMESPACE = `usage-${ID}`;
/** In sync: nothing of it is asked for. */
const QUIET = `usage-quiet-${ID}`;

const workload = (name: string, namespace: string, replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} }, matchExpressions: [{ key: tier, operator: NotIn, values: [canary] }] }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - { name: app, image: 'app:1', resources: { requests: { cpu: 500m, memory: 100Mi } } }
        - { name: sidecar, image: 'sidecar:1', resources: { requests: { cpu: 100m, memory: 28Mi } } }
`;

/** 24 millicores and 64 MiB each. */
function pod(app: string, number: number, more: Readonly<Record<string, string>> = {}): MeasuredPod {
  const containers = { app: { cpu: '23000000n', memory: '61440Ki' }, sidecar: { cpu: '1m', memory: '4Mi' } };
  return { name: `${app}-${number}`, labels: { app, ...more }, containers };
}

describe('usage beside requests', function () {
  this.timeout(120_000);
  let started: AsyncDisposableStack;
  let plane: ControlPlane;
  let hub: RunningHub;
  let folder: string;
  let isBroken = false;
  let measured: readonly MeasuredPod[];
  let metrics: MetricsApi | undefined;

  before(async () => {
    started = new AsyncDisposableStack();
    plane = await sharedControlPlane();
    hub = started.use(await startTestHub());
    const client = new Client(hub.url);
    const space = await createSpace(client, 'dev');
    for (const [name, namespace] of [
      ['web', NAMESPACE],
      ['quiet', QUIET],
    ] as const) {
      await plane.kubectl(['create', 'namespace', namespace]);
      started.defer(async () => {
        await plane.kubectl(['delete', 'namespace', namespace, '--wait=false']);
      });
      await plane.kubectl(['label', 'namespace', namespace, `usage=${ID}`]);
      await plane.kubectl(['apply', '--server-side', '--field-manager=confighub', '-f', '-'], workload(name, namespace, 3));
      await createUnit(client, space, name, workload(name, namespace, 3));
    }
    await plane.kubectl(['scale', 'deployment', 'web', '-n', NAMESPACE, '--replicas=5']);
    folder = started.use(temporaryDirectory()).path;
    git('init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'reports.git'));
    measured = [...[1, 2, 3, 4, 5].map((number) => pod('web', number)), pod('web', 6, { tier: 'canary' }), pod('other', 7)];
  });
  after(async () => {
    await metrics?.[Symbol.asyncDispose]();
    await started.disposeAsync();
  });

  const git = (...args: readonly string[]): string => execFileSync('git', [...args], { cwd: folder, encoding: 'utf8' });
  const shown = (file: string): string => git('-C', 'reports.git', 'show', `HEAD:reports/default/${file}`);
  const commits = (): number => Number(git('-C', 'reports.git', 'rev-list', '--count', '--all'));

  async function pass(): Promise<{ readonly code: number; readonly log: readonly Record<string, unknown>[] }> {
    const { code, err } = await runMain(['run'], {
      PATH: process.env['PATH'],
      HOME: folder,
      KUBECONFIG: plane.kubeconfig,
      DRIFT_NAMESPACE_SELECTOR: `usage=${ID}`,
      DRIFT_LEASE_NAMESPACE: NAMESPACE,
      CONFIGHUB_URL: hub.url,
      CONFIGHUB_SPACE: 'dev',
      CUB_TOKEN: 'tester',
      REPORT_REPO: join(folder, 'reports.git'),
      DRIFT_LOG_FORMAT: 'json',
    });
    // Each line of the log is a JSON object.
    const log = err.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
    return { code, log };
  }

  const linesOf = (log: readonly Record<string, unknown>[], event: string): readonly unknown[] =>
    log.filter((line) => line['event'] === event).map(({ msg }) => msg);

  it('says in one line that the cluster measures nothing', async () => {
    const { code, log } = await pass();
    expect(code).to.equal(0);
    expect(linesOf(log, 'usage-unknown')).to.deep.equal([
      'Usage of CPU and memory is not known: the cluster has no metrics.k8s.io (metrics-server)',
    ]);
    expect(linesOf(log, 'usage')).to.deep.equal([]);
    expect(shown(`${NAMESPACE}/deployment.web.md`)).to.not.contain('When first seen');
  });

  it('makes no commit when figures come for drift that is known', async () => {
    metrics = await startMetricsApi(plane, (namespace) => {
      if (isBroken) throw new Error('broken');
      return namespace === NAMESPACE ? measured : [];
    });
    const before = commits();
    const { log } = await pass();
    expect(linesOf(log, 'usage')).to.deep.equal([
      'Usage: web: 5 of 3 replicas, 4 % of the requested CPU used (120 of 3000 millicores), 50 % of the requested memory used (320 of 640 MiB)',
    ]);
    expect(linesOf(log, 'usage-unknown')).to.deep.equal([]);
    expect(commits()).to.equal(before);
  });

  it('asks for the namespace that has drift, once a pass, and for no other', async () => {
    // The namespace controller lists everything in a namespace that it deletes, those of other tests too.
    const asked = metrics?.lists.filter((path) => path.includes(`/${NAMESPACE}/`) || path.includes(`/${QUIET}/`));
    expect(asked).to.deep.equal([`/apis/metrics.k8s.io/v1beta1/namespaces/${NAMESPACE}/pods`]);
  });

  it('reports usage as of when drift was first seen, and keeps that while its values stay', async () => {
    await plane.kubectl(['scale', 'deployment', 'web', '-n', NAMESPACE, '--replicas=6']);
    await pass();
    const page = shown(`${NAMESPACE}/deployment.web.md`);
    expect(page).to.contain('When first seen: 6 of 3 replicas, 4 % of the requested CPU used (120 of 3000 millicores), 50 %');
    const [before, tree] = [commits(), git('-C', 'reports.git', 'rev-parse', 'HEAD^{tree}')];
    measured = [pod('web', 1)];
    const { log } = await pass();
    expect(linesOf(log, 'usage').join()).to.contain('6 of 3 replicas, 4 % of the requested CPU used (24 of 600 millicores)');
    expect([commits(), git('-C', 'reports.git', 'rev-parse', 'HEAD^{tree}')]).to.deep.equal([before, tree]);
  });

  it('goes on where metrics.k8s.io fails, and says so', async () => {
    isBroken = true;
    const { code, log } = await pass();
    expect(code).to.equal(0);
    expect(linesOf(log, 'usage-unknown')).to.have.length(1);
    expect(linesOf(log, 'usage-unknown').join()).to.contain(`cannot list pods in namespace ${NAMESPACE}`);
  });

  it('says what is not requested, and small and large shares', () => {
    const usage = {
      replicas: 1,
      desiredReplicas: 1,
      measuredPods: 1,
      cpuMillicores: 1,
      requestedCpuMillicores: 1000,
      memoryMib: 30,
      requestedMemoryMib: null,
    };
    expect(usageWords(usage)).to.equal(
      '1 replica, under 1 % of the requested CPU used (1 of 1000 millicores), 30 MiB of memory used, none requested',
    );
    expect(usageWords({ ...usage, replicas: 4, desiredReplicas: null, cpuMillicores: 2500 })).to.match(/^4 replicas, 250 % of/u);
  });
});
