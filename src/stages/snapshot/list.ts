import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { ClusterError, messageOf } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { FailedRead } from '../../domain/snapshot.ts';

export interface Listing {
  readonly namespaces: readonly string[];
  /** Only these are asked for, also where the account may list all of them. */
  readonly isNarrow?: boolean;
  /** Filled with what could not be read. */
  readonly failedReads: FailedRead[];
  /** Filled with kinds whose objects are in no namespace. */
  readonly clusterScoped: string[];
  readonly signal: AbortSignal;
}

/** What is kept of an object; `undefined` for nothing. Called as each page arrives, so that no more of it is held. */
export type Keep<T> = (item: JsonObject) => T | undefined;

/** Lists cluster-wide; where that is forbidden or not wanted, namespace by namespace, so that namespaced roles are enough. */
export async function listKind<T>(
  kubernetes: KubernetesClient,
  kind: string,
  keep: Keep<T>,
  { namespaces, isNarrow = false, failedReads, clusterScoped, signal }: Listing,
): Promise<readonly T[]> {
  const { apiVersion, name } = splitKind(kind);
  const resource = await kubernetes.resourceKind(apiVersion, name, signal);
  if (!resource) {
    failedReads.push({ what: kind, namespace: '', error: `the API server does not serve ${kind}` });
    return [];
  }
  if (!resource.namespaced) clusterScoped.push(kind);
  if (!isNarrow || !resource.namespaced) {
    try {
      return await listAll(kubernetes, resource, '', keep, signal);
    } catch (error) {
      const isForbidden = error instanceof ClusterError && error.code === 'permission';
      if (!isForbidden || !resource.namespaced) throw error;
    }
  }
  const items: T[] = [];
  for (const namespace of namespaces) {
    try {
      items.push(...(await listAll(kubernetes, resource, namespace, keep, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      failedReads.push({ what: kind, namespace, error: messageOf(error) });
    }
  }
  return items;
}

/** What is kept of every object of a kind in a namespace, empty for all of them. */
export async function listAll<T>(
  kubernetes: KubernetesClient,
  resource: ResourceKind,
  namespace: string,
  keep: Keep<T>,
  signal: AbortSignal,
): Promise<T[]> {
  let items: T[] = [];
  await kubernetes.list(
    resource,
    { namespace, signal },
    (page) => {
      for (const item of page) {
        const kept = keep(item);
        if (kept !== undefined) items.push(kept);
      }
    },
    () => {
      items = [];
    },
  );
  return items;
}

/** The kind in the version of its API that the server has, or as it is where it has none. */
export async function servedKind(kubernetes: KubernetesClient, kind: string, signal: AbortSignal): Promise<string> {
  const { apiVersion, name } = splitKind(kind);
  const nearest = await kubernetes.nearestKind(apiVersion, name, signal);
  return nearest === undefined ? kind : `${nearest.apiVersion}/${nearest.kind}`;
}

export function splitKind(kind: string): { readonly apiVersion: string; readonly name: string } {
  const slash = kind.lastIndexOf('/');
  return { apiVersion: kind.slice(0, slash), name: kind.slice(slash + 1) };
}
