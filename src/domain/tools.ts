import type { ToolManager } from './field-managers.ts';

/** What a well-known tool writes into workloads, so that no ignore rule is needed. */
export interface KnownAddition {
  /** Where it is documented. */
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

/** A tool by which objects are delivered, or which writes into objects of others. */
interface Tool {
  readonly tool: string;
  /** The field managers by which it is recognised. Among those of one class the first that fits decides. */
  readonly managers?: readonly ToolManager[];
  /** Where it delivers desired state, the usual manager; named in the help of DRIFT_DESIRED_MANAGERS. */
  readonly deliversAs?: string;
  /** Labels and annotations by which it knows the objects that it keeps as its own source says. */
  readonly tracks?: RegExp;
  /** What it writes into workloads of others: labels and annotations most of all. The first that fits decides. */
  readonly adds?: readonly KnownAddition[];
}

/** Everything by which a tool is recognised, a row for each; parts of Kubernetes that write into objects come last. */
export const TOOLS: readonly Tool[] = [
  {
    tool: 'ConfigHub',
    managers: [
      // Where it is not the one that delivers desired state.
      { name: /^confighub/iu, class: 'gitops', source: 'https://confighub.com' },
    ],
  },
  {
    tool: 'Argo CD',
    deliversAs: 'argocd-controller',
    tracks: /^argocd\.argoproj\.io\/(tracking-id|instance)$/u,
    managers: [
      // Its web page edits live manifests and runs actions such as restart.
      { name: 'argocd-server', class: 'hands', source: 'https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/' },
      { name: /^argo-?cd/iu, class: 'gitops', source: 'https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/' },
    ],
    adds: [
      { source: 'https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/', metadata: /(^|\.)argoproj\.io\//u },
    ],
  },
  {
    tool: 'Flux',
    deliversAs: 'kustomize-controller',
    // Both are documented with the sources of `adds`.
    tracks: /^(kustomize|helm)\.toolkit\.fluxcd\.io\/name$/u,
    managers: [
      { name: /^(flux|gotk)/iu, class: 'gitops', source: 'https://github.com/fluxcd/flux2' },
      { name: 'kustomize-controller', class: 'gitops', source: 'https://github.com/fluxcd/kustomize-controller' },
      { name: 'helm-controller', class: 'gitops', source: 'https://github.com/fluxcd/helm-controller' },
      { name: /^flagger$/iu, class: 'controller', source: 'https://github.com/fluxcd/flagger' },
    ],
    adds: [{ source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/', metadata: /(^|\.)fluxcd\.io\//u }],
  },
  {
    tool: 'Helm',
    deliversAs: 'helm',
    managers: [{ name: /^helm$/iu, class: 'delivery', source: 'https://github.com/helm/helm/blob/v3.19.0/pkg/kube/client.go' }],
    adds: [{ source: 'https://helm.sh/docs/topics/advanced/', metadata: /^meta\.helm\.sh\//u }],
  },
  {
    tool: 'Fleet',
    managers: [{ name: /^fleet(-?(agent|controller))?$/iu, class: 'gitops', source: 'https://github.com/rancher/fleet' }],
  },
  {
    tool: 'Config Sync',
    managers: [
      {
        name: /^config(-?sync|management)/iu,
        class: 'gitops',
        source: 'https://github.com/GoogleContainerTools/kpt-config-sync',
      },
    ],
  },
  {
    tool: 'Crossplane',
    managers: [{ name: /crossplane/iu, class: 'gitops', source: 'https://github.com/crossplane/crossplane' }],
  },
  {
    tool: 'kro',
    managers: [{ name: /^kro\.run\//iu, class: 'gitops', source: 'https://github.com/kubernetes-sigs/kro' }],
  },
  {
    tool: 'Sveltos',
    managers: [{ name: 'application/apply-patch', class: 'gitops', source: 'https://github.com/projectsveltos/libsveltos' }],
  },
  {
    tool: 'kapp',
    managers: [
      { name: 'kapp-controller', class: 'gitops', source: 'https://github.com/carvel-dev/kapp-controller' },
      { name: /^kapp$/iu, class: 'delivery', source: 'https://github.com/carvel-dev/kapp' },
    ],
  },
  {
    tool: 'Karmada',
    managers: [{ name: /^karmada/iu, class: 'gitops', source: 'https://github.com/karmada-io/karmada' }],
  },
  {
    tool: 'Terraform',
    managers: [
      {
        name: /^(terraform|hashicorp$)/iu,
        class: 'delivery',
        source: 'https://github.com/hashicorp/terraform-provider-kubernetes',
      },
    ],
  },
  {
    tool: 'Pulumi',
    managers: [{ name: /^pulumi/iu, class: 'delivery', source: 'https://github.com/pulumi/pulumi-kubernetes' }],
  },
  {
    tool: 'Ansible',
    managers: [{ name: /^ansible/iu, class: 'delivery', source: 'https://github.com/ansible-collections/kubernetes.core' }],
  },
  {
    tool: 'Skaffold',
    managers: [{ name: /^skaffold$/iu, class: 'delivery', source: 'https://github.com/GoogleContainerTools/skaffold' }],
  },
  {
    tool: 'Tilt',
    managers: [{ name: /^tilt$/iu, class: 'delivery', source: 'https://github.com/tilt-dev/tilt' }],
  },
  {
    tool: 'kpt',
    managers: [{ name: /^kpt$/iu, class: 'delivery', source: 'https://github.com/kptdev/kpt' }],
  },
  {
    tool: 'kluctl',
    managers: [{ name: /^kluctl$/iu, class: 'delivery', source: 'https://github.com/kluctl/kluctl' }],
  },
  {
    tool: 'Timoni',
    managers: [{ name: /^timoni$/iu, class: 'delivery', source: 'https://github.com/stefanprodan/timoni' }],
  },
  {
    tool: 'werf',
    managers: [{ name: /^werf$/iu, class: 'delivery', source: 'https://github.com/werf/werf' }],
  },
  {
    tool: 'KEDA',
    managers: [{ name: /^keda(-operator)?$/iu, class: 'autoscaler', source: 'https://github.com/kedacore/keda' }],
    adds: [{ source: 'https://keda.sh/docs/latest/concepts/scaling-deployments/', metadata: /(^|\.)keda\.sh\//u }],
  },
  {
    tool: 'Istio',
    managers: [
      { name: 'pilot-discovery', class: 'controller', source: 'https://github.com/istio/istio/tree/master/pilot/cmd' },
      { name: /^istio/iu, class: 'controller', source: 'https://github.com/istio/istio' },
    ],
    adds: [{ source: 'https://istio.io/latest/docs/reference/config/labels/', metadata: /(^|\.)istio\.io\//u }],
  },
  {
    tool: 'Linkerd',
    managers: [{ name: /^linkerd/iu, class: 'controller', source: 'https://github.com/linkerd/linkerd2' }],
    adds: [{ source: 'https://linkerd.io/2/reference/proxy-configuration/', metadata: /(^|\.)linkerd\.io\//u }],
  },
  {
    tool: 'Kyverno',
    managers: [{ name: /^kyverno/iu, class: 'controller', source: 'https://github.com/kyverno/kyverno' }],
    adds: [{ source: 'https://github.com/kyverno/kyverno/issues/1528', metadata: /(^|\.)kyverno\.io\//u }],
  },
  {
    tool: 'Reloader',
    managers: [{ name: /^reloader$/iu, class: 'controller', source: 'https://github.com/stakater/Reloader' }],
    adds: [
      {
        source: 'https://github.com/stakater/Reloader',
        metadata: /^reloader\.stakater\.com\/last-reloaded-from$/u,
        env: /^STAKATER_.+_(CONFIGMAP|SECRET)$/u,
      },
    ],
  },
  {
    tool: 'Rancher',
    managers: [{ name: /^(rancher|cattle)/iu, class: 'controller', source: 'https://github.com/rancher/rancher' }],
    adds: [{ source: 'https://github.com/rancher/dashboard', metadata: /(^|\.)cattle\.io\//u }],
  },
  {
    tool: 'Keel',
    managers: [{ name: /^keel$/iu, class: 'controller', source: 'https://github.com/keel-hq/keel' }],
    adds: [{ source: 'https://keel.sh/docs/', metadata: /^keel\.sh\/update-time$/u }],
  },
  {
    tool: 'GKE Autopilot',
    adds: [
      {
        source: 'https://docs.cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests',
        metadata: /^autopilot\.gke\.io\//u,
      },
    ],
  },
  {
    tool: 'the volume binder',
    adds: [
      {
        source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/',
        metadata: /^(pv\.kubernetes\.io|volume\.kubernetes\.io|volume\.beta\.kubernetes\.io)\//u,
        path: /^\/spec\/(volumeName|claimRef)$/u,
        kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
      },
    ],
  },
  {
    tool: 'protection of volumes in use',
    adds: [
      {
        source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection',
        path: /^\/metadata\/finalizers\[="kubernetes\.io\/pvc?-protection"\]$/u,
        kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
      },
    ],
  },
  {
    tool: 'the load balancer controller',
    adds: [
      {
        source: 'https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/',
        path: /^\/metadata\/finalizers\[="service\.kubernetes\.io\/load-balancer-cleanup"\]$/u,
        kinds: ['Service'],
      },
    ],
  },
  {
    tool: 'admission',
    adds: [
      {
        source:
          'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#what-does-each-admission-controller-do',
        path: /^\/spec\/(serviceAccountName|serviceAccount|priority|preemptionPolicy|tolerations)$|\[name=kube-api-access-|kubernetes\.io\/serviceaccount"\]$/u,
        kinds: ['Pod'],
      },
    ],
  },
  {
    tool: 'a CA injector',
    adds: [
      {
        source: 'https://cert-manager.io/docs/concepts/ca-injector/',
        path: /\/caBundle$/u,
        overwrites: true,
        kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'CustomResourceDefinition', 'APIService'],
      },
    ],
  },
  {
    tool: 'role aggregation',
    adds: [
      {
        source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles',
        path: /^\/rules$/u,
        kinds: ['ClusterRole'],
        overwrites: true,
        removes: true,
        onlyWith: 'aggregationRule',
      },
    ],
  },
  {
    tool: 'the API server',
    adds: [
      {
        source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/#batchkubernetesio-controller-uid',
        metadata: /^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/u,
        kinds: ['Job'],
      },
      {
        source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/',
        path: /^\/spec\/finalizers$/u,
        kinds: ['Namespace'],
      },
    ],
  },
];

/** The usual field managers of tools that deliver desired state. */
export const DELIVERERS: readonly string[] = TOOLS.flatMap(({ deliversAs }) => deliversAs ?? []);
