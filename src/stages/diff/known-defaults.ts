import { canonicalJson } from '../../domain/finding.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { SchemaNode } from './schema.ts';

type Rule = (value: Json, parent: JsonObject) => boolean;

const is =
  (...defaults: readonly Json[]): Rule =>
  (value) =>
    defaults.includes(value);

/** The same for lists and objects. */
function isOneOf(...defaults: readonly Json[]): Rule {
  const texts = defaults.map((entry) => canonicalJson(entry));
  return (value) => texts.includes(canonicalJson(value));
}

/** `:latest` or no tag is pulled always, any other tag or a digest only when absent. */
const imagePullPolicy: Rule = (value, container) => {
  const image = typeof container['image'] === 'string' ? container['image'] : '';
  const tag = image.includes('@') ? 'digest' : (/:([^/:]+)$/u.exec(image)?.[1] ?? 'latest');
  return value === (tag === 'latest' ? 'Always' : 'IfNotPresent');
};

/** Egress counts only where there are rules for it: written beside none of them it forbids all traffic out. */
const policyTypes: Rule = (value, spec) =>
  canonicalJson(value) === canonicalJson(isJsonArray(spec['egress']) ? ['Ingress', 'Egress'] : ['Ingress']);

/** Chosen by the API server, and any value may be. */
const allocated: Rule = () => true;

/** A volume without a source is an empty directory. */
const emptyDir: Rule = (value, volume) =>
  isJsonObject(value) &&
  Object.keys(value).length === 0 &&
  Object.keys(volume).every((field) => field === 'name' || field === 'emptyDir');

const podSpec: Readonly<Record<string, Rule>> = {
  restartPolicy: is('Always'),
  dnsPolicy: is('ClusterFirst'),
  schedulerName: is('default-scheduler'),
  terminationGracePeriodSeconds: is(30),
  // The deprecated twin that the API server keeps equal.
  serviceAccount: (value, spec) => value === spec['serviceAccountName'],
};
const container: Readonly<Record<string, Rule>> = {
  imagePullPolicy,
  terminationMessagePath: is('/dev/termination-log'),
  terminationMessagePolicy: is('File'),
};
const probe: Readonly<Record<string, Rule>> = {
  timeoutSeconds: is(1),
  periodSeconds: is(10),
  successThreshold: is(1),
  failureThreshold: is(3),
};
const webhook: Readonly<Record<string, Rule>> = {
  failurePolicy: is('Fail'),
  matchPolicy: is('Equivalent'),
  timeoutSeconds: is(10),
  namespaceSelector: isOneOf({}),
  objectSelector: isOneOf({}),
};
/** A selector that the API server makes for one object, by a label that nobody else writes. */
const generatedBy =
  (label: string): Rule =>
  (value) =>
    canonicalJson(value)?.includes(label) === true;
const defaultMode: Readonly<Record<string, Rule>> = { defaultMode: is(420) };

/**
 * What the API server writes where a manifest is silent, by schema type and field. OpenAPI does not publish these
 * (measured on 1.34). A test creates minimal objects on a real server and finds no drift.
 */
