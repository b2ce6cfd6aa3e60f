import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { ClusterError } from '../../domain/errors.ts';

/** The kind of a desired object as the server serves it. */
export async function kindOf(
  desired: Pick<DesiredObject, 'ref'>,
  kubernetes: KubernetesClient,
  signal: AbortSignal,
): Promise<ResourceKind> {
  const { apiVersion, kind } = desired.ref;
  const found = await kubernetes.resourceKind(apiVersion, kind, signal);
  if (found) return found;
  throw new ClusterError(`the API server does not serve ${apiVersion}/${kind}`, {
    code: 'invalid',
    subject: desired.ref.name,
    remedy: 'Install what serves the kind, or correct the unit.',
  });
}
