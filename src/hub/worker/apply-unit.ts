import { parseManifest } from '../../kubernetes/manifest.ts';
import { isJsonObject, type JsonObject, stringAt } from '../../types/json.ts';
import { displayRef, refOf } from '../../types/object-ref.ts';
import type { Cluster } from './cluster.ts';
import { writeLiveState } from './live-state.ts';

/** The name under which ConfigHub's part of an object is kept in `managedFields`. */
export const FIELD_MANAGER = 'confighub';

export type UnitApplied =
  | { readonly outcome: 'applied'; readonly message: string; readonly liveState: string }
  | { readonly outcome: 'failed'; readonly message: string };

/** What other objects may need to exist first; everything else keeps the order of the unit. */
const firstKinds = ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'ServiceAccount', 'Secret', 'ConfigMap'];

/** Applies every document of a unit in turn, and stops at the first that the API server refuses. */
export async function applyUnit(
  cluster: Cluster,
  text: string,
  defaultNamespace: string,
  signal: AbortSignal,
): Promise<UnitApplied> {
  const read = parseManifest(text);
  if (!read.ok) return { outcome: 'failed', message: read.error };
  const live: JsonObject[] = [];
  for (const document of inOrder(read.documents)) {
    const placed = withNamespace(document, defaultNamespace);
    const ref = refOf(placed);
    if (!ref) return { outcome: 'failed', message: 'a document has no apiVersion, kind or metadata.name' };
    try {
      const applied = await cluster.apply(placed, { fieldManager: FIELD_MANAGER, force: true, signal });
      if (isJsonObject(applied)) live.push(applied);
    } catch (error) {
      signal.throwIfAborted();
      const done = live.length === 0 ? '' : ` (${live.length} of ${read.documents.length} objects were applied before it)`;
      return {
        outcome: 'failed',
        message: `${displayRef(ref)}: ${error instanceof Error ? error.message : String(error)}${done}`,
      };
    }
  }
  return {
    outcome: 'applied',
    message: `Applied ${live.length} ${live.length === 1 ? 'object' : 'objects'}`,
    liveState: writeLiveState(live),
  };
}

function inOrder(documents: readonly JsonObject[]): readonly JsonObject[] {
  const rank = (document: JsonObject): number => {
    const index = firstKinds.indexOf(stringAt(document, 'kind') ?? '');
    return index < 0 ? firstKinds.length : index;
  };
  return documents.toSorted((one, other) => rank(one) - rank(other));
}

/** Kinds without a namespace are left to the cluster's adapter, which knows them; the common ones are known here. */
const clusterScoped = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'StorageClass',
  'PriorityClass',
  'IngressClass',
  'RuntimeClass',
  'CSIDriver',
  'APIService',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

function withNamespace(document: JsonObject, defaultNamespace: string): JsonObject {
  const metadata = document['metadata'];
  if (defaultNamespace === '' || !isJsonObject(metadata) || stringAt(metadata, 'namespace')) return document;
  if (clusterScoped.has(stringAt(document, 'kind') ?? '')) return document;
  return { ...document, metadata: { ...metadata, namespace: defaultNamespace } };
}
