import { expect } from 'chai';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { ClusterError } from '../../src/domain/errors.ts';
import { type JsonObject, stringAt } from '../../src/domain/json.ts';
import { type Answer, type FakeApiServer, listPage, startFakeApiServer } from './fake-api-server.ts';

const DEPLOYMENTS = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const signal = new AbortController().signal;

async function clientOf(server: FakeApiServer): Promise<KubernetesClient> {
  return createKubernetesClient(await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' }));
}

async function listNames(client: KubernetesClient): Promise<readonly string[]> {
  let names: (string | undefined)[] = [];
  const onPage = (items: readonly JsonObject[]): void => {
    names.push(...items.map((item) => stringAt(item, 'metadata', 'name')));
  };
  await client.list(DEPLOYMENTS, { signal }, onPage, () => {
    names = [];
  });
  return names.map(String);
}

const page = (names: readonly string[], token = ''): Answer =>
  listPage(
    'apps/v1',
    'Deployment',
    names.map((name) => ({ metadata: { name, namespace: 'shop' } })),
    token,
  );

describe('Kubernetes client', () => {
  it('reads a list page by page over one connection, packed', async () => {
    await using server = await startFakeApiServer((url) => ({
      ...(url.searchParams.get('continue') === 'a+b/c=' ? page(['two']) : page(['one'], 'a+b/c=')),
      isGzip: true,
    }));
    expect(await listNames(await clientOf(server))).to.deep.equal(['one', 'two']);
    expect(server.connections()).to.equal(1);
    expect(server.requests[0]).to.contain('limit=500');
  });

  it('starts a list over that expired half way, so that no object is missed or doubled', async () => {
    let expired = 0;
    await using server = await startFakeApiServer((url) => {
      if (!url.searchParams.has('continue')) return page(['one'], 'next');
      const gone = {
        status: 410,
        body: { kind: 'Status', reason: 'Expired', code: 410, metadata: { continue: 'inconsistent' } },
      };
      return expired++ === 0 ? gone : page(['two']);
    });
    expect(await listNames(await clientOf(server))).to.deep.equal(['one', 'two']);
    expect(server.requests.some((request) => request.includes('inconsistent'))).to.equal(false);
  });

  it('gives a list up that expires again and again', async () => {
    await using server = await startFakeApiServer((url) =>
      url.searchParams.has('continue') ? { status: 410, body: { reason: 'Expired', code: 410 } } : page(['one'], 'next'),
    );
    const error = await listNames(await clientOf(server)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ClusterError);
    expect(server.requests).to.have.lengthOf(6);
  });

  it('reads again when the server is busy, as soon as it allows', async () => {
    let busy = 0;
    await using server = await startFakeApiServer(() =>
      busy++ === 0
        ? { status: 429, headers: { 'retry-after': '0' }, body: { reason: 'TooManyRequests', code: 429 } }
        : page(['one']),
    );
    expect(await listNames(await clientOf(server))).to.deep.equal(['one']);
  });

  it('never repeats a write', async () => {
    await using server = await startFakeApiServer(() => ({
      status: 503,
      body: { reason: 'ServiceUnavailable', code: 503, message: 'later' },
    }));
    const body = { metadata: { name: 'web', namespace: 'shop' } };
    const client = await clientOf(server);
    const error = await client
      .apply(DEPLOYMENTS, body, { fieldManager: 'x', force: true, dryRun: false, signal })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ClusterError).with.property('code', 'unavailable');
    expect(server.requests).to.have.lengthOf(1);
    expect(server.requests[0]).to.contain('/namespaces/shop/deployments/web?').and.to.contain('fieldValidation=Strict');
  });

  it('tells a forbidden read with what to do, in the words of the server', async () => {
    await using server = await startFakeApiServer(() => ({
      status: 403,
      body: { reason: 'Forbidden', code: 403, message: 'no list for you' },
    }));
    const error = await listNames(await clientOf(server)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ClusterError);
    expect(error).to.have.property('message').that.contains('no list for you');
    expect(error).to.have.property('remedy').that.contains('Grant this access');
  });

  it('says so when what answers is no API server', async () => {
    await using server = await startFakeApiServer(() => ({
      body: '{"truncated',
      headers: { 'content-type': 'application/json' },
    }));
    const error = await listNames(await clientOf(server)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ClusterError).with.property('code', 'bad-answer');
  });

  it('sends a token whose file ended in a newline', async () => {
    let sent: string | undefined;
    await using server = await startFakeApiServer((_, request) => {
      sent = request.headers.authorization;
      return page([]);
    });
    await listNames(await clientOf(server));
    expect(sent).to.equal('Bearer token-with-newline');
  });
});
