import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { DesiredUnit } from '../../src/domain/desired.ts';
import { printPath } from '../../src/domain/field-path.ts';
import type { Comparison, Finding } from '../../src/domain/finding.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { diff, withoutStrayNamespaces } from '../../src/stages/diff/diff.ts';
import { readDeclaredVersions, takeSnapshot } from '../../src/stages/snapshot/snapshot.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';

let scenes = 0;

/** A namespace of its own on the real API server, with one unit that declares what should be in it. */
export interface LiveScene {
  readonly cluster: ControlPlane;
  readonly namespace: string;
  /** kubectl in this namespace. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Server-side apply as ConfigHub's worker does it. */
  applyAsConfigHub(manifest: string): Promise<void>;
  /** What the detector finds when the unit declares this manifest. */
  compare(manifest: string, unit?: Partial<DesiredUnit>, desiredManagers?: readonly string[]): Promise<Comparison>;
  findings(manifest: string, unit?: Partial<DesiredUnit>): Promise<readonly Finding[]>;
  /** The same where the server publishes no schema of these objects. */
  findingsWithoutSchema(manifest: string): Promise<readonly Finding[]>;
}

const WORKLOADS = ['apps/v1/Deployment', 'apps/v1/StatefulSet', 'apps/v1/DaemonSet'];

/** `kinds` are those that are compared. */
export async function liveScene(kinds: readonly string[] = WORKLOADS): Promise<LiveScene> {
  const cluster = await sharedControlPlane();
  const namespace = `diff-${process.pid}-${++scenes}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  await cluster.kubectl(['label', 'namespace', namespace, `scene=${namespace}`]);
  const kubectl: LiveScene['kubectl'] = async (args, input) => (await cluster.kubectl(['-n', namespace, ...args], input)).stdout;
  const compare = async (
    manifest: string,
    unit: Partial<DesiredUnit> = {},
    desiredManagers: readonly string[] = ['confighub'],
    hasSchema = true,
  ): Promise<Comparison> => {
    const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' }));
    try {
      return await compareIn(client, { namespace, kinds, manifest, unit, desiredManagers, hasSchema });
    } finally {
      client.close();
    }
  };
  const findingsOf = ({ objects }: Comparison): readonly Finding[] => objects.flatMap((object) => object.findings);
  return {
    cluster,
    namespace,
    kubectl,
    applyAsConfigHub: async (manifest) => {
      await kubectl(
        ['apply', '--server-side', '--force-conflicts', '--field-manager=confighub', '-f', '-'],
        manifest.replaceAll('NAMESPACE', namespace),
      );
    },
    compare,
    findings: async (manifest, unit) => findingsOf(await compare(manifest, unit)),
    findingsWithoutSchema: async (manifest) => findingsOf(await compare(manifest, {}, undefined, false)),
  };
}

interface Compared {
  /** Has the label `scene` with its own name. */
  readonly namespace: string;
  readonly kinds: readonly string[];
  readonly manifest: string;
  readonly unit?: Partial<DesiredUnit>;
  readonly desiredManagers?: readonly string[];
  readonly hasSchema?: boolean;
}

/** What the detector finds in a namespace when one unit declares the manifest, by whatever answers the client. */
export async function compareIn(
  client: KubernetesClient,
  { namespace, kinds, manifest, unit = {}, desiredManagers = ['confighub'], hasSchema = true }: Compared,
): Promise<Comparison> {
  const signal = AbortSignal.timeout(30_000);
  const taken = await takeSnapshot(client, { namespaceSelector: `scene=${namespace}`, kinds, cacheDir: '', signal });
  const text = manifest.replaceAll('NAMESPACE', namespace);
  const assembled = assembleDesired([{ ok: true, unit: { ...UNIT, text, ...unit } }], '');
  if (assembled.invalid.length > 0) throw new Error(JSON.stringify(assembled.invalid));
  const desired = withoutStrayNamespaces(assembled, taken.clusterScoped);
  const snapshot = await readDeclaredVersions(client, taken, desired, { cacheDir: '', signal });
  return diff(hasSchema ? snapshot : withoutSchemas(snapshot), desired, { cluster: 'test', desiredManagers });
}

function withoutSchemas(snapshot: Snapshot): Snapshot {
  return { ...snapshot, schemas: Object.fromEntries(Object.keys(snapshot.schemas).map((apiVersion) => [apiVersion, {}])) };
}

const UNIT: DesiredUnit = {
  id: 'unit-1',
  slug: 'unit',
  spaceId: 'space-1',
  space: 'space',
  labels: {},
  isCritical: false,
  target: 'cluster',
  gates: [],
  version: 1,
  headHash: '',
  headRevision: 1,
  liveRevision: 1,
  lastAppliedRevision: 1,
  text: '',
  headText: '',
  hasUnappliedChanges: false,
  lastChangeDescription: '',
};

/** Findings as short lines: class, path, desired, live, and who. */
export function lines(findings: readonly Finding[]): readonly string[] {
  const value = (side: unknown): string => (side === undefined ? '-' : JSON.stringify(side));
  return findings.map(({ class: findingClass, path, desired, live, blame }) => {
    const who = blame ? `${blame.manager}${blame.subresource === '' ? '' : `/${blame.subresource}`} (${blame.actor})` : 'nobody';
    return `${findingClass} ${printPath(path)}: ${value(desired)} -> ${value(live)} by ${who}`;
  });
}
