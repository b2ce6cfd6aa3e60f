import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { clusterOfKubernetes } from '../../src/hub/worker/kubernetes.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { base64, Client, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, unitPath } from './scene.ts';

let scenes = 0;

/** A hub whose worker applies to a namespace of its own on the real API server. */
export interface Scene extends AsyncDisposable {
  readonly client: Client;
  readonly space: string;
  readonly namespace: string;
  readonly target: string;
  unit(slug: string, text: string): Promise<JsonObject>;
  write(unit: JsonObject, text: string): Promise<void>;
  /** Runs an operation to its end and answers its last event. */
  run(unit: JsonObject, action?: 'apply' | 'destroy' | 'refresh'): Promise<JsonObject>;
  kubectl(...args: readonly string[]): Promise<string>;
  /** Names of the ConfigMaps of the scene, but for those that every namespace has. */
  configMaps(): Promise<readonly string[]>;
}

export async function scene(parameters: JsonObject = {}, dataDir = ':memory:'): Promise<Scene> {
  const cluster: ControlPlane = await sharedControlPlane();
  const namespace = `worker-${process.pid}-${++scenes}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  const hub = await startTestHub({
    dataDir,
    clusterFor: async () => clusterOfKubernetes(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' })),
  });
  const client = new Client(hub.url);
  const space = await createSpace(client, `space-${namespace}`);
  const worker = await createNamed(client, space, 'bridge_worker', { Slug: 'w' });
  const target = String(
    (
      await createNamed(client, space, 'target', {
        Slug: 't',
        BridgeWorkerID: worker['BridgeWorkerID'] ?? null,
        ProviderType: 'Kubernetes',
        ToolchainType: 'Kubernetes/YAML',
        Parameters: JSON.stringify({ KubeNamespace: namespace, ...parameters }),
      })
    )['TargetID'],
  );
  const kubectl = async (...args: readonly string[]): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, ...args])).stdout;
  return {
    client,
    space,
    namespace,
    target,
    unit: (slug, text) => createUnit(client, space, slug, text, { TargetID: target }),
    write: async (unit, text) => {
      await client.patch(unitPath(unit), { Data: base64(text) });
    },
    async run(unit, action = 'apply') {
      const operation = (await client.post(`${unitPath(unit)}/${action}`)).object;
      for (;;) {
        const query = { where: `QueuedOperationID = '${operation['QueuedOperationID']}'` };
        const last = (await client.get(`${unitPath(unit)}/unit_event`, query)).list.at(-1);
        if (last && ['Completed', 'Failed', 'Canceled'].includes(String(last['Status']))) return last;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    kubectl,
    configMaps: async () =>
      (await kubectl('get', 'configmaps', '-o', 'name'))
        .split('\n')
        .filter((name) => name !== '' && !name.includes('kube-root-ca')),
    [Symbol.asyncDispose]: () => hub.close(),
  };
}
