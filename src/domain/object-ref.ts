import { type Json, stringAt } from './json.ts';

/** Names one Kubernetes object. `namespace` is empty for cluster-scoped objects. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The group of an apiVersion: `apps` of `apps/v1`, empty for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** `apps/Deployment` of `apps/v1/Deployment`, `/Secret` of `v1/Secret`: a kind in whatever version. */
export function groupKind(kind: string): string {
  const slash = kind.lastIndexOf('/');
  return `${groupOf(kind.slice(0, slash))}${kind.slice(slash)}`;
}

/** Identity of an object across API versions: group/kind/namespace/name. */
export function objectKey(ref: ObjectRef): string {
  return `${groupOf(ref.apiVersion)}/${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** For people: `drift-test/deployment/backend-api`. */
export function displayRef(ref: ObjectRef): string {
  return `${ref.namespace === '' ? '' : `${ref.namespace}/`}${ref.kind.toLowerCase()}/${ref.name}`;
}

/** The reference of a document; `undefined` where apiVersion, kind or name is missing. */
export function refOf(document: Json, defaultNamespace = ''): ObjectRef | undefined {
  const apiVersion = stringAt(document, 'apiVersion');
  const kind = stringAt(document, 'kind');
  const name = stringAt(document, 'metadata', 'name');
  if (!apiVersion || !kind || !name) return undefined;
  return { apiVersion, kind, namespace: stringAt(document, 'metadata', 'namespace') ?? defaultNamespace, name };
}
