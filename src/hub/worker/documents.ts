import { isJsonObject, type JsonObject, stringAt } from '../../domain/json.ts';

/** What other objects may need to exist first; everything else keeps the order of the unit. */
const firstKinds = ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'ServiceAccount', 'Secret', 'ConfigMap'];

export function inOrder(documents: readonly JsonObject[]): readonly JsonObject[] {
  const rank = (document: JsonObject): number => kindRank(stringAt(document, 'kind') ?? '');
  return documents.toSorted((one, other) => rank(one) - rank(other));
}

/** Kinds of a lower rank are applied before those of a higher one, and removed after them. */
export function kindRank(kind: string): number {
  const index = firstKinds.indexOf(kind);
  return index < 0 ? firstKinds.length : index;
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

export function withNamespace(document: JsonObject, defaultNamespace: string): JsonObject {
  const metadata = document['metadata'];
  if (defaultNamespace === '' || !isJsonObject(metadata) || stringAt(metadata, 'namespace')) return document;
  if (clusterScoped.has(stringAt(document, 'kind') ?? '')) return document;
  return { ...document, metadata: { ...metadata, namespace: defaultNamespace } };
}
