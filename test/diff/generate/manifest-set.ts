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
];

/** The written manifests of fixtures/diff/manifests and so many generated ones; their namespace is NAMESPACE. */
export function manifestSet(seed: number, generated: number): string {
  const folder = new URL('../../../fixtures/diff/manifests/', import.meta.url);
  const written = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const documents = generateManifests(seed, generated).map((document) =>
    JSON.stringify({ ...document, metadata: { ...(document['metadata'] as object), namespace: 'NAMESPACE' } }),
  );
  return [...written, ...documents].join('\n---\n');
}
