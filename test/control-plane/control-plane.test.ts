import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { findJq } from './binaries.ts';
import { sharedControlPlane } from './shared.ts';
import { resolveVersion } from './version.ts';

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
    expect(serverVersion.gitVersion).to.equal(`v${resolveVersion(process.env['KUBERNETES_VERSION'])}`);
  });

  it('runs a Deployment of 3 to 3/3', async () => {
    await kubectl('create', 'deployment', 'three', '--image=registry.example/three', '--replicas=3');
    await kubectl('rollout', 'status', 'deployment/three', '--timeout=120s');
    expect(await kubectl('get', 'deployment', 'three')).to.match(/three +3\/3/u);
  });

  it('comes with jq for what users type', async () => {
    const { signal } = new AbortController();
    const version = resolveVersion(process.env['KUBERNETES_VERSION']);
    const folder = await findJq({
      version,
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
    expect(fields).to.equal('kubectl');
  });

  it('has a real autoscaler, which raises replicas to its minimum without any metrics', async () => {
    await kubectl('create', 'deployment', 'auto', '--image=registry.example/auto');
    await kubectl('autoscale', 'deployment/auto', '--min=3', '--max=5', '--cpu-percent=50');
    await kubectl('wait', 'deployment/auto', '--for=jsonpath={.spec.replicas}=3', '--timeout=120s');
    const managers = await kubectl(
      'get',
      'deployment',
      'auto',
      '--show-managed-fields',
      '-o',
      'jsonpath={.metadata.managedFields[?(@.subresource=="scale")].manager}',
    );
    expect(managers).to.equal('kube-controller-manager');
  });
});
