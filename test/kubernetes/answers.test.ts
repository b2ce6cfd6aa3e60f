import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { acquireLease, leaseAnnotations } from '../../src/clients/kubernetes/lease.ts';
import { connectKubernetes, type KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import { ClusterError } from '../../src/domain/errors.ts';
import { type JsonObject, stringAt } from '../../src/domain/json.ts';
import type { FailedRead } from '../../src/domain/snapshot.ts';
import { readSchemas } from '../../src/stages/snapshot/schemas.ts';
import { type Answer, type FakeApiServer, listPage, served, startFakeApiServer } from './fake-api-server.ts';
import { noAnswers, sent } from './no-answers.ts';

// That no answer is believed that is none: each read gets everything that a proxy, a login page or another server may say
// instead, and fails. What a real API server says is taken by all other tests.

const { signal } = new AbortController();
const KIND = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const REF = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'a', name: 'web' };
const BODY: JsonObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'a', name: 'web' } };
const DRY = { fieldManager: 'test', force: true, dryRun: true, signal };
const LEASE = { namespace: 'a', name: 'lease', holder: 'one', seconds: 30, signal };
const DEPLOYMENTS = served('apps/v1', ['deployments', 'Deployment', true]);

async function namesOf(client: KubernetesClient, namespace = ''): Promise<readonly string[]> {
  let names: string[] = [];
  await client.list(
    KIND,
    { namespace, signal },
    (items) => names.push(...items.map((item) => stringAt(item, 'metadata', 'name') ?? '')),
    () => {
      names = [];
    },
  );
  return names;
}

/** Throws as a pass would record it. */
async function schemaOf(client: KubernetesClient): Promise<void> {
  const failed: FailedRead[] = [];
  await readSchemas(client, ['apps/v1'], '', signal, failed);
  if (failed[0]) throw new ClusterError(failed[0].error, { code: 'bad-answer', subject: '', remedy: '' });
}

/** What reads, and the path that is answered wrongly; other paths are answered as an API server does. */
const READS: Readonly<
  Record<string, readonly [string, (client: KubernetesClient, transport: KubernetesTransport) => Promise<unknown>]>
> = {
  'a list': ['/apis/apps/v1/deployments', (client) => namesOf(client)],
  'a list of a namespace': ['/apis/apps/v1/namespaces/a/deployments', (client) => namesOf(client, 'a')],
  'an object': ['/apis/apps/v1/namespaces/a/deployments/web', (client) => client.get(KIND, REF, signal)],
  'a dry run of a patch': ['/apis/apps/v1/namespaces/a/deployments/web', (client) => client.jsonPatch(KIND, REF, [], DRY)],
  'a patch': [
    '/apis/apps/v1/namespaces/a/deployments/web',
    (client) => client.jsonPatch(KIND, REF, [], { ...DRY, dryRun: false }),
  ],
  'an apply': ['/apis/apps/v1/namespaces/a/deployments/web', (client) => client.apply(KIND, BODY, DRY)],
  'a creation': ['/apis/apps/v1/namespaces/a/deployments', (client) => client.create(KIND, BODY, signal)],
  'the kinds of a group': ['/apis/apps/v1', (client) => client.resourceKind('apps/v1', 'Deployment', signal)],
  'an access review': ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', (client) => client.mayI('patch', REF, signal)],
  'the index of schemas': ['/openapi/v3', schemaOf],
  'a schema': ['/openapi/v3/apis/apps/v1', schemaOf],
  'a Lease': ['/apis/coordination.k8s.io/v1/namespaces/a/leases/lease', (_, transport) => leaseTaken(transport)],
  'annotations of a Lease': [
    '/apis/coordination.k8s.io/v1/namespaces/a/leases/lease',
    (_, transport) => annotationsOf(transport),
  ],
};

async function leaseTaken(transport: KubernetesTransport): Promise<void> {
  await using _lease = await acquireLease(transport, LEASE);
}

function annotationsOf(transport: KubernetesTransport): Promise<unknown> {
  return leaseAnnotations(transport, LEASE);
}

function right(pathname: string): Answer {
  if (pathname === '/apis/apps/v1') return DEPLOYMENTS;
  return { body: { paths: { 'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1' } } } };
}

async function connected(server: FakeApiServer): Promise<readonly [KubernetesClient, KubernetesTransport]> {
  const transport = await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' });
  return [createKubernetesClient(transport), transport];
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (found) => `it was taken: ${JSON.stringify(found)}`,
    (error: unknown) => error,
  );
}

