import { type FieldPath, printPath } from '../types/field-path.ts';
import type { FindingClass } from '../types/finding.ts';
import { at, type JsonObject } from '../types/json.ts';
import type { ObjectRef } from '../types/object-ref.ts';
import type { Repair } from '../types/repair.ts';

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

/** Names come from the cluster or from a file, and the command is for copying into a shell. */
function shellWord(text: string): string {
  return /^[\w.:/=-]+$/u.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function recreateCommand({ kind, namespace, name }: ObjectRef): string {
  const object = shellWord(`${kind.toLowerCase()}/${name}`);
  const where = namespace === '' ? '' : ` --namespace=${shellWord(namespace)}`;
  // The pods of a StatefulSet stay and are adopted again by the one that is applied next.
  const pods = kind === 'StatefulSet' ? ' --cascade=orphan' : '';
  return `kubectl delete ${object}${where}${pods}`;
}

const NONE: Repair = { method: 'none', command: '' };

/**
 * How a departure would be brought back, whether or not anybody decides to. `isPruned`: an apply that leaves the field
 * out takes it away.
 */
export function repairOf(
  ref: ObjectRef,
  path: FieldPath,
  findingClass: FindingClass,
  isPruned: boolean,
  live: JsonObject | undefined,
): Repair {
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
  // An apply cannot take away what others own.
  const isOthers = findingClass === 'added' || (findingClass === 'to_remove' && !isPruned);
  return { method: isOthers ? 'json-patch' : 'server-side-apply', command: '' };
}
