import { groupOf, type ObjectRef } from '../../domain/object-ref.ts';
import type { ResourceKind } from './answers.ts';

/** Path of a group version. */
export function basePath(apiVersion: string): string {
  return groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
}

/** Path of the objects of a kind; `namespace` is empty for all of them. */
export function collectionPath(kind: ResourceKind, namespace: string): string {
  const scope = kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${basePath(kind.apiVersion)}${scope}/${kind.plural}`;
}

/** Path of one object. */
export function objectPath(kind: ResourceKind, ref: Pick<ObjectRef, 'namespace' | 'name'>): string {
  return `${collectionPath(kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}