describe('an answer of the API server that is none', () => {
  for (const [what, [path, read]] of Object.entries(READS)) {
    it(`is a failed read of ${what}`, async () => {
      const cases = [...noAnswers('no-answers.yaml'), ...(what === 'a list' ? noAnswers('no-lists.yaml') : [])];
      let now: Answer = right('');
      await using server = await startFakeApiServer(({ pathname }) => (pathname === path ? now : right(pathname)));
      for (const none of cases) {
        // Whoever may not read a Lease's annotations does without.
        if (what === 'annotations of a Lease' && none.status === 403) continue;
        now = sent(none);
        const [client, transport] = await connected(server);
        expect(await failureOf(read(client, transport)), none.name).to.be.instanceOf(ClusterError);
        transport.close();
      }
    });
  }

  it('is reported with what came instead', async () => {
    await using server = await startFakeApiServer(() => ({
      body: { apiVersion: 'v1', kind: 'Status\u001b[31m', status: 'Success' },
    }));
    const [client] = await connected(server);
    expect(await failureOf(namesOf(client)))
      .to.have.property('message')
      .that.equals('cannot list deployments: the answer is a Status\\u{1b}[31m of v1, not a DeploymentList of apps/v1');
  });
});

describe('a list of the API server', () => {
  const item = (name: string): object => ({ metadata: { name, namespace: 'a' } });
  const page = (names: readonly string[], token = ''): Answer => listPage('apps/v1', 'Deployment', names.map(item), token);

  async function listed(answer: (token: string, url: URL) => Answer): Promise<unknown> {
    await using server = await startFakeApiServer((url) => answer(url.searchParams.get('continue') ?? '', url));
    const [client] = await connected(server);
    return await namesOf(client).catch((error: unknown) => error);
  }

  it('that overlaps from page to page holds each object once', async () => {
    const found = await listed((token) => (token === '' ? page(['one', 'two', 'two'], 'next') : page(['two', 'three'])));
    expect(found).to.deep.equal(['one', 'two', 'three']);
  });

  it('fails where it names a page that was read before', async () => {
    const next: Readonly<Record<string, string>> = { '': 'p', p: 'q', q: 'p' };
    expect(await listed((token) => page(['one'], next[token])))
      .to.have.property('message')
      .that.contains('same page');
  });

  it('fails where it never ends', async () => {
    let pages = 0;
    expect(await listed(() => page([`n${pages}`], String(++pages))))
      .to.have.property('message')
      .that.contains('does not end after 1000 pages');
  });

  it('is read by smaller pages where a page is larger than any answer may be', async () => {
    const huge = { ...page(['one']), body: `{"pad":"${'x'.repeat(96_000_001)}"}` };
    const limits: number[] = [];
    const found = await listed((_, url) => {
      limits.push(Number(url.searchParams.get('limit')));
      return limits.length < 3 ? huge : page(['one']);
    });
    expect(found).to.deep.equal(['one']);
    expect(limits).to.deep.equal([500, 63, 8]);
  });

  it('is read of a custom resource whose definition gives its list another name', async () => {
    const kind = { apiVersion: 'example.com/v1', kind: 'Gate', plural: 'gates', namespaced: true };
    const gate = { apiVersion: 'example.com/v1', kind: 'Gate', metadata: { name: 'one', namespace: 'a' } };
    let items: readonly object[] = [gate];
    await using server = await startFakeApiServer(() => ({
      body: { apiVersion: 'example.com/v1', kind: 'GatesOfHere', metadata: {}, items },
    }));
    const [client] = await connected(server);
    const read = async (): Promise<number> => {
      let count = 0;
      await client.list(
        kind,
        { signal },
        (found) => {
          count += found.length;
        },
        () => undefined,
      );
      return count;
    };
    expect(await read()).to.equal(1);
    items = [{ ...gate, kind: 'Wall' }];
    expect(await failureOf(read())).to.be.instanceOf(ClusterError);
  });
});

