import { ACTORS, type ActorClass } from './actor-classes.ts';
import type { FieldOwner } from './snapshot.ts';
import { TOOLS } from './tools.ts';

/** Manager into which the API server merges the oldest where more than ten wrote by Update, without their subresource. */
export const ANCIENT_CHANGES = 'ancient-changes';

/** One field manager, or all whose name matches. */
interface KnownManager {
  readonly name: string | RegExp;
  readonly class: ActorClass;
  /** Where the name is set or documented. Of a repository without a path: the program's own name, see GO. */
  readonly source: string;
  /** Only for writes of this kind. */
  readonly operation?: FieldOwner['operation'];
  readonly subresource?: string;
}

/** A manager of a known tool, which has a class. */
export interface ToolManager extends KnownManager {
  readonly class: Exclude<ActorClass, 'unknown'>;
}

const KUBERNETES = 'https://github.com/kubernetes/kubernetes/blob/v1.34.4';
const KUBECTL = `${KUBERNETES}/staging/src/k8s.io/kubectl/pkg/cmd`;
/** A client that names no manager is known by its User-Agent up to the first slash, ... */
const USER_AGENT = `${KUBERNETES}/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go`;
/** ... which in Go is the name of the program. */
const GO = 'https://github.com/kubernetes/client-go/blob/v0.34.4/rest/config.go';
const MANAGED_FIELDS = `${KUBERNETES}/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal`;

/** Those of the tools that have more to be known by than a name. */
const ofTools = (of: ToolManager['class']): readonly KnownManager[] =>
  TOOLS.flatMap(({ managers = [] }) => managers.filter((manager) => manager.class === of));

