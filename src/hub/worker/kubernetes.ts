import { createKubernetesClient, objectPath, type ResourceKind } from '../../clients/kubernetes/client.ts';
import { type KubernetesTransport, statusError } from '../../clients/kubernetes/transport.ts';
import { stringAt } from '../../domain/json.ts';
import type { Cluster } from './cluster.ts';

/** A target's cluster over the project's own Kubernetes client. Only this code deletes: a pass never does. */
export function clusterOfKubernetes(transport: KubernetesTransport): Cluster {
  const kubernetes = createKubernetesClient(transport);
  const kindOf = async (apiVersion: string, kind: string, signal: AbortSignal): Promise<ResourceKind> => {
    const found = await kubernetes.resourceKind(apiVersion, kind, signal);
    if (!found) throw new Error(`the API server does not serve ${apiVersion} ${kind}`);
    return found;
  };
  return {
    async apply(document, { fieldManager, force, signal }) {
      const kind = await kindOf(stringAt(document, 'apiVersion') ?? '', stringAt(document, 'kind') ?? '', signal);
      return kubernetes.apply(kind, document, { fieldManager, force, dryRun: false, signal });
    },
    async get(ref, signal) {
      return kubernetes.get(await kindOf(ref.apiVersion, ref.kind, signal), ref, signal);
    },
    async delete(ref, uid, signal) {
      const kind = await kindOf(ref.apiVersion, ref.kind, signal);
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions: { uid } };
      const path = objectPath(kind, ref);
      const response = await transport.request({ method: 'DELETE', path, body, contentType: 'application/json', signal });
      if (response.status >= 300 && response.status !== 404)
        throw statusError(response, `delete ${ref.kind} ${ref.name}`, ref.name);
    },
  };
}
