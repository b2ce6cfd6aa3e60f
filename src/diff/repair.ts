import type { DesiredObject } from '../types/desired.ts';
import { type FieldPath, printPath } from '../types/field-path.ts';
import type { Finding, FindingClass } from '../types/finding.ts';
import { at, type JsonObject } from '../types/json.ts';
import { deleteCommand, patchCommand } from '../types/kubectl.ts';
import type { ObjectRef } from '../types/object-ref.ts';
import type { Repair } from '../types/repair.ts';
import type { LiveObject } from '../types/snapshot.ts';
import { patchTo } from '../types/target-patch.ts';

/** Fields that the API server refuses to change (422, measured on 1.34), as the text form of paths. */
const IMMUTABLE: Readonly<Record<string, RegExp>> = {
  Deployment: /^\/spec\/selector/u,
  DaemonSet: /^\/spec\/selector/u,
  StatefulSet:
    /^\/spec\/(?!replicas|ordinals|template|updateStrategy|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy|minReadySeconds)/u,
  Pod: /^\/spec\/(?!(initContainers|containers)\[[^\]]*\]\/image$|activeDeadlineSeconds$|tolerations(\[|$))/u,
  ReplicaSet: /^\/spec\/selector/u,
  Job: /^\/spec\/(selector|template(?!\/metadata)|completionMode|podFailurePolicy|backoffLimitPerIndex|managedBy|successPolicy)/u,
  Service: /^\/spec\/(clusterIP|clusterIPs)(\[|$)/u,
  PersistentVolumeClaim: /^\/spec\/(?!resources|volumeAttributesClassName)/u,
  Secret: /^\/type$/u,
  RoleBinding: /^\/roleRef/u,
  ClusterRoleBinding: /^\/roleRef/u,
  StorageClass: /^\/(provisioner|parameters|reclaimPolicy|volumeBindingMode)/u,
  IngressClass: /^\/spec\/controller/u,
  PriorityClass: /^\/(value|preemptionPolicy)/u,
  RuntimeClass: /^\/handler/u,
};

function isImmutable(ref: ObjectRef, path: FieldPath, live: JsonObject): boolean {
  const text = printPath(path);
  if ((ref.kind === 'ConfigMap' || ref.kind === 'Secret') && at(live, 'immutable') === true)
    return /^\/(data|binaryData|stringData|immutable)/u.test(text);
  return Object.hasOwn(IMMUTABLE, ref.kind) && IMMUTABLE[ref.kind]?.test(text) === true;
}

/** What of a pod is changed through its subresource alone (measured on 1.34). */
const RESIZED = /^\/spec\/(initContainers|containers)\[[^\]]*\]\/resources(\/|$)/u;

const NONE: Repair = { method: 'none', command: '' };

/** How a difference would be brought back, whether or not anybody decides to. */
export function repairOf(ref: ObjectRef, path: FieldPath, findingClass: FindingClass, live: JsonObject | undefined): Repair {
  switch (findingClass) {
    case 'missing':
      return { method: 'create', command: '' };
    case 'unmanaged':
    case 'conflicting':
    case 'pending':
    case 'informational':
      return NONE;
  }
  if (ref.kind === 'Pod' && RESIZED.test(printPath(path))) return { method: 'resize', command: '' };
  if (live && isImmutable(ref, path, live)) return { method: 'recreate', command: deleteCommand(ref) };
  return { method: 'json-patch', command: '' };
}

/** Findings of one object, where those that its `resize` subresource brings back know the one command that does. */
export function withResize(findings: readonly Finding[], desired: DesiredObject, live: LiveObject): readonly Finding[] {
  const resized = findings.filter(({ repair }) => repair.method === 'resize');
  if (resized.length === 0) return findings;
  const { operations } = patchTo(desired, live.body, resized, { owners: live.owners, withVersion: false });
  const repair: Repair = { method: 'resize', command: patchCommand(live.ref, operations, 'resize') };
  return findings.map((finding) => (finding.repair.method === 'resize' ? { ...finding, repair } : finding));
}
