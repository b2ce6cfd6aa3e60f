import type { KubernetesClient, ResourceKind } from '../../kubernetes/client.ts';
import { stringAt } from '../../types/json.ts';
import type { Cluster } from './cluster.ts';

/** A target's cluster over the project's own Kubernetes client. */
export function clusterOfKubernetes(kubernetes: KubernetesClient): Cluster {
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
  };
}
