import { expect } from 'chai';
import fc from 'fast-check';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { type Snapshot, wasReadCompletely } from '../../src/domain/snapshot.ts';
import { takeSnapshot } from '../../src/stages/snapshot/snapshot.ts';
import { type Answer, listPage, NOT_FOUND, served, startFakeApiServer } from '../kubernetes/fake-api-server.ts';
import { noAnswers, sent } from '../kubernetes/no-answers.ts';

const FORBIDDEN: Answer = { status: 403, body: { reason: 'Forbidden', code: 403, message: 'no' } };
const KIND_OF: Readonly<Record<string, readonly [string, string]>> = {
  namespaces: ['v1', 'Namespace'],
  deployments: ['apps/v1', 'Deployment'],
  statefulsets: ['apps/v1', 'StatefulSet'],
  horizontalpodautoscalers: ['autoscaling/v2', 'HorizontalPodAutoscaler'],
};
const items = (path: string, ...found: readonly object[]): Answer => {
  const [apiVersion, kind] = KIND_OF[path.split('/').at(-1) ?? ''] ?? ['', ''];
  return listPage(apiVersion, kind, found);
};
const workload = (namespace: string, name: string): object => ({ metadata: { namespace, name, uid: name } });

/** A cluster with two monitored namespaces. */
function right(pathname: string): Answer {
  if (pathname === '/api/v1/namespaces') return items(pathname, { metadata: { name: 'b' } }, { metadata: { name: 'a' } });
  if (pathname === '/apis/apps/v1')
    return served('apps/v1', ['deployments', 'Deployment', true], ['statefulsets', 'StatefulSet', true]);
  if (pathname === '/apis/autoscaling/v2')
    return served('autoscaling/v2', ['horizontalpodautoscalers', 'HorizontalPodAutoscaler', true]);
  if (pathname === '/openapi/v3')
    return { body: { paths: { 'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1' } } } };
  if (pathname === '/apis/apps/v1/deployments') return items(pathname, workload('a', 'one'), workload('elsewhere', 'two'));
  if (pathname === '/openapi/v3/apis/apps/v1') return { body: { openapi: '3.0.0', components: { schemas: {} } } };
  return items(pathname);
}

/** That cluster; `more` answers a path otherwise. */
async function snapshotOf(
  more: (path: string) => Answer | undefined,
  kinds = ['apps/v1/Deployment', 'apps/v1/StatefulSet'],
): Promise<Snapshot> {
  await using server = await startFakeApiServer(({ pathname }) => more(pathname) ?? right(pathname));
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' }));
  try {
    const options = {
      namespaceSelector: 'monitored=true',
      kinds,
      cacheDir: '',
      signal: new AbortController().signal,
    };
    return await takeSnapshot(client, options);
  } finally {
    client.close();
  }
}

