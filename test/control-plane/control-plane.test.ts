import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { findJq } from './binaries.ts';
import { sharedControlPlane } from './shared.ts';
import { minorOf, resolveVersion } from './version.ts';

const VERSION = resolveVersion(process.env['KUBERNETES_VERSION']);
/** Entries of managedFields name the subresource, and writes through `scale` have one, since 1.22. */
const RECORDS_SCALING = minorOf(VERSION) >= 22;
const AUTOSCALER = JSON.stringify({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'auto' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auto' }, minReplicas: 3, maxReplicas: 5 },
});

describe('the real control plane', function () {
  this.timeout(180_000);
  const namespace = `control-plane-${process.pid}`;
  const kubectl = async (...args: readonly string[]): Promise<string> =>
    (await (await sharedControlPlane()).kubectl(['-n', namespace, ...args])).stdout;

  before(async () => {
    await (await sharedControlPlane()).kubectl(['create', 'namespace', namespace]);
  });

  it('is of the version that was asked for', async () => {
    // The shape of `kubectl version -o json`.
    const { serverVersion } = JSON.parse(await kubectl('version', '-o', 'json')) as { serverVersion: { gitVersion: string } };
    expect(serverVersion.gitVersion).to.equal(`v${VERSION}`);
  });

  it('runs a Deployment of 3 to 3/3', async () => {
    await kubectl('create', 'deployment', 'three', '--image=registry.example/three', '--replicas=3');
    await kubectl('rollout', 'status', 'deployment/three', '--timeout=120s');
    expect(await kubectl('get', 'deployment', 'three')).to.match(/three +3\/3/u);
  });

  it('comes with jq for what users type', async () => {
    const { signal } = new AbortController();
    const folder = await findJq({
      version: VERSION,
      environment: process.env,
      onProgress: (line) => process.stderr.write(`${line}\n`),
      signal,
    });
    expect(execFileSync('jq', ['-c', '.Units'], { input: '{"Units": [1, 2]}', env: { PATH: folder } }).toString()).to.equal(
      '[1,2]\n',
    );
  });

  it('knows RBAC: an account without rights may read nothing', async () => {
    const cluster = await sharedControlPlane();
    await kubectl('create', 'serviceaccount', 'nobody');
    const token = (await kubectl('create', 'token', 'nobody')).trim();
    const kubeconfig = await cluster.kubeconfigForToken('nobody', token);
    const refused = await cluster
      .kubectl(['--kubeconfig', kubeconfig, 'get', 'pods', '-n', namespace])
      .catch((error: Error) => error.message);
    expect(refused).to.contain('forbidden').and.to.contain(`system:serviceaccount:${namespace}:nobody`);
  });

  it('records who wrote what: kubectl scale goes through the scale subresource', async () => {
    await kubectl('create', 'deployment', 'scaled', '--image=registry.example/scaled');
    await kubectl('scale', 'deployment/scaled', '--replicas=2');
    const fields = await kubectl(
      'get',
      'deployment',
      'scaled',
      '--show-managed-fields',
      '-o',
      'jsonpath={.metadata.managedFields[?(@.subresource=="scale")].manager}',
    );
    expect(fields).to.equal(RECORDS_SCALING ? 'kubectl' : '');
  });

  it('has a real autoscaler, which raises replicas to its minimum without any metrics', async () => {
    await kubectl('create', 'deployment', 'auto', '--image=registry.example/auto');
    // kubectl autoscale makes one of a version that servers before 1.23 do not have.
    await (await sharedControlPlane()).kubectl(['-n', namespace, 'create', '-f', '-'], AUTOSCALER);
    await kubectl('wait', 'deployment/auto', '--for=jsonpath={.spec.replicas}=3', '--timeout=120s');
    const managers = await kubectl(
      'get',
      'deployment',
      'auto',
      '--show-managed-fields',
      '-o',
      'jsonpath={.metadata.managedFields[?(@.subresource=="scale")].manager}',
    );
    expect(managers).to.equal(RECORDS_SCALING ? 'kube-controller-manager' : '');
  });
});