/** By class, since the first row that fits decides; conventions of naming come last. */
export const FIELD_MANAGERS: readonly KnownManager[] = [
  { name: ANCIENT_CHANGES, class: 'unknown', source: `${MANAGED_FIELDS}/capmanagers.go` },
  { name: 'before-first-apply', class: 'unknown', source: `${MANAGED_FIELDS}/skipnonapplied.go` },

  { name: 'kubectl', operation: 'Apply', class: 'delivery', source: `${KUBECTL}/apply/apply.go` },
  // `kubectl scale` and `kubectl rollout undo` name no manager.
  { name: 'kubectl', class: 'hands', source: 'measured on 1.34' },
  { name: 'kubectl-client-side-apply', class: 'delivery', source: `${KUBECTL}/apply/apply.go` },
  { name: 'kubectl-last-applied', class: 'delivery', source: `${KUBECTL}/apply/apply.go` },
  { name: 'kubectl-create', class: 'delivery', source: `${KUBECTL}/create/create.go` },
  { name: 'kubectl-replace', class: 'delivery', source: `${KUBECTL}/replace/replace.go` },
  {
    name: /^kubectl-(edit|set|patch|scale|label|annotate|rollout|debug|expose|autoscale|run|taint)$/u,
    class: 'hands',
    source: KUBECTL,
  },
  { name: /^kubectl-/u, class: 'hands', source: 'https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/' },
  { name: /^oc(-|$)/u, class: 'hands', source: 'https://github.com/openshift/oc' },

  { name: /^k9s$/iu, class: 'hands', source: 'https://github.com/derailed/k9s' },
  { name: /^(open|free)?lens$/iu, class: 'hands', source: 'https://github.com/freelensapp/freelens' },
  { name: /^headlamp(-server)?$/iu, class: 'hands', source: 'https://github.com/kubernetes-sigs/headlamp' },
  { name: /^(kubernetes-)?dashboard(-api|-web)?$/iu, class: 'hands', source: 'https://github.com/kubernetes/dashboard' },
  { name: /^octant$/iu, class: 'hands', source: 'https://github.com/vmware-archive/octant' },
  { name: /^aptakube$/iu, class: 'hands', source: 'https://aptakube.com' },
  // Consoles such as OpenShift's pass the browser's own User-Agent on.
  { name: /^(mozilla|chrome|safari|opera)$/iu, class: 'hands', source: 'https://github.com/openshift/console' },
  { name: /^curl$/iu, class: 'hands', source: 'https://curl.se/docs/manpage.html#-A' },
  { name: /^wget$/iu, class: 'hands', source: 'https://www.gnu.org/software/wget/manual/wget.html' },
  { name: /^httpie$/iu, class: 'hands', source: 'https://httpie.io/docs/cli' },
  { name: /^insomnia$/iu, class: 'hands', source: 'https://github.com/Kong/insomnia' },
  { name: /^postman(runtime)?$/iu, class: 'hands', source: 'https://github.com/postmanlabs/postman-runtime' },
  ...ofTools('hands'),

  { name: 'kube-controller-manager', subresource: 'scale', class: 'autoscaler', source: 'measured on 1.34' },
  { name: 'kube-controller-manager', class: 'controller', source: 'measured on 1.34' },
  ...ofTools('autoscaler'),
  {
    name: /^(vpa-|vertical-pod-autoscaler)/iu,
    class: 'autoscaler',
    source: 'https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler',
  },
  { name: 'pod_nanny', class: 'autoscaler', source: 'https://github.com/kubernetes/autoscaler/tree/master/addon-resizer' },
  { name: 'cpvpa', class: 'autoscaler', source: 'https://github.com/kubernetes-sigs/cluster-proportional-vertical-autoscaler' },
  { name: /^datadog-cluster-agent/iu, class: 'autoscaler', source: 'https://github.com/DataDog/datadog-agent' },
  { name: /autoscaler/iu, class: 'autoscaler', source: GO },

  ...ofTools('gitops'),
  ...ofTools('delivery'),
  { name: /^(openapi-generator|swagger-codegen)/iu, class: 'delivery', source: 'https://github.com/kubernetes-client/python' },
  { name: /^kubernetes java client/iu, class: 'delivery', source: 'https://github.com/kubernetes-client/java' },
  { name: /^kubernetes-client/iu, class: 'delivery', source: 'https://github.com/kubernetes-client' },
  { name: /^fabric8-kubernetes-client/iu, class: 'delivery', source: 'https://github.com/fabric8io/kubernetes-client' },
  { name: /^(python-|pykube|kr8s)/iu, class: 'delivery', source: USER_AGENT },
  { name: /^(node-fetch|node|undici|axios)$/iu, class: 'delivery', source: USER_AGENT },
  { name: /^(go-http-client|okhttp|java|apache-httpclient|ruby|rest-client)$/iu, class: 'delivery', source: USER_AGENT },

  ...ofTools('controller'),
  {
    name: 'rollouts-controller',
    class: 'controller',
    source: 'https://github.com/argoproj/argo-rollouts/tree/master/cmd/rollouts-controller',
  },
  { name: /^openshift/iu, class: 'controller', source: GO },
  { name: /^kopf/iu, class: 'controller', source: 'https://github.com/nolar/kopf' },
  { name: /^kube-webhook-certgen$/iu, class: 'controller', source: 'https://github.com/jet/kube-webhook-certgen' },
  { name: /^(kubelet|kube-scheduler|kube-apiserver)$/u, class: 'controller', source: GO },
  { name: /(controller|operator|manager|webhook|injector|admission)/iu, class: 'controller', source: GO },
];

type Writer = Pick<FieldOwner, 'manager' | 'operation' | 'subresource'>;

/** The row that decides about a writer; `undefined` where none does. */
export function managerRow(writer: Writer): KnownManager | undefined {
  return FIELD_MANAGERS.find(
    ({ name, operation, subresource }) =>
      (typeof name === 'string' ? name === writer.manager : name.test(writer.manager)) &&
      (operation === undefined || operation === writer.operation) &&
      (subresource === undefined || subresource === writer.subresource),
  );
}

/** The class of a writer, by its name in managedFields. */
export function actorOf(writer: Writer): ActorClass {
  return managerRow(writer)?.class ?? 'unknown';
}

const OWN_WORDS: Readonly<Record<string, string>> = {
  [ANCIENT_CHANGES]: 'several, unknown',
  'before-first-apply': 'earlier, unknown',
};

/** The class of a writer in words, for a parenthesis behind its name. */
export function actorWords({ manager, actor }: { readonly manager: string; readonly actor: ActorClass }): string {
  return (Object.hasOwn(OWN_WORDS, manager) ? OWN_WORDS[manager] : undefined) ?? ACTORS[actor].words;
}
