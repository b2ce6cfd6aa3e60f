import { type FieldPath, printPath } from '../types/field-path.ts';
import type { FindingClass } from '../types/finding.ts';
import { at, type JsonObject } from '../types/json.ts';
import type { ObjectRef } from '../types/object-ref.ts';
import type { Repair } from '../types/repair.ts';
import { quoted } from '../types/shell.ts';

/** Fields that the API server refuses to change (422, measured on 1.34), as the text form of paths. */
const IMMUTABLE: Readonly<Record<string, RegExp>> = {
  Deployment: /^\/spec\/selector/u,
  DaemonSet: /^\/spec\/selector/u,
  StatefulSet:
    /^\/spec\/(?!replicas|ordinals|template|updateStrategy|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy|minReadySeconds)/u,
  ReplicaSet: /^\/spec\/selector/u,
  Job: /^\/spec\/(selector|template(?!\/metadata)|completionMode|podFailurePolicy|backoffLimitPerIndex|managedBy|successPolicy)/u,
  Service: /^\/spec\/(clusterIP|clusterIPs)(\[|$)/u,
  PersistentVolumeClaim: /^\/spec\/(?!resources|volumeAttributesClassName)/u,
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

function recreateCommand({ kind, namespace, name }: ObjectRef): string {
  const object = quoted(`${kind.toLowerCase()}/${name}`);
  const where = namespace === '' ? '' : ` --namespace=${quoted(namespace)}`;
  // The pods of a StatefulSet stay and are adopted again by the one that is applied next.
  const pods = kind === 'StatefulSet' ? ' --cascade=orphan' : '';
  return `kubectl delete ${object}${where}${pods}`;
}

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
  if (live && isImmutable(ref, path, live)) return { method: 'recreate', command: recreateCommand(ref) };
  return { method: 'json-patch', command: '' };
}
