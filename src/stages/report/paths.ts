import type { ObjectRef } from '../../domain/object-ref.ts';
import { sha256 } from '../../domain/sha256.ts';

const SAFE_PART = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/u;

/** A name of this form could pass itself off as another one's hash. */
const HASHED_PART = /^x-[0-9a-f]{16}$/u;

/** A name as one part of a path; anything that is not a plain name becomes a hash, and the name stands inside the file. */
export function pathPart(name: string): string {
  const isSafe = SAFE_PART.test(name) && !name.includes('..') && !HASHED_PART.test(name);
  return isSafe ? name : `x-${sha256(name).slice(0, 16)}`;
}

/** The folder of workloads that are in no namespace. */
export const CLUSTER_SCOPED = 'cluster-scoped';

export function isHashedPart(part: string): boolean {
  return HASHED_PART.test(part);
}

/** `<namespace>/<kind>.<name>.md` of a workload's page. */
export function workloadPage(ref: ObjectRef): string {
  // A folder is never called as one of the files beside it, which all have a dot in their name.
  const folder = ref.namespace === '' ? CLUSTER_SCOPED : ref.namespace;
  return `${pathPart(folder.includes('.') ? `namespace ${folder}` : folder)}/${pathPart(ref.kind.toLowerCase())}.${pathPart(ref.name)}.md`;
}

/** What people decide about a cluster's drift, below the root of the reports; no pass ever writes it. */
export function decisionsPath(cluster: string): string {
  return `${pathPart(cluster)}/decisions.yaml`;
}
