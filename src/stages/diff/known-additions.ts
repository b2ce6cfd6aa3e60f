import type { ActorClass } from '../../domain/field-managers.ts';
import type { FindingClass } from '../../domain/finding.ts';

/** What a well-known tool writes into workloads of others, so that nobody has to write an ignore rule for it. */
interface KnownAddition {
  readonly tool: string;
  /** Where the tool documents it. */
  readonly source: string;
  /** Keys of labels and annotations, on the object or on its pod template. */
  readonly metadata?: RegExp;
  /** Names of env variables. */
  readonly env?: RegExp;
  /** Text form of any other path. */
  readonly path?: RegExp;
  /** Kinds that it is about; all where absent. */
  readonly kinds?: readonly string[];
  /** It overwrites what is declared as well, as a certificate put in place of a placeholder. */
  readonly overwrites?: true;
  /** It takes away what is declared, too. */
  readonly removes?: true;
  /** Only of objects that have this field of their own. */
  readonly onlyWith?: string;
}

const KNOWN_ADDITIONS: readonly KnownAddition[] = [
  {
    tool: 'Reloader',
    source: 'https://github.com/stakater/Reloader',
    metadata: /^reloader\.stakater\.com\/last-reloaded-from$/u,
    env: /^STAKATER_.+_(CONFIGMAP|SECRET)$/u,
  },
  {
    tool: 'Rancher',
    source: 'https://github.com/rancher/dashboard',
    metadata: /(^|\.)cattle\.io\//u,
  },
  {
    tool: 'Istio',
    source: 'https://istio.io/latest/docs/reference/config/labels/',
    metadata: /(^|\.)istio\.io\//u,
  },
  { tool: 'Linkerd', source: 'https://linkerd.io/2/reference/proxy-configuration/', metadata: /(^|\.)linkerd\.io\//u },
  { tool: 'Kyverno', source: 'https://github.com/kyverno/kyverno/issues/1528', metadata: /(^|\.)kyverno\.io\//u },
  {
    tool: 'Argo CD',
    source: 'https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/',
    metadata: /(^|\.)argoproj\.io\//u,
  },
  {
    tool: 'Flux',
    source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/',
    metadata: /(^|\.)fluxcd\.io\//u,
  },
  { tool: 'Helm', source: 'https://helm.sh/docs/topics/advanced/', metadata: /^meta\.helm\.sh\//u },
  { tool: 'KEDA', source: 'https://keda.sh/docs/latest/concepts/scaling-deployments/', metadata: /(^|\.)keda\.sh\//u },
  { tool: 'Keel', source: 'https://keel.sh/docs/', metadata: /^keel\.sh\/update-time$/u },
  {
    tool: 'GKE Autopilot',
    source: 'https://docs.cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests',
    metadata: /^autopilot\.gke\.io\//u,
  },
  {
    tool: 'the volume binder',
    source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/',
    metadata: /^(pv\.kubernetes\.io|volume\.kubernetes\.io|volume\.beta\.kubernetes\.io)\//u,
    path: /^\/spec\/(volumeName|claimRef)$/u,
    kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
  },
  {
    tool: 'protection of volumes in use',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection',
    path: /^\/metadata\/finalizers\[="kubernetes\.io\/pvc?-protection"\]$/u,
    kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
  },
  {
    tool: 'the load balancer controller',
    source: 'https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/',
    path: /^\/metadata\/finalizers\[="service\.kubernetes\.io\/load-balancer-cleanup"\]$/u,
    kinds: ['Service'],
  },
  {
    tool: 'admission',
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#what-does-each-admission-controller-do',
    path: /^\/spec\/(serviceAccountName|serviceAccount|priority|preemptionPolicy|tolerations)$|\[name=kube-api-access-|kubernetes\.io\/serviceaccount"\]$/u,
    kinds: ['Pod'],
  },
  {
    tool: 'a CA injector',
    source: 'https://cert-manager.io/docs/concepts/ca-injector/',
    path: /\/caBundle$/u,
    overwrites: true,
    kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'CustomResourceDefinition', 'APIService'],
  },
  {
    tool: 'role aggregation',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles',
    path: /^\/rules$/u,
    kinds: ['ClusterRole'],
    overwrites: true,
    removes: true,
    onlyWith: 'aggregationRule',
  },
  {
    tool: 'the API server',
    source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/#batchkubernetesio-controller-uid',
    metadata: /^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/u,
    kinds: ['Job'],
  },
  {
    tool: 'the API server',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/',
    path: /^\/spec\/finalizers$/u,
    kinds: ['Namespace'],
  },
];

/** One field as the table looks at it. */
export interface AddedField {
  readonly kind: string;
  readonly path: string;
  /** Key of a label or annotation; `undefined` elsewhere. */
  readonly metadataKey: string | undefined;
  /** Name of the env variable that the path ends at; `undefined` elsewhere. */
  readonly envName: string | undefined;
  readonly actor: ActorClass | undefined;
  readonly class: FindingClass;
  /** Whether the object has a field of this name. */
  readonly has: (field: string) => boolean;
}

/** The tool that is known to write this field; `undefined` where none is, or where something else wrote it. */
export function knownAdditionOf(field: AddedField): string | undefined {
  if (field.actor === 'hands' || field.actor === 'delivery') return undefined;
  return KNOWN_ADDITIONS.find(
    ({ metadata, env, path, kinds, overwrites, removes, onlyWith }) =>
      (kinds === undefined || kinds.includes(field.kind)) &&
      (field.class === 'added' || (field.class === 'removed' ? removes : overwrites)) &&
      (onlyWith === undefined || field.has(onlyWith)) &&
      (metadata?.test(field.metadataKey ?? '') || env?.test(field.envName ?? '') || path?.test(field.path)),
  )?.tool;
}
