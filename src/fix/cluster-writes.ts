import type { KubernetesClient, ResourceKind } from '../kubernetes/client.ts';
import { readManifest } from '../kubernetes/manifest.ts';
import type { DesiredObject } from '../types/desired.ts';
import { ClusterError } from '../types/errors.ts';
import { canonicalJson } from '../types/finding.ts';
import { isJsonObject, type JsonObject } from '../types/json.ts';
import { refOf } from '../types/object-ref.ts';

/** A document without what only the server writes, which some files hold all the same. */
export function withoutServerFields(document: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = document;
  const { creationTimestamp: _time, ...kept } = isJsonObject(metadata) ? metadata : {};
  return { ...rest, metadata: kept };
}

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

/** Applies each object that `after` declares in another way than `before`; all of them are tried first. */
export async function applyDocuments(
  kubernetes: KubernetesClient,
  before: string,
  after: string,
  { fieldManager, signal }: { readonly fieldManager: string; readonly signal: AbortSignal },
): Promise<void> {
  const known = new Set(readManifest(before).documents.map(({ document }) => canonicalJson(document)));
  const changed: { readonly kind: ResourceKind; readonly body: JsonObject }[] = [];
  for (const { document } of readManifest(after).documents) {
    const ref = refOf(document);
    if (!ref || known.has(canonicalJson(document))) continue;
    changed.push({ kind: await kindOf({ ref }, kubernetes, signal), body: withoutServerFields(document) });
  }
  for (const dryRun of [true, false])
    for (const { kind, body } of changed) await kubernetes.apply(kind, body, { fieldManager, force: true, dryRun, signal });
}