const ref = (kind: string, namespace: string): Parameters<typeof wasReadCompletely>[1] => ({
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
    const snapshot = await snapshotOf((path) => (path.endsWith('/statefulsets') ? NOT_FOUND : undefined));
    expect(snapshot.failedReads.map((read) => read.what)).to.deep.equal(['apps/v1/StatefulSet']);
    expect(wasReadCompletely(snapshot, ref('StatefulSet', 'a'))).to.equal(false);
    expect(wasReadCompletely(snapshot, ref('Deployment', 'a'))).to.equal(true);
    expect(snapshot.objects).to.have.lengthOf(1);
  });

  it('reads namespace by namespace where reading them all is forbidden, and records the one that is forbidden too', async () => {
    const snapshot = await snapshotOf((path) => {
      if (path === '/apis/apps/v1/deployments' || path === '/apis/apps/v1/namespaces/b/deployments') return FORBIDDEN;
      return path === '/apis/apps/v1/namespaces/a/deployments' ? items(path, workload('a', 'one')) : undefined;
    });
    expect(snapshot.objects.map((object) => object.ref.name)).to.deep.equal(['one']);
    expect(snapshot.failedReads.map(({ what, namespace }) => [what, namespace])).to.deep.equal([['apps/v1/Deployment', 'b']]);
    expect(wasReadCompletely(snapshot, ref('Deployment', 'a'))).to.equal(true);
    expect(wasReadCompletely(snapshot, ref('Deployment', 'b'))).to.equal(false);
  });

  it('takes the built-in schemas where the server publishes none', async () => {
    const snapshot = await snapshotOf((path) => (path === '/openapi/v3' ? { body: { paths: {} } } : undefined));
    expect(snapshot.failedReads).to.deep.equal([]);
    expect(snapshot.schemas['apps/v1'])
      .to.have.nested.property('components.schemas')
      .that.includes.keys('io.k8s.api.apps.v1.Deployment');
  });

  it('reads each object once where a kind is named in two versions of its API', async () => {
    const versions = ['autoscaling/v2/HorizontalPodAutoscaler', 'autoscaling/v1/HorizontalPodAutoscaler'];
    const serves = (path: string): Answer | undefined => {
      if (path === '/apis/autoscaling/v1')
        return served('autoscaling/v1', ['horizontalpodautoscalers', 'HorizontalPodAutoscaler', true]);
      return path.endsWith('/horizontalpodautoscalers') ? items(path, workload('a', 'one')) : undefined;
    };
    const snapshot = await snapshotOf(serves, versions);
    expect(snapshot.objects.map((object) => object.ref.apiVersion)).to.deep.equal(['autoscaling/v2']);
    expect(snapshot.kinds).to.deep.equal(['autoscaling/v2/HorizontalPodAutoscaler']);
  });

  it('records a kind that the cluster does not serve', async () => {
    const serves = (path: string): Answer | undefined => (path === '/apis/apps/v1' ? served('apps/v1') : undefined);
    const snapshot = await snapshotOf((path) => (path === '/apis/apps' ? NOT_FOUND : serves(path)));
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

describe('a snapshot of a cluster that answers one read wrongly', () => {
  const paths = [
    '/api/v1/namespaces',
    '/apis/apps/v1',
    '/apis/apps/v1/deployments',
    '/apis/autoscaling/v2',
    '/apis/autoscaling/v2/horizontalpodautoscalers',
    '/openapi/v3',
    '/openapi/v3/apis/apps/v1',
  ];

  for (const path of paths) {
    it(`is never a whole one without ${path}`, async () => {
      // Whoever may not list a kind everywhere lists it namespace by namespace, and these answers are whole.
      for (const none of noAnswers('no-answers.yaml').filter(({ status }) => status !== 403)) {
        const outcome = await snapshotOf((asked) => (asked === path ? sent(none) : undefined)).then(
          ({ failedReads }) => failedReads.length,
          () => 'failed',
        );
        expect(outcome, none.name).not.to.equal(0);
      }
    });
  }

  it('is never a whole one with another workload in it, whatever part of an answer is changed', async () => {
    const whole = await snapshotOf(() => undefined);
    const values = [undefined, null, '', 7, 'other', [], {}];
    const named = ({ objects, namespaces, autoscalers }: Snapshot): unknown => [
      objects.map(({ ref }) => ref),
      namespaces,
      autoscalers.length,
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.constantFrom(...values), async (path, place, value) => {
        const answer = structuredClone(right(path)) as { body: object };
        const [holder, key] = placesIn(answer.body)[place % placesIn(answer.body).length] ?? [answer.body, ''];
        // A name that is a name, and a list that is a list, are what the server says.
        fc.pre(!(key === 'name' || key === 'namespace') || value !== 'other');
        fc.pre(key !== 'items' && key !== 'resources' && key !== 'paths');
        Object.assign(holder, { [key]: value });
        const outcome = await snapshotOf((asked) => (asked === path ? answer : undefined)).catch(() => undefined);
        if (outcome && outcome.failedReads.length === 0) expect(named(outcome)).to.deep.equal(named(whole));
      }),
      { numRuns: process.env['DRIFT_LONG'] === '1' ? 5_000 : 100, seed: 16 },
    );
  });
});

/** Every field of a document, with what holds it. */
function placesIn(node: object): readonly (readonly [object, string])[] {
  return Object.entries(node).flatMap(([key, value]) => [
    [node, key] as const,
    ...(typeof value === 'object' && value !== null ? placesIn(value) : []),
  ]);
}
