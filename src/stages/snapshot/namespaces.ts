import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { type DesiredObject, type DesiredState, indexDeclarations } from '../../domain/desired.ts';
import { ClusterError, throwUnless } from '../../domain/errors.ts';

/**
 * The desired state with the namespace that `kubectl apply` would give each object: where a document names none, this one; none
 * for kinds that belong to no namespace, which the API server is asked about. A kind that it cannot tell of, as of an aggregated
 * API that is down, is taken for a namespaced one. Throws `ClusterError` where the server does not answer at all.
 */
export async function inNamespaces(
  kubernetes: KubernetesClient,
  desired: DesiredState,
  namespace: string,
  signal: AbortSignal,
): Promise<DesiredState> {
  await kubernetes.read('/version', 'ask the API server for its version', signal);
  const declared = [...desired.objects, ...desired.conflicts.flat()];
  const clusterScoped = new Set<string>();
  for (const [kind, [object]] of Map.groupBy(declared, kindOf)) {
    if (!object) continue;
    try {
      const served = await kubernetes.resourceKind(object.ref.apiVersion, object.ref.kind, signal);
      if (served?.namespaced === false) clusterScoped.add(kind);
    } catch (error) {
      // The read of its objects fails as well, and is recorded.
      throwUnless(error, ClusterError, signal);
    }
  }
  const placed = declared.map((object): DesiredObject => {
    const { ref } = object;
    return { ...object, ref: { ...ref, namespace: clusterScoped.has(kindOf(object)) ? '' : ref.namespace || namespace } };
  });
  return { ...desired, ...indexDeclarations(placed) };
}

function kindOf({ ref }: DesiredObject): string {
  return `${ref.apiVersion}/${ref.kind}`;
}