export const KNOWN_DEFAULTS: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  PodSpec: podSpec,
  Container: container,
  Volume: { emptyDir },
  ContainerPort: { protocol: is('TCP') },
  Probe: probe,
  HTTPGetAction: { scheme: is('HTTP'), path: is('/') },
  GRPCAction: { service: is('') },
  // Stored whether or not it is sent.
  HTTPHeader: { value: is('') },
  SecretVolumeSource: defaultMode,
  ConfigMapVolumeSource: defaultMode,
  ProjectedVolumeSource: defaultMode,
  DownwardAPIVolumeSource: defaultMode,
  HostPathVolumeSource: { type: is('') },
  ServiceAccountTokenProjection: { expirationSeconds: is(3600) },
  ObjectFieldSelector: { apiVersion: is('v1') },
  DeploymentSpec: { replicas: is(1), revisionHistoryLimit: is(10), progressDeadlineSeconds: is(600) },
  DeploymentStrategy: { type: is('RollingUpdate') },
  RollingUpdateDeployment: { maxSurge: is('25%'), maxUnavailable: is('25%') },
  StatefulSetSpec: {
    replicas: is(1),
    revisionHistoryLimit: is(10),
    podManagementPolicy: is('OrderedReady'),
  },
  StatefulSetUpdateStrategy: { type: is('RollingUpdate') },
  RollingUpdateStatefulSetStrategy: { partition: is(0), maxUnavailable: is(1) },
  StatefulSetPersistentVolumeClaimRetentionPolicy: { whenDeleted: is('Retain'), whenScaled: is('Retain') },
  PersistentVolumeClaim: { apiVersion: is('v1'), kind: is('PersistentVolumeClaim') },
  PersistentVolumeClaimSpec: { volumeMode: is('Filesystem') },
  PersistentVolumeClaimStatus: { phase: is('Pending') },
  DaemonSetSpec: { revisionHistoryLimit: is(10) },
  DaemonSetUpdateStrategy: { type: is('RollingUpdate') },
  RollingUpdateDaemonSet: { maxSurge: is(0), maxUnavailable: is(1) },
  CronJobSpec: {
    concurrencyPolicy: is('Allow'),
    suspend: is(false),
    successfulJobsHistoryLimit: is(3),
    failedJobsHistoryLimit: is(1),
  },
  ServiceSpec: {
    type: is('ClusterIP'),
    sessionAffinity: is('None'),
    internalTrafficPolicy: is('Cluster'),
    externalTrafficPolicy: is('Cluster'),
    allocateLoadBalancerNodePorts: is(true),
    // Both families where nobody is selected, as for a headless Service with endpoints of its own.
    ipFamilyPolicy: is('SingleStack', 'RequireDualStack'),
    clusterIP: allocated,
    clusterIPs: allocated,
    ipFamilies: allocated,
    healthCheckNodePort: allocated,
  },
  ServicePort: { protocol: is('TCP'), targetPort: (value, port) => value === port['port'], nodePort: allocated },
  ClientIPConfig: { timeoutSeconds: is(10_800) },
  NetworkPolicyPort: { protocol: is('TCP') },
  NetworkPolicySpec: { policyTypes },
  HorizontalPodAutoscalerSpec: {
    minReplicas: is(1),
    // Of autoscaling/v1.
    targetCPUUtilizationPercentage: is(80),
    metrics: isOneOf([{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]),
  },
  HPAScalingRules: {
    selectPolicy: is('Max'),
    stabilizationWindowSeconds: is(0),
    policies: isOneOf(
      [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    ),
  },
  ResourceFieldSelector: { divisor: is('0', 0) },
  Secret: { type: is('Opaque') },
  JobSpec: {
    completions: is(1),
    parallelism: is(1),
    backoffLimit: (value, job) => value === (job['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647),
    completionMode: is('NonIndexed'),
    suspend: is(false),
    manualSelector: is(false),
    podReplacementPolicy: (value, job) => value === (job['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'),
    // By the uid of the very Job.
    selector: generatedBy('controller-uid'),
  },
  PodFailurePolicyOnPodConditionsPattern: { status: is('True') },
  ReplicaSetSpec: { replicas: is(1) },
  Subject: {
    apiGroup: (value, subject) => value === (subject['kind'] === 'ServiceAccount' ? '' : 'rbac.authorization.k8s.io'),
  },
  StorageClass: { reclaimPolicy: is('Delete'), volumeBindingMode: is('Immediate') },
  AzureDiskVolumeSource: { readOnly: is(false) },
  PersistentVolumeSpec: { persistentVolumeReclaimPolicy: is('Retain'), volumeMode: is('Filesystem') },
  ValidatingWebhook: webhook,
  MutatingWebhook: { ...webhook, reinvocationPolicy: is('Never') },
  RuleWithOperations: { scope: is('*') },
  NamedRuleWithOperations: { scope: is('*') },
  ServiceReference: { port: is(443) },
  ValidatingAdmissionPolicySpec: { failurePolicy: is('Fail') },
  MatchResources: { matchPolicy: is('Equivalent'), namespaceSelector: isOneOf({}), objectSelector: isOneOf({}) },
  CustomResourceDefinitionSpec: { conversion: isOneOf({ strategy: 'None' }) },
  CustomResourceDefinitionNames: {
    listKind: (value, names) => value === `${names['kind']}List`,
    singular: (value, names) => value === String(names['kind']).toLowerCase(),
  },
  CSIDriverSpec: {
    attachRequired: is(true),
    podInfoOnMount: is(false),
    requiresRepublish: is(false),
    storageCapacity: is(false),
    seLinuxMount: is(false),
    fsGroupPolicy: is('ReadWriteOnceWithFSType'),
    volumeLifecycleModes: isOneOf(['Persistent']),
  },
  PriorityClass: { preemptionPolicy: is('PreemptLowerPriority') },
  IngressClassParametersReference: { scope: is('Cluster') },
  // One name for two types, of Endpoints and of EndpointSlices.
  EndpointPort: { name: is(''), protocol: is('TCP') },
  Endpoint: { conditions: isOneOf({}) },
  FlowSchemaSpec: { matchingPrecedence: is(1000) },
  LimitedPriorityLevelConfiguration: { nominalConcurrencyShares: is(30), lendablePercent: is(0) },
  QueuingConfiguration: { queues: is(64), handSize: is(8), queueLengthLimit: is(50) },
  ExactDeviceRequest: { allocationMode: is('ExactCount'), count: is(1) },
  DeviceSubRequest: { allocationMode: is('ExactCount'), count: is(1) },
  DeviceToleration: { operator: is('Equal') },
};

/** Structs that the API server writes empty. Elsewhere an empty one is a choice: an empty selector selects everything. */
export const EMPTY_STRUCTS: ReadonlySet<string> = new Set(['metadata', 'resources', 'securityContext', 'spec', 'status']);

function ruleOf(parent: SchemaNode, field: string): Rule | undefined {
  const rules = Object.hasOwn(KNOWN_DEFAULTS, parent.name) ? KNOWN_DEFAULTS[parent.name] : undefined;
  return rules && Object.hasOwn(rules, field) ? rules[field] : undefined;
}

/** True for a field whose value the API server allocates: no value tells whether somebody chose it. */
export function isAllocated(parent: SchemaNode, field: string): boolean {
  return ruleOf(parent, field) === allocated || (parent.name === 'ServiceSpec' && field === 'ipFamilyPolicy');
}

/** True where the value of a field is what the API server writes by itself; an object is where all of its fields are. */
export function isKnownDefault(parent: SchemaNode, parentValue: JsonObject, field: string, value: Json): boolean {
  if (ruleOf(parent, field)?.(value, parentValue)) return true;
  if (value === null) return true;
  // Custom resources publish theirs, and exactly.
  const published = parent.publishedDefault(field);
  if (published !== undefined && canonicalJson(published) === canonicalJson(value)) return true;
  if (isJsonArray(value)) return value.length === 0;
  if (!isJsonObject(value)) return false;
  const entries = Object.entries(value);
  if (entries.length === 0) return EMPTY_STRUCTS.has(field);
  const node = parent.field(field);
  return entries.every(([key, entry]) => isKnownDefault(node, value, key, entry));
}

/** Fields of workloads behind a Go pointer: false, 0 and the like are stored, and mean something else than nothing. */
export const STORED_ZEROS: ReadonlySet<string> = new Set([
  'activeDeadlineSeconds',
  'allocateLoadBalancerNodePorts',
  'allowPrivilegeEscalation',
  'automountServiceAccountToken',
  'backoffLimit',
  'completions',
  'enableServiceLinks',
  'expirationSeconds',
  'failedJobsHistoryLimit',
  'fsGroup',
  'hostUsers',
  'immutable',
  'maxSurge',
  'maxUnavailable',
  'minAvailable',
  'minReplicas',
  'optional',
  'parallelism',
  'partition',
  'privileged',
  'readOnlyRootFilesystem',
  'replicas',
  'revisionHistoryLimit',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'startingDeadlineSeconds',
  'storageClassName',
  'successfulJobsHistoryLimit',
  'suspend',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
  'ttlSecondsAfterFinished',
]);