describe('a connection that drops while the API server is read', () => {
  const whole: Readonly<Record<string, Answer>> = {
    '/apis/apps/v1/deployments': listPage('apps/v1', 'Deployment', [{ metadata: { name: 'web', namespace: 'a' } }]),
    '/apis/apps/v1': DEPLOYMENTS,
    '/apis/apps/v1/namespaces/a/deployments/web': { body: BODY },
    '/openapi/v3': right('/openapi/v3'),
    '/openapi/v3/apis/apps/v1': { body: { openapi: '3.0.0', components: { schemas: {} } } },
    '/apis/coordination.k8s.io/v1/namespaces/a/leases/lease': {
      body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'lease', namespace: 'a' } },
    },
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': {
      status: 201,
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', status: { allowed: true } },
    },
  };
  const read = [
    'a list',
    'an object',
    'the kinds of a group',
    'an access review',
    'the index of schemas',
    'a schema',
    'annotations of a Lease',
  ];

  for (const [index, what] of read.entries()) {
    it(`costs another request and not ${what}`, async () => {
      const [path = '', ask] = READS[what] ?? [];
      let drops = 0;
      await using server = await startFakeApiServer((url, _request, response) => {
        if (url.pathname !== path || drops++ > 0) return whole[url.pathname];
        // Before the answer, or in the middle of it.
        if (index % 2 === 0) response.write('{"apiVersion":');
        setImmediate(() => response.destroy());
        return undefined;
      });
      const [client, transport] = await connected(server);
      await ask?.(client, transport);
      expect(server.requests.filter((request) => request.split('?')[0] === path)).to.have.length(2);
    });
  }

  it('is never repeated for a write', async () => {
    await using server = await startFakeApiServer((_url, _request, response) => {
      response.destroy();
      return undefined;
    });
    const [client] = await connected(server);
    expect(await failureOf(client.jsonPatch(KIND, REF, [], { ...DRY, dryRun: false }))).to.have.property('code', 'unavailable');
    expect(server.requests).to.have.length(1);
  });
});

describe('an answer that unpacks to a thousand times its size', () => {
  it('is left as soon as it is larger than 96 MB', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 28));
    await using server = await startFakeApiServer((_url, _request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(bomb);
      return undefined;
    });
    const [client] = await connected(server);
    const before = process.memoryUsage().external + process.memoryUsage().arrayBuffers;
    let most = 0;
    const watching = setInterval(() => {
      const { external, arrayBuffers } = process.memoryUsage();
      most = Math.max(most, external + arrayBuffers - before);
    }, 1);
    const error = await failureOf(client.get(KIND, REF, signal));
    clearInterval(watching);
    expect(error).to.have.property('message').that.contains('larger than 96 MB');
    // Both counters hold the same bytes; 256 MB of them would be twice 256.
    expect(most).to.be.lessThan(2 * 200e6);
  });
});

describe('an address that the API server hands out', () => {
  const elsewhere = [
    '@127.0.0.2/x',
    '.example.com/x',
    ':1/x',
    '//127.0.0.2/x',
    '/\\127.0.0.2/x',
    '/\t/127.0.0.2/x',
    'http://127.0.0.2/x',
    'x',
    '',
  ];
  for (const address of elsewhere) {
    it(`is not asked where it is ${JSON.stringify(address)}`, async () => {
      await using server = await startFakeApiServer(({ pathname }) =>
        pathname === '/openapi/v3' ? { body: { paths: { 'apis/apps/v1': { serverRelativeURL: address } } } } : right(pathname),
      );
      const [client, transport] = await connected(server);
      expect(await failureOf(schemaOf(client)))
        .to.have.property('message')
        .that.contains('a URL that is not below this address');
      expect(await failureOf(transport.request({ method: 'GET', path: address, signal }))).to.have.property('code', 'bad-answer');
      expect(server.requests).to.deep.equal(['/openapi/v3']);
    });
  }

  it('is not asked where it leaves the part of a server that the kubeconfig names', async () => {
    for (const [address, asked] of [
      ['/openapi/v3/apis/apps/v1?hash=1', '/clusters/a/openapi/v3/apis/apps/v1?hash=1'],
      ['/clusters/a/openapi/v3/apis/apps/v1', '/clusters/a/openapi/v3/apis/apps/v1'],
      ['/openapi/v3/../../../secrets', undefined],
      ['/clusters/b/openapi/v3/apis/apps/v1', undefined],
    ] as const) {
      await using server = await startFakeApiServer(
        ({ pathname }) =>
          pathname === '/clusters/a/openapi/v3'
            ? { body: { paths: { 'apis/apps/v1': { serverRelativeURL: address } } } }
            : { body: { openapi: '3.0.0', components: { schemas: {} } } },
        { prefix: '/clusters/a' },
      );
      const [client] = await connected(server);
      const failure = await failureOf(schemaOf(client));
      expect(server.requests[1], address).to.equal(asked);
      if (asked === undefined) expect(failure).to.have.property('message').that.contains('a URL that is not below this address');
    }
  });

  it('is not followed where it comes as a redirect', async () => {
    const seen: (string | undefined)[] = [];
    await using other = await startFakeApiServer((_url, request) => {
      seen.push(request.headers.authorization);
      return { body: BODY };
    });
    await using server = await startFakeApiServer(() => ({ status: 307, headers: { location: `${other.url}/x` }, body: '' }));
    const [client] = await connected(server);
    expect(await failureOf(client.get(KIND, REF, signal))).to.be.instanceOf(ClusterError);
    expect(seen).to.deep.equal([]);
  });
});
