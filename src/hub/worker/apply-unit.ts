import { isJsonObject, type Json, type JsonObject, stringAt } from '../../types/json.ts';
import { displayRef, refOf } from '../../types/object-ref.ts';
import type { Cluster } from './cluster.ts';
import { readDocuments, writeDocuments } from './documents.ts';

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
  const read = readDocuments(text);
  if (read.outcome === 'unreadable') return { outcome: 'failed', message: `not readable YAML: ${read.message}` };
  const live: JsonObject[] = [];
  for (const document of inOrder(read.documents.flatMap(itemsOf))) {
    const placed = withNamespace(document, defaultNamespace);
    const ref = refOf(placed);
    if (!ref) return { outcome: 'failed', message: 'a document has no apiVersion, kind or metadata.name' };
    try {
      const applied = await cluster.apply(placed, { fieldManager: FIELD_MANAGER, force: true, signal });
      if (isJsonObject(applied)) live.push(withoutManagedFields(applied));
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
    liveState: writeDocuments(live),
  };
}

function itemsOf(document: JsonObject): readonly JsonObject[] {
  const items: Json | undefined = document['items'];
  return document['kind'] === 'List' && Array.isArray(items) ? items.filter(isJsonObject) : [document];
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

function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  if (!isJsonObject(metadata)) return object;
  return { ...object, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'managedFields')) };
}
