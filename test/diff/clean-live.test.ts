import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { isDrift } from '../../src/domain/finding.ts';
import { at, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { displayRef } from '../../src/domain/object-ref.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { type CleanManifest, cleanManifest } from '../../src/stages/diff/diff.ts';
import { takeSnapshot } from '../../src/stages/snapshot/snapshot.ts';
import { parse } from '../types/builders.ts';
import { manifestSet } from './generate/manifest-set.ts';
import { type LiveScene, lines, liveScene } from './live-scene.ts';

// A unit made of a live workload says the same as the manifest that it came from: the API server makes the very same
// object of it, and comparing finds nothing. Whoever created the workload, and however.

const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const SEED = Number(process.env['DRIFT_SEED'] ?? randomInt(2 ** 31));
const GENERATED = IS_LONG ? 220 : 20;
const KINDS = ['apps/v1/Deployment', 'apps/v1/StatefulSet', 'apps/v1/DaemonSet'];

const WAYS: readonly (readonly [string, readonly string[]])[] = [
  ['kubectl create, whose entry owns every default', ['create']],
  ['kubectl apply (client side)', ['apply']],
  ['another GitOps tool (server-side apply)', ['apply', '--server-side', '--field-manager=argocd-controller']],
  ['a unit that ConfigHub has no more (server-side apply)', ['apply', '--server-side', '--field-manager=confighub']],
];

async function snapshotOf({ cluster, namespace }: LiveScene): Promise<Snapshot> {
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' }));
  const signal = AbortSignal.timeout(30_000);
  try {
    return await takeSnapshot(client, { namespaceSelector: `scene=${namespace}`, kinds: KINDS, cacheDir: '', signal });
  } finally {
    client.close();
  }
}

/** The API server writes it only where the manifest leaves the type of strategy out (measured on 1.34). */
const SAME_AS_NOTHING = new Set(['/spec/updateStrategy/rollingUpdate/partition: 0']);

/** What an object is, without what the API server and controllers note about it. */
function substance(body: JsonObject, isAutoscaled: boolean): Json {
  const { replicas = null, ...spec } = isJsonObject(body['spec']) ? body['spec'] : {};
  return { spec, replicas: isAutoscaled ? null : replicas, labels: at(body, 'metadata', 'labels') ?? null };
}

/** Each leaf in a line, so that a failure shows the one that is another. */
function leaves(value: Json, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${JSON.stringify(value)}`];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${path}: ${JSON.stringify(value)}`];
  return entries.flatMap(([key, entry]) => leaves(entry, `${path}/${key}`)).sort();
}

describe('a live workload as a unit', function () {
  this.timeout(IS_LONG ? 900_000 : 180_000);
  for (const [way, verb] of WAYS) {
    it(`is the same workload again, and in sync, after ${way} (DRIFT_SEED=${SEED})`, async () => {
      const scene = await liveScene();
      const manifests = manifestSet(SEED, GENERATED, scene.cluster.version).replaceAll('NAMESPACE', scene.namespace);
      await scene.kubectl([...verb, '-f', '-'], manifests);
      const snapshot = await snapshotOf(scene);
      const made = snapshot.objects
        .filter(({ isControlled }) => !isControlled)
        .map((live): { readonly live: typeof live; readonly found: CleanManifest } => ({
          live,
          found: cleanManifest(live, snapshot, { cluster: 'test', desiredManagers: ['confighub'] }),
        }));
      const refused = made.flatMap(({ live, found }) => (found.ok ? [] : [`${displayRef(live.ref)}: ${found.why}`]));
      expect(refused.filter((why) => !why.includes('looks like a secret'))).to.deep.equal([]);
      const kept = made.flatMap(({ live, found }) => (found.ok ? [{ live, document: found.document }] : []));
      expect(kept.length).to.be.greaterThan(made.length / 2);

      const text = kept.map(({ document }) => JSON.stringify(document)).join('\n---\n');
      const unit = { liveRevision: 0, lastAppliedRevision: 0 };
      const { objects } = await scene.compare(text, unit);
      const drift = objects.flatMap((object) => object.findings.filter(isDrift));
      expect(lines(drift).slice(0, 10)).to.deep.equal([]);

      // Somewhere else: a workload may not become another one while it runs, and its pods do not matter here.
      const twin = await liveScene();
      await twin.kubectl(['apply', '--server-side', '-f', '-'], text.replaceAll(`"${scene.namespace}"`, `"${twin.namespace}"`));
      const again = new Map((await snapshotOf(twin)).objects.map((object) => [`${object.ref.kind}/${object.ref.name}`, object]));
      for (const { live, document } of kept) {
        const isAutoscaled = live.ref.kind !== 'DaemonSet' && at(document, 'spec', 'replicas') === undefined;
        const other = again.get(`${live.ref.kind}/${live.ref.name}`);
        const told = JSON.stringify(substance(other?.body ?? {}, isAutoscaled)).replaceAll(twin.namespace, scene.namespace);
        const said = (value: Json): readonly string[] => leaves(value).filter((line) => !SAME_AS_NOTHING.has(line));
        const [before, after] = [said(substance(live.body, isAutoscaled)), said(parse(told))];
        expect(
          after.filter((line) => !before.includes(line)),
          displayRef(live.ref),
        ).to.deep.equal([]);
        expect(
          before.filter((line) => !after.includes(line)),
          displayRef(live.ref),
        ).to.deep.equal([]);
      }
    });
  }
});
