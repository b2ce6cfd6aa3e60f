import { load } from 'js-yaml';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import type { KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import type { Json } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { fixture } from '../demo/world.ts';
import { compareIn, lines } from '../diff/live-scene.ts';

// One scene for servers older than the versions of its kinds that are configured: made on a real one (record-answers.ts,
// old-servers.test.ts) and told again by what that one answered.

interface Scene {
  readonly kinds: readonly string[];
  /** Arguments of kubectl. */
  readonly hands: readonly (readonly string[])[];
  /** Findings, one a line. */
  readonly found: readonly string[];
}

/** The answer to each read of a pass, by path and query. */
export type Answers = Readonly<Record<string, { readonly status: number; readonly body: Json }>>;

const NAMESPACE = 'old-servers';

export async function readScene(): Promise<Scene> {
  // Written by us, in this form.
  return load(await fixture('old-servers/scene.yaml')) as Scene;
}

/** Applies the units as ConfigHub's worker does, and lets hands change what they made. */
export async function makeScene({ kubectl }: ControlPlane): Promise<void> {
  const crd = await fixture('offline/custom/crd.yaml');
  await kubectl(['apply', '-f', '-'], crd);
  await kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
  await kubectl(['create', 'namespace', NAMESPACE]);
  await kubectl(['label', 'namespace', NAMESPACE, `scene=${NAMESPACE}`]);
  const desired = (await readUnit()).replaceAll('NAMESPACE', NAMESPACE);
  await kubectl(['apply', '--server-side', '--field-manager=confighub', '-f', '-'], desired);
  const scene = await readScene();
  for (const hand of scene.hands) await kubectl(['-n', NAMESPACE, ...hand]);
  const raised = ['wait', 'deployment/busy', '--for=jsonpath={.spec.replicas}=4', '--timeout=60s'];
  await kubectl(['-n', NAMESPACE, ...raised]);
}

export const readUnit = (): Promise<string> => fixture('old-servers/desired.yaml');

/** What a pass says of the scene: version and kind as they are declared, name, class, path, values and who. */
export async function foundBy(transport: KubernetesTransport, manifest: string): Promise<readonly string[]> {
  const { kinds } = await readScene();
  const compared = await compareIn(createKubernetesClient(transport), { namespace: NAMESPACE, kinds, manifest });
  const found = compared.objects.flatMap(({ findings }) =>
    findings.flatMap((finding) => lines([finding]).map((line) => ({ ref: finding.ref, line }))),
  );
  const refused = compared.invalid.map(({ desired, message }) => ({ ref: desired.ref, line: `refused: ${message}` }));
  return [...found, ...refused].map(({ ref, line }) => `${ref.apiVersion}/${ref.kind} ${ref.name} ${line}`).sort();
}
