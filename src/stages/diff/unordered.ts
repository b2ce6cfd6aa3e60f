/** Lists that server-side apply takes for one value and whose order means nothing to the API. */
interface Unordered {
  /** Names of schema types, and of their fields that hold such lists. */
  readonly types: readonly string[];
  readonly fields: readonly string[];
  /** Where Kubernetes says so. */
  readonly source: string;
}

const UNORDERED: readonly Unordered[] = [
  {
    // Permissions are purely additive.
    types: ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'PolicyRule', 'AggregationRule'],
    fields: ['rules', 'subjects', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs', 'verbs', 'clusterRoleSelectors'],
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#api-overview',
  },
  {
    // What is allowed is the union of all rules, peers and ports.
    types: ['NetworkPolicySpec', 'NetworkPolicyIngressRule', 'NetworkPolicyEgressRule', 'IPBlock'],
    fields: ['ingress', 'egress', 'policyTypes', 'from', 'to', 'ports', 'except'],
    source: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation',
  },
  {
    // A subset means the product of its addresses and ports.
    types: ['Endpoints', 'EndpointSubset', 'EndpointSlice'],
    fields: ['subsets', 'addresses', 'notReadyAddresses', 'ports', 'endpoints'],
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/',
  },
  {
    // Requirements are ANDed, terms are ORed, values are a set.
    types: [
      'LabelSelector',
      'LabelSelectorRequirement',
      'NodeSelector',
      'NodeSelectorTerm',
      'NodeSelectorRequirement',
      'ScopeSelector',
      'ScopedResourceSelectorRequirement',
      'StorageClass',
      'TopologySelectorTerm',
      'TopologySelectorLabelRequirement',
    ],
    fields: ['matchExpressions', 'matchFields', 'nodeSelectorTerms', 'values', 'allowedTopologies', 'matchLabelExpressions'],
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
  },
  {
    types: ['NodeAffinity', 'PodAffinity', 'PodAntiAffinity', 'PodAffinityTerm', 'TopologySpreadConstraint'],
    fields: [
      'requiredDuringSchedulingIgnoredDuringExecution',
      'preferredDuringSchedulingIgnoredDuringExecution',
      'namespaces',
      'matchLabelKeys',
      'mismatchLabelKeys',
    ],
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity',
  },
  {
    types: ['PodSpec', 'Scheduling'],
    fields: ['tolerations', 'readinessGates'],
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/',
  },
  {
    types: ['PodSecurityContext', 'Capabilities'],
    fields: ['supplementalGroups', 'sysctls', 'add', 'drop'],
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  },
  {
    types: ['PersistentVolumeClaimSpec', 'PersistentVolumeSpec'],
    fields: ['accessModes'],
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes',
  },
  {
    types: ['ServiceSpec'],
    fields: ['externalIPs', 'loadBalancerSourceRanges'],
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/',
  },
  {
    types: ['IngressSpec', 'IngressTLS'],
    fields: ['tls', 'hosts'],
    source: 'https://kubernetes.io/docs/concepts/services-networking/ingress/#tls',
  },
  {
    types: ['ServiceAccount'],
    fields: ['imagePullSecrets'],
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/',
  },
  {
    // One rule that matches is enough.
    types: ['ValidatingWebhook', 'MutatingWebhook', 'RuleWithOperations', 'NamedRuleWithOperations', 'MatchResources'],
    fields: [
      'rules',
      'operations',
      'apiGroups',
      'apiVersions',
      'resources',
      'resourceNames',
      'resourceRules',
      'excludeResourceRules',
    ],
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules',
  },
  {
    types: ['FlowSchemaSpec', 'PolicyRulesWithSubjects', 'ResourcePolicyRule', 'NonResourcePolicyRule'],
    fields: [
      'rules',
      'subjects',
      'resourceRules',
      'nonResourceRules',
      'verbs',
      'apiGroups',
      'resources',
      'namespaces',
      'nonResourceURLs',
    ],
    source: 'https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema',
  },
  {
    // The highest metric, or the policy that selectPolicy chooses; 1.24 stores the metrics in another order.
    types: ['HorizontalPodAutoscalerSpec', 'HPAScalingRules'],
    fields: ['metrics', 'policies'],
    source: 'https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details',
  },
  {
    types: ['ResourceQuotaSpec', 'LimitRangeSpec'],
    fields: ['scopes', 'limits'],
    source: 'https://kubernetes.io/docs/concepts/policy/resource-quotas/',
  },
  {
    types: ['CustomResourceDefinitionNames'],
    fields: ['shortNames', 'categories'],
    source: 'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/',
  },
];

const FIELDS_OF = new Map<string, Set<string>>();
for (const { types, fields } of UNORDERED)
  for (const type of types) FIELDS_OF.set(type, new Set([...(FIELDS_OF.get(type) ?? []), ...fields]));

/** Whether the order of the list in this field of a built-in type means nothing, though the list is one value. */
export function isUnordered(type: string, field: string): boolean {
  return FIELDS_OF.get(type)?.has(field) === true;
}
