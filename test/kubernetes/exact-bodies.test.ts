import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createKubernetesClient, type KubernetesClient, type ResourceKind } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { at, type JsonObject } from '../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../src/domain/json-patch.ts';
import { type LiveScene, liveScene } from '../diff/live-scene.ts';

// That every value reaches a real API server and comes back as it is: whole numbers of 64 bits, and odd characters, which
// a body that is read as YAML and the test of a JSON patch each want in a spelling of their own.

const CASE = new URL('../../fixtures/diff/cases/whole-numbers-beyond-53-bits/', import.meta.url);
const API_VERSION = 'gate.example.com/v1';

describe('requests to a real API server', function () {
  this.timeout(120_000);
  let scene: LiveScene;
  let client: KubernetesClient;
  const { signal } = new AbortController();
  const write = { fieldManager: 'confighub', dryRun: false, signal };

  before(async () => {
    scene = await liveScene([`${API_VERSION}/Gate`]);
    const crd = readFileSync(new URL('crd.yaml', CASE), 'utf8');
    await scene.kubectl(['apply', '-f', '-'], crd);
    await scene.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
    client = createKubernetesClient(await connectKubernetes({ kubeconfig: scene.cluster.kubeconfig, userAgent: 'test' }));
  });
  after(() => client?.close());

  const kindOf = async (apiVersion: string, kind: string): Promise<ResourceKind> => {
    const found = await client.resourceKind(apiVersion, kind, signal);
    if (!found) throw new Error(`${kind} is not served`);
    return found;
  };

  it('carry whole numbers of 64 bits exactly: applied, compared, patched', async () => {
    const kind = await kindOf(API_VERSION, 'Gate');
    const ref = { apiVersion: API_VERSION, kind: 'Gate', namespace: scene.namespace, name: 'big' };
    const spec = {
      priority: 9007199254740993n,
      limits: [-9007199254740995n, 9223372036854775807n],
      free: { unsigned: 2 ** 64, float: 1e16 },
    };
    const applied = await client.apply(
      kind,
      { apiVersion: API_VERSION, kind: 'Gate', metadata: { name: 'big', namespace: scene.namespace }, spec },
      { ...write, force: true },
    );
    expect(at(applied, 'spec', 'priority')).to.equal(9007199254740993n);
    expect(await scene.kubectl(['get', 'gate', 'big', '-o', 'json'])).to.match(/"priority": 9007199254740993\b/u);

    const manifest = `apiVersion: ${API_VERSION}
kind: Gate
metadata: {name: big, namespace: NAMESPACE}
spec:
  priority: 9007199254740993
  limits: [-9007199254740995, 9223372036854775807]
  free: {unsigned: 18446744073709551615, float: 1e16}
`;
    expect(await scene.findings(manifest)).to.deep.equal([]);
    const [departed] = await scene.findings(manifest.replace('740993', '740992'));
    expect(departed).to.include({ desired: 9007199254740992n, live: 9007199254740993n });

    const operations: readonly JsonPatchOperation[] = [
      { op: 'test', path: '/spec/priority', value: 9007199254740993n },
      { op: 'replace', path: '/spec/priority', value: 9007199254740992n },
      { op: 'add', path: '/spec/free/more', value: [{ deep: -9007199254740997n }] },
    ];
    const patched = await client.jsonPatch(kind, ref, operations, write);
    expect(at(patched, 'spec', 'priority')).to.equal(9007199254740992n);
    expect(at(patched, 'spec', 'free', 'more')).to.deep.equal([{ deep: -9007199254740997n }]);
    const [stale] = await Promise.allSettled([client.jsonPatch(kind, ref, operations, write)]);
    expect(stale.status).to.equal('rejected');
  });

  it('carry every character: applied, tested and patched', async () => {
    const kind = await kindOf('v1', 'ConfigMap');
    const odd = [
      ...'\u0001\b\t\n\u001f<>&\u007f\u0080\u0085\u009f\u00a0\u2028\u2029\ufeff\ufdd0\ufffe\uffff',
      ...['\u{1f600}', '\u{1fffe}', '\u{10ffff}', '"\\', '\\u2028', 'a: b # c'],
    ];
    const data = Object.fromEntries(odd.map((text, index) => [`key${index}`, `a${text}b ${text}`]));
    const metadata = { name: 'odd', namespace: scene.namespace };
    const body: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    expect(at(await client.apply(kind, body, { ...write, force: true }), 'data')).to.deep.equal(data);
    const operations = Object.entries(data).flatMap(([key, value]): JsonPatchOperation[] => [
      { op: 'test', path: `/data/${key}`, value },
      { op: 'replace', path: `/data/${key}`, value: `${value}${value}` },
    ]);
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...metadata };
    const doubled = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, `${value}${value}`]));
    expect(at(await client.jsonPatch(kind, ref, operations, write), 'data')).to.deep.equal(doubled);
  });
});
