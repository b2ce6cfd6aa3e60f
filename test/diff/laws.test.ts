import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { createKubernetesClient, type KubernetesClient, type ResourceKind } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { DesiredObject } from '../../src/domain/desired.ts';
import { printPath } from '../../src/domain/field-path.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../src/domain/json-patch.ts';
import type { ObjectRef } from '../../src/domain/object-ref.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { createCompare } from '../../src/stages/diff/diff.ts';
import { projectLive, takeSnapshot } from '../../src/stages/snapshot/snapshot.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { unit } from '../types/builders.ts';
import { generateManifests } from './generate/manifests.ts';

// What holds for every manifest and every change of another hand. A dry run's answer carries the changed object with
// its managedFields, so that a change costs one request and leaves the object as it was.

const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const SEED = Number(process.env['DRIFT_SEED'] ?? randomInt(2 ** 31));
const OBJECTS = IS_LONG ? 120 : 14;
const CHANGES = IS_LONG ? 1_500 : 150;
const APP = '/spec/template/spec/containers[name=app]';
const POD = '/spec/template/spec';

/** One change by hand: where, what of it is expected, and how it is done to a live object. */
interface Change {
  readonly path: string;
  readonly class: string;
  readonly operations: (live: JsonObject) => readonly JsonPatchOperation[];
}

const added = (path: string, pointer: string, value: Json): Change => ({
  path,
  class: 'added',
  operations: () => [{ op: 'add', path: pointer, value }],
});

