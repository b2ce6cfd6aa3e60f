import type { KubernetesClient, ResourceKind } from '../kubernetes/client.ts';
import { readManifest } from '../kubernetes/manifest.ts';
import type { DesiredObject } from '../types/desired.ts';
import { ClusterError } from '../types/errors.ts';
import { type FieldPath, withValueAt } from '../types/field-path.ts';
import { canonicalJson, type Finding, revealValue } from '../types/finding.ts';
import type { Json, JsonObject } from '../types/json.ts';
import { isJsonObject, own } from '../types/json.ts';
import { type JsonPatchOperation, removeValues, requireApplicable } from '../types/json-patch.ts';
import { refOf } from '../types/object-ref.ts';
import type { ObjectCorrection } from '../types/plan.ts';

/**
 * What the pass applies itself: the desired object, without the fields that the plan leaves alone. Those are not ours
 * any more, so leaving them out keeps them as they are; what is still ours and no longer declared is sent with its live
 * value, since leaving that out would take it away. `resourceVersion` is that of the judged object.
 */
export function applyBody(correction: ObjectCorrection, resourceVersion: string | undefined, fieldManager: string): JsonObject {
  let body: Json = correction.desired.document;
  for (const finding of correction.leave) {
    const kept = isSentAsFound(finding, correction, fieldManager) ? revealValue(finding.live) : undefined;
    if (finding.desired !== undefined || kept !== undefined) body = withValueAt(body, finding.path, kept) ?? body;
  }
  const { metadata, ...rest } = withoutServerFields(isJsonObject(body) ? body : {});
  const kept = isJsonObject(metadata) ? metadata : {};
  return { ...rest, metadata: { ...kept, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}

/** True for a field that our entry still owns: left out of an apply, it would be taken away. */
export function isSentAsFound({ class: found, path }: Finding, { live }: ObjectCorrection, fieldManager: string): boolean {
  if (found === 'to_remove') return true;
  return (live?.owners ?? []).some(
    ({ manager, operation, subresource, fields }) =>
      manager === fieldManager && operation === 'Apply' && subresource === '' && ownsPath(fields, path),
  );
}

/** Reads fieldsV1; an empty object owns everything below it. */
function ownsPath(fields: JsonObject, path: FieldPath): boolean {
  let below = fields;
  for (const step of path) {
    const next = own(below, fieldsStep(step));
    if (!isJsonObject(next)) return false;
    if (Object.keys(next).length === 0) return true;
    below = next;
  }
  return true;
}

function fieldsStep(step: FieldPath[number]): string {
  if ('field' in step) return `f:${step.field}`;
  return 'key' in step ? `k:${canonicalJson(step.key)}` : `v:${canonicalJson(step.member)}`;
}

/** A document without what only the server writes, which some files hold all the same. */
function withoutServerFields(document: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = document;
  const { creationTimestamp: _time, ...kept } = isJsonObject(metadata) ? metadata : {};
  return { ...rest, metadata: kept };
}

/** Fields that an apply cannot take away, since others own them: whoever added them keeps them until they are removed. */
export function needsRemoval(finding: Finding): boolean {
  return finding.repair.method === 'json-patch';
}

/** Removes what others added, if the object is still the judged one, which the first test pins. */
export function removalPatch(
  live: JsonObject,
  resourceVersion: string,
  findings: readonly Finding[],
): readonly JsonPatchOperation[] {
  const operations: readonly JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    ...removeValues(
      live,
      findings.map((finding) => finding.path),
    ),
  ];
  // Refused here, with the operation's number, rather than by the server with none.
  requireApplicable(operations, live);
  return operations;
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
