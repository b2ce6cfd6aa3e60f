import { expect } from 'chai';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { connectKubernetes } from '../../src/kubernetes/transport.ts';
import { takeSnapshot } from '../../src/snapshot/snapshot.ts';
import { type Snapshot, wasReadWhole } from '../../src/types/snapshot.ts';
import { type Answer, startFakeApiServer } from '../kubernetes/fake-api-server.ts';

const FORBIDDEN: Answer = { status: 403, body: { reason: 'Forbidden', code: 403, message: 'no' } };
const items = (...found: readonly object[]): Answer => ({ body: { metadata: {}, items: found } });
const workload = (namespace: string, name: string): object => ({ metadata: { namespace, name, uid: name } });

/** A cluster with two monitored namespaces; `more` answers a path otherwise. */
async function snapshotOf(more: (path: string) => Answer | undefined): Promise<Snapshot> {
  const kinds = {
    resources: [
      { name: 'deployments', kind: 'Deployment', namespaced: true },
      { name: 'statefulsets', kind: 'StatefulSet', namespaced: true },
    ],
  };
  await using server = await startFakeApiServer(({ pathname }) => {
    const special = more(pathname);
    if (special) return special;
    if (pathname === '/api/v1/namespaces') return items({ metadata: { name: 'b' } }, { metadata: { name: 'a' } });
    if (pathname === '/apis/apps/v1') return { body: kinds };
    if (pathname === '/apis/autoscaling/v2')
      return { body: { resources: [{ name: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true }] } };
    if (pathname === '/openapi/v3')
      return { body: { paths: { 'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1' } } } };
    if (pathname === '/apis/apps/v1/deployments') return items(workload('a', 'one'), workload('elsewhere', 'two'));
    return items();
  });
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' }));
  try {
    const options = {
      namespaceSelector: 'monitored=true',
      kinds: ['apps/v1/Deployment', 'apps/v1/StatefulSet'],
      cacheDir: '',
      signal: new AbortController().signal,
    };
    return await takeSnapshot(client, options);
  } finally {
    client.close();
  }
}

const ref = (kind: string, namespace: string): Parameters<typeof wasReadWhole>[1] => ({
  apiVersion: 'apps/v1',
  kind,
  namespace,
  name: 'x',
});

describe('snapshot', () => {
  it('keeps the workloads of monitored namespaces only', async () => {
    const snapshot = await snapshotOf(() => undefined);
    expect(snapshot.objects.map((object) => object.ref.name)).to.deep.equal(['one']);
    expect(snapshot.namespaces).to.deep.equal(['a', 'b']);
    expect(snapshot.failedReads).to.deep.equal([]);
  });

  it('records a kind that cannot be read, so that nothing of it is ever called missing, and reads the others', async () => {
    const snapshot = await snapshotOf((path) =>
      path.endsWith('/statefulsets') ? { status: 404, body: { reason: 'NotFound', code: 404 } } : undefined,
    );
    expect(snapshot.failedReads.map((read) => read.what)).to.deep.equal(['apps/v1/StatefulSet']);
    expect(wasReadWhole(snapshot, ref('StatefulSet', 'a'))).to.equal(false);
    expect(wasReadWhole(snapshot, ref('Deployment', 'a'))).to.equal(true);
    expect(snapshot.objects).to.have.lengthOf(1);
  });

  it('reads namespace by namespace where reading them all is forbidden, and records the one that is forbidden too', async () => {
    const snapshot = await snapshotOf((path) => {
      if (path === '/apis/apps/v1/deployments' || path === '/apis/apps/v1/namespaces/b/deployments') return FORBIDDEN;
      return path === '/apis/apps/v1/namespaces/a/deployments' ? items(workload('a', 'one')) : undefined;
    });
    expect(snapshot.objects.map((object) => object.ref.name)).to.deep.equal(['one']);
    expect(snapshot.failedReads.map(({ what, namespace }) => [what, namespace])).to.deep.equal([['apps/v1/Deployment', 'b']]);
    expect(wasReadWhole(snapshot, ref('Deployment', 'a'))).to.equal(true);
    expect(wasReadWhole(snapshot, ref('Deployment', 'b'))).to.equal(false);
  });

  it('takes the built-in schemas where the server publishes none', async () => {
    const snapshot = await snapshotOf((path) => (path === '/openapi/v3' ? { body: { paths: {} } } : undefined));
    expect(snapshot.failedReads).to.deep.equal([]);
    expect(snapshot.schemas['apps/v1'])
      .to.have.nested.property('components.schemas')
      .that.includes.keys('io.k8s.api.apps.v1.Deployment');
  });

  it('records a kind that the cluster does not serve', async () => {
    const snapshot = await snapshotOf((path) => (path === '/apis/apps/v1' ? { body: { resources: [] } } : undefined));
    expect(snapshot.failedReads.map((read) => read.error)).to.deep.equal([
      'the API server does not serve apps/v1/Deployment',
      'the API server does not serve apps/v1/StatefulSet',
    ]);
  });

  it('fails as a whole where the monitored namespaces are not known', async () => {
    const error = await snapshotOf((path) => (path === '/api/v1/namespaces' ? FORBIDDEN : undefined)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'permission');
  });
});
