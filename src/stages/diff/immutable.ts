import { type FieldPath, printPath } from '../../domain/field-path.ts';
import { at, isJsonArray, type Json, type JsonObject } from '../../domain/json.ts';
import { groupKind, type ObjectRef } from '../../domain/object-ref.ts';

/** A change that would have to be made: of what, from which live value to which desired one. */
export interface WantedChange {
  readonly ref: ObjectRef;
  readonly path: FieldPath;
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
}

/**
 * Fields that the API server refuses to change (422, measured on 1.34 by a dry run of every field of every kind), by kind,
 * as the text form of their paths.
 */
const IMMUTABLE: Readonly<Record<string, RegExp>> = {
  'apps/Deployment': /^\/spec\/selector/u,
  'apps/DaemonSet': /^\/spec\/selector/u,
  'apps/StatefulSet':
    /^\/spec\/(?!replicas|ordinals|template|updateStrategy|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy|minReadySeconds)/u,
  'apps/ReplicaSet': /^\/spec\/selector/u,
  'apps/ControllerRevision': /^\/data/u,
  'batch/Job':
    /^\/spec\/(selector|template|completions|completionMode|podFailurePolicy|backoffLimitPerIndex|managedBy|successPolicy)/u,
  '/Pod': /^\/spec\/(?!(containers|initContainers)\[[^/]*\]\/image$|activeDeadlineSeconds)/u,
  '/Service': /^\/spec\/(clusterIP|clusterIPs|healthCheckNodePort|loadBalancerClass)(\[|$)/u,
  '/Secret': /^\/type$/u,
  '/PersistentVolumeClaim': /^\/spec\/(?!resources\/requests|volumeAttributesClassName)/u,
  '/PersistentVolume':
    /^\/spec\/(?!capacity|accessModes|claimRef|persistentVolumeReclaimPolicy|storageClassName|mountOptions|volumeAttributesClassName)/u,
  '/ResourceQuota': /^\/spec\/(scopes|scopeSelector)/u,
  'rbac.authorization.k8s.io/RoleBinding': /^\/roleRef/u,
  'rbac.authorization.k8s.io/ClusterRoleBinding': /^\/roleRef/u,
  'storage.k8s.io/StorageClass': /^\/(provisioner|parameters|reclaimPolicy|volumeBindingMode)/u,
  'storage.k8s.io/VolumeAttributesClass': /^\/(driverName|parameters)/u,
  'storage.k8s.io/CSIDriver': /^\/spec\/(attachRequired|volumeLifecycleModes)/u,
  'networking.k8s.io/IngressClass': /^\/spec\/controller/u,
  'networking.k8s.io/ServiceCIDR': /^\/spec\/cidrs/u,
  'discovery.k8s.io/EndpointSlice': /^\/addressType/u,
  'scheduling.k8s.io/PriorityClass': /^\/(value|preemptionPolicy)/u,
  'node.k8s.io/RuntimeClass': /^\/handler/u,
  'resource.k8s.io/ResourceClaim': /^\/spec/u,
  'resource.k8s.io/ResourceClaimTemplate': /^\/spec/u,
  'certificates.k8s.io/CertificateSigningRequest': /^\/spec/u,
  'apiextensions.k8s.io/CustomResourceDefinition': /^\/spec\/(group|scope|names\/(plural|kind))/u,
};

/** Refusals that depend on the object or on the two values. */
const CONDITIONAL: Readonly<Record<string, (text: string, change: WantedChange, object: JsonObject) => boolean>> = {
  '/ConfigMap': isSealed,
  '/Secret': isSealed,
  // The first family is the one that the address is of.
  '/Service': (text, { desired, live }) =>
    text === '/spec/ipFamilies' && isJsonArray(desired) && isJsonArray(live) && desired[0] !== live[0],
};

function isSealed(text: string, _: WantedChange, object: JsonObject): boolean {
  return at(object, 'immutable') === true && /^\/(data|binaryData|stringData|immutable)/u.test(text);
}

/** Whether the API server would refuse the change. `object` is the live one. */
export function isImmutable(change: WantedChange, object: JsonObject): boolean {
  const kind = groupKind(`${change.ref.apiVersion}/${change.ref.kind}`);
  const text = printPath(change.path);
  const isRefused = Object.hasOwn(IMMUTABLE, kind) && IMMUTABLE[kind]?.test(text) === true;
  return isRefused || (Object.hasOwn(CONDITIONAL, kind) && CONDITIONAL[kind]?.(text, change, object) === true);
}