/** Changes that are valid for every workload and do not touch each other. */
const CHANGES_OF_ANY: readonly Change[] = [
  {
    path: `${APP}/image`,
    class: 'changed',
    operations: () => [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example/other:9' }],
  },
  added(`${POD}/containers[name=extra]`, '/spec/template/spec/containers/-', { name: 'extra', image: 'x' }),
  added('/metadata/labels/extra', '/metadata/labels/extra', 'yes'),
  added('/spec/template/metadata/labels/extra', '/spec/template/metadata/labels/extra', 'yes'),
  added('/metadata/annotations/extra', '/metadata/annotations/extra', 'yes'),
  added(`${POD}/runtimeClassName`, '/spec/template/spec/runtimeClassName', 'gvisor'),
  added('/metadata/finalizers[="example.com/hold"]', '/metadata/finalizers', ['example.com/hold']),
];

interface Scene {
  readonly client: KubernetesClient;
  readonly snapshot: Snapshot;
  readonly objects: readonly DesiredObject[];
  readonly kinds: ReadonlyMap<string, ResourceKind>;
  readonly compare: (desired: DesiredObject, live: JsonObject) => readonly Finding[];
  readonly close: () => void;
}

async function startScene(): Promise<Scene> {
  const cluster = await sharedControlPlane();
  const namespace = `laws-${SEED}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  await cluster.kubectl(['label', 'namespace', namespace, `scene=${namespace}`]);
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'laws' }));
  const signal = AbortSignal.timeout(600_000);
  const documents = generateManifests(SEED, OBJECTS * 2)
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet')
    .map((document): JsonObject => withMaps({ ...document, metadata: { ...(document['metadata'] as JsonObject), namespace } }));
  const kinds = new Map<string, ResourceKind>();
  const objects: DesiredObject[] = [];
  for (const document of documents) {
    const ref: ObjectRef = {
      apiVersion: 'apps/v1',
      kind: String(document['kind']),
      namespace,
      name: String((document['metadata'] as JsonObject)['name']),
    };
    const kind = kinds.get(ref.kind) ?? (await client.resourceKind('apps/v1', ref.kind, signal));
    if (!kind) throw new Error(`no kind ${ref.kind}`);
    kinds.set(ref.kind, kind);
    await client.apply(kind, document, { fieldManager: 'confighub', force: true, dryRun: false, signal });
    objects.push({ ref, document, documentIndex: 0, unit: unit(ref.name) });
  }
  const snapshot = await takeSnapshot(client, {
    namespaceSelector: `scene=${namespace}`,
    kinds: [...kinds.keys()].map((kind) => `apps/v1/${kind}`),
    cacheDir: '',
    signal,
  });
  const compare = createCompare(snapshot, { cluster: 'test', desiredManagers: ['confighub'] });
  return {
    client,
    snapshot,
    objects,
    kinds,
    compare: (desired, live) => compare(desired, projectLive(live, desired.ref)),
    close: () => client.close(),
  };
}

/** Maps that a JSON patch can add to. */
function withMaps(document: JsonObject): JsonObject {
  const metadata = document['metadata'] as JsonObject;
  return {
    ...document,
    metadata: {
      ...metadata,
      labels: { base: 'x', ...(metadata['labels'] as JsonObject) },
      annotations: { base: 'x', ...(metadata['annotations'] as JsonObject) },
    },
  };
}

/** Keyed lists whose order means nothing, turned round. */
function reversed(value: Json, field = ''): Json {
  if (isJsonArray(value)) {
    const list = value.map((entry) => reversed(entry));
    return ['containers', 'volumes', 'ports', 'volumeMounts'].includes(field) ? list.toReversed() : list;
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, reversed(entry, key)]));
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) freeze(entry);
  }
  return value;
}

const drift = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter((finding) => finding.class !== 'informational' && finding.class !== 'pending');

describe(`laws of the comparison (DRIFT_SEED=${SEED})`, function () {
  this.timeout(IS_LONG ? 600_000 : 120_000);
  let scene: Scene;
  before(async () => {
    scene = await startScene();
  });
  after(() => scene.close());

  const liveOf = async (desired: DesiredObject): Promise<JsonObject> => {
    const kind = scene.kinds.get(desired.ref.kind);
    const live = kind && (await scene.client.get(kind, desired.ref, AbortSignal.timeout(10_000)));
    if (!live) throw new Error(`${desired.ref.name} is gone`);
    return live;
  };

  it('finds exactly what another hand changed, with its name, whatever was changed and wherever', async () => {
    const change = fc.tuple(
      fc.nat(scene.objects.length - 1),
      fc.uniqueArray(fc.constantFrom(...CHANGES_OF_ANY), { minLength: 1, maxLength: 4, selector: (entry) => entry.path }),
    );
    let judged = 0;
    for (const [index, changes] of fc.sample(change, { seed: SEED, numRuns: CHANGES })) {
      const desired = scene.objects[index];
      const kind = desired && scene.kinds.get(desired.ref.kind);
      if (!desired || !kind) continue;
      const live = await liveOf(desired);
      const operations = changes.flatMap((entry) => entry.operations(live));
      const options = { fieldManager: 'kubectl-edit', dryRun: true, signal: AbortSignal.timeout(10_000) };
      const answer = await scene.client.jsonPatch(kind, desired.ref, operations, options);
      const found = drift(scene.compare(desired, answer)).map(
        (finding) => `${finding.class} ${printPath(finding.path)} by ${finding.blame?.manager}`,
      );
      const expected = changes.map((entry) => `${entry.class} ${entry.path} by kubectl-edit`);
      expect([...found].sort(), desired.ref.name).to.deep.equal([...expected].sort());
      judged++;
    }
    expect(judged).to.equal(CHANGES);
  });

  it('finds nothing where the order of keyed lists is another one', async () => {
    for (const desired of scene.objects) {
      const turned = { ...desired, document: reversed(desired.document) as JsonObject };
      expect(drift(scene.compare(turned, await liveOf(desired))), desired.ref.name).to.deep.equal([]);
    }
  });

  it('says the same twice, and touches neither side', async () => {
    for (const desired of scene.objects.slice(0, 10)) {
      const live = freeze(await liveOf(desired));
      const frozen = freeze({ ...desired });
      const other = freeze({
        ...desired,
        document: { ...desired.document, spec: { ...(desired.document['spec'] as JsonObject), minReadySeconds: 77 } },
      });
      expect(scene.compare(frozen, live)).to.deep.equal(scene.compare(frozen, live));
      expect(scene.compare(other, live)).to.deep.equal(scene.compare(other, live));
      expect(scene.compare(other, live).map((finding) => printPath(finding.path))).to.include('/spec/minReadySeconds');
    }
  });
});
