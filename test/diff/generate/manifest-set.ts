import { readdirSync, readFileSync } from 'node:fs';
import { GENERATED_KINDS, generateManifests } from './manifests.ts';

/** Kinds of the manifests below, as `apiVersion/kind`. */
export const MANIFEST_KINDS: readonly string[] = [
  ...GENERATED_KINDS,
  'v1/Secret',
  'v1/ServiceAccount',
  'v1/PersistentVolumeClaim',
  'autoscaling/v2/HorizontalPodAutoscaler',
  'networking.k8s.io/v1/Ingress',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
  'batch/v1/Job',
  'storage.k8s.io/v1/StorageClass',
  'v1/PersistentVolume',
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
  'apiextensions.k8s.io/v1/CustomResourceDefinition',
  'apps/v1/ReplicaSet',
  'coordination.k8s.io/v1/Lease',
  'discovery.k8s.io/v1/EndpointSlice',
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema',
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration',
  'networking.k8s.io/v1/IngressClass',
  'node.k8s.io/v1/RuntimeClass',
  'resource.k8s.io/v1/ResourceClaim',
  'scheduling.k8s.io/v1/PriorityClass',
  'storage.k8s.io/v1/CSIDriver',
  'v1/Endpoints',
  'v1/LimitRange',
  'v1/Namespace',
  'v1/Pod',
  'v1/ReplicationController',
  'v1/ResourceQuota',
];

/** Such as `1.34.4`. */
function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}

/**
 * The written manifests of fixtures/diff/manifests that a server of this version takes, and so many generated ones; their
 * namespace is NAMESPACE.
 */
export function manifestSet(seed: number, generated: number, version: string): string {
  const folder = new URL('../../../fixtures/diff/manifests/', import.meta.url);
  const written = readdirSync(folder)
    .filter((name) => minorOf(version) >= minorOf(/-since-(.+)\.yaml$/u.exec(name)?.[1] ?? '1.0'))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const documents = generateManifests(seed, generated).map((document) =>
    JSON.stringify({ ...document, metadata: { ...(document['metadata'] as object), namespace: 'NAMESPACE' } }),
  );
  return [...written, ...documents].join('\n---\n');
}
