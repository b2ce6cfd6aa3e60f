import { canonicalJson } from '../../domain/finding.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { allocated, type DefaultRule, is } from '../../domain/kinds/default-rules.ts';
import { KINDS } from '../../domain/kinds/kinds.ts';
import type { SchemaNode } from './schema.ts';

/** `:latest` or no tag is pulled always, any other tag or a digest only when absent. */
const imagePullPolicy: DefaultRule = (value, container) => {
  const image = typeof container['image'] === 'string' ? container['image'] : '';
  const tag = image.includes('@') ? 'digest' : (/:([^/:]+)$/u.exec(image)?.[1] ?? 'latest');
  return value === (tag === 'latest' ? 'Always' : 'IfNotPresent');
};

/** A volume without a source is an empty directory. */
const emptyDir: DefaultRule = (value, volume) =>
  isJsonObject(value) &&
  Object.keys(value).length === 0 &&
  Object.keys(volume).every((field) => field === 'name' || field === 'emptyDir');

const podSpec: Readonly<Record<string, DefaultRule>> = {
  restartPolicy: is('Always'),
  dnsPolicy: is('ClusterFirst'),
  schedulerName: is('default-scheduler'),
  terminationGracePeriodSeconds: is(30),
  // The deprecated twin that the API server keeps equal.
  serviceAccount: (value, spec) => value === spec['serviceAccountName'],
};
const container: Readonly<Record<string, DefaultRule>> = {
  imagePullPolicy,
  terminationMessagePath: is('/dev/termination-log'),
  terminationMessagePolicy: is('File'),
};
const probe: Readonly<Record<string, DefaultRule>> = {
  timeoutSeconds: is(1),
  periodSeconds: is(10),
  successThreshold: is(1),
  failureThreshold: is(3),
};
const defaultMode: Readonly<Record<string, DefaultRule>> = { defaultMode: is(420) };

/**
 * Types that several kinds contain. Types of one kind are in its row of `KINDS`. OpenAPI does not publish these
 * (measured on 1.34). A test creates minimal objects on a real server and finds no drift.
 */
const SHARED_DEFAULTS: Readonly<Record<string, Readonly<Record<string, DefaultRule>>>> = {
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
  ResourceFieldSelector: { divisor: is('0', 0) },
  AzureDiskVolumeSource: { readOnly: is(false) },
  RuleWithOperations: { scope: is('*') },
  ServiceReference: { port: is(443) },
};

/** Those of all types. */
export const KNOWN_DEFAULTS: typeof SHARED_DEFAULTS = Object.fromEntries(
  [...Object.values(KINDS).map(({ defaults = {} }) => defaults), SHARED_DEFAULTS].flatMap((types) => Object.entries(types)),
);

/** Structs that the API server writes empty. Elsewhere an empty one is a choice: an empty selector selects everything. */
export const EMPTY_STRUCTS: ReadonlySet<string> = new Set(['metadata', 'resources', 'securityContext', 'spec', 'status']);

function ruleOf(parent: SchemaNode, field: string): DefaultRule | undefined {
  const rules = Object.hasOwn(KNOWN_DEFAULTS, parent.name) ? KNOWN_DEFAULTS[parent.name] : undefined;
  return rules && Object.hasOwn(rules, field) ? rules[field] : undefined;
}

/** True for a field whose value the API server allocates: no value shows whether it was chosen. */
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
