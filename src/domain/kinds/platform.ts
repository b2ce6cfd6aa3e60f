import { type DefaultRule, is, isOneOf } from './default-rules.ts';
import { definitionHealth } from './health.ts';
import type { Kinds } from './kind.ts';
import { limitRangeAsStored } from './stored-forms.ts';

const webhook: Readonly<Record<string, DefaultRule>> = {
  failurePolicy: is('Fail'),
  matchPolicy: is('Equivalent'),
  timeoutSeconds: is(10),
  namespaceSelector: isOneOf({}),
  objectSelector: isOneOf({}),
};

/** What a platform is made of: quotas, access, scheduling, extensions of the API. */
export const PLATFORM: Kinds = {
  '/ResourceQuota': {
    immutable: /^\/spec\/(scopes|scopeSelector)/u,
  },
  '/LimitRange': {
    storedForm: limitRangeAsStored,
  },
  '/Event': {
    madeByCluster: /./u,
  },
  'events.k8s.io/Event': {
    madeByCluster: /./u,
  },
  'coordination.k8s.io/Lease': {
    madeByCluster: /./u,
  },
  'rbac.authorization.k8s.io/RoleBinding': {
    immutable: /^\/roleRef/u,
    defaults: {
      Subject: {
        apiGroup: (value, subject) => value === (subject['kind'] === 'ServiceAccount' ? '' : 'rbac.authorization.k8s.io'),
      },
    },
  },
  'rbac.authorization.k8s.io/ClusterRoleBinding': {
    immutable: /^\/roleRef/u,
  },
  'scheduling.k8s.io/PriorityClass': {
    immutable: /^\/(value|preemptionPolicy)/u,
    defaults: {
      PriorityClass: { preemptionPolicy: is('PreemptLowerPriority') },
    },
  },
  'node.k8s.io/RuntimeClass': {
    immutable: /^\/handler/u,
  },
  'resource.k8s.io/ResourceClaim': {
    immutable: /^\/spec/u,
    defaults: {
      ExactDeviceRequest: { allocationMode: is('ExactCount'), count: is(1) },
      DeviceSubRequest: { allocationMode: is('ExactCount'), count: is(1) },
      DeviceToleration: { operator: is('Equal') },
    },
  },
  'resource.k8s.io/ResourceClaimTemplate': {
    immutable: /^\/spec/u,
  },
  'certificates.k8s.io/CertificateSigningRequest': {
    immutable: /^\/spec/u,
  },
  'apiextensions.k8s.io/CustomResourceDefinition': {
    immutable: /^\/spec\/(group|scope|names\/(plural|kind))/u,
    defaults: {
      CustomResourceDefinitionSpec: { conversion: isOneOf({ strategy: 'None' }) },
      CustomResourceDefinitionNames: {
        listKind: (value, names) => value === `${names['kind']}List`,
        singular: (value, names) => value === String(names['kind']).toLowerCase(),
      },
    },
    health: definitionHealth,
  },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': {
    defaults: {
      ValidatingWebhook: webhook,
    },
  },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': {
    defaults: {
      MutatingWebhook: { ...webhook, reinvocationPolicy: is('Never') },
    },
  },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': {
    defaults: {
      ValidatingAdmissionPolicySpec: { failurePolicy: is('Fail') },
      NamedRuleWithOperations: { scope: is('*') },
      MatchResources: { matchPolicy: is('Equivalent'), namespaceSelector: isOneOf({}), objectSelector: isOneOf({}) },
    },
  },
  'flowcontrol.apiserver.k8s.io/FlowSchema': {
    defaults: {
      FlowSchemaSpec: { matchingPrecedence: is(1000) },
    },
  },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': {
    defaults: {
      LimitedPriorityLevelConfiguration: { nominalConcurrencyShares: is(30), lendablePercent: is(0) },
      QueuingConfiguration: { queues: is(64), handSize: is(8), queueLengthLimit: is(50) },
    },
  },
};
