import { canonicalJson } from '../finding.ts';
import { at, isJsonArray } from '../json.ts';
import { allocated, type DefaultRule, is, isOneOf } from './default-rules.ts';
import type { Kind, Kinds } from './kind.ts';
import { withBase64OnOneLine, withDataOfStrings } from './stored-forms.ts';

/** Egress counts only where there are rules for it: written beside none of them it forbids all traffic out. */
const policyTypes: DefaultRule = (value, spec) =>
  canonicalJson(value) === canonicalJson(isJsonArray(spec['egress']) ? ['Ingress', 'Egress'] : ['Ingress']);

const refusesSealed: NonNullable<Kind['refuses']> = (path, _, live) =>
  at(live, 'immutable') === true && /^\/(data|binaryData|stringData|immutable)/u.test(path);

/** What workloads are configured by, reached through, and keep data in. */
export const SERVICES_AND_STORAGE: Kinds = {
  '/ConfigMap': {
    refuses: refusesSealed,
    storedForm: (desired) => withBase64OnOneLine(desired, 'binaryData'),
    madeByCluster: /^(kube-root-ca\.crt|openshift-service-ca\.crt)$/u,
    isSentToModel: true,
  },
  '/Secret': {
    immutable: /^\/type$/u,
    refuses: refusesSealed,
    defaults: {
      Secret: { type: is('Opaque') },
    },
    storedForm: withDataOfStrings,
  },
  '/ServiceAccount': {
    madeByCluster: /^default$/u,
  },
  '/Service': {
    immutable: /^\/spec\/(clusterIP|clusterIPs|healthCheckNodePort|loadBalancerClass)(\[|$)/u,
    // The first family is the one that the address is of.
    refuses: (path, { desired, live }) =>
      path === '/spec/ipFamilies' && isJsonArray(desired) && isJsonArray(live) && desired[0] !== live[0],
    defaults: {
      ServiceSpec: {
        type: is('ClusterIP'),
        sessionAffinity: is('None'),
        internalTrafficPolicy: is('Cluster'),
        externalTrafficPolicy: is('Cluster'),
        allocateLoadBalancerNodePorts: is(true),
        // Both families if no pod is selected, as for a headless Service with its own endpoints.
        ipFamilyPolicy: is('SingleStack', 'RequireDualStack'),
        clusterIP: allocated,
        clusterIPs: allocated,
        ipFamilies: allocated,
        healthCheckNodePort: allocated,
      },
      ServicePort: { protocol: is('TCP'), targetPort: (value, port) => value === port['port'], nodePort: allocated },
      ClientIPConfig: { timeoutSeconds: is(10_800) },
    },
    madeByCluster: /^kubernetes$/u,
    isSentToModel: true,
  },
  '/Endpoints': {
    defaults: {
      // One name for two types, of Endpoints and of EndpointSlices.
      EndpointPort: { name: is(''), protocol: is('TCP') },
    },
    madeByCluster: /./u,
  },
  'discovery.k8s.io/EndpointSlice': {
    immutable: /^\/addressType/u,
    defaults: {
      Endpoint: { conditions: isOneOf({}) },
    },
    madeByCluster: /./u,
  },
  'networking.k8s.io/Ingress': {
    isSentToModel: true,
  },
  'networking.k8s.io/IngressClass': {
    immutable: /^\/spec\/controller/u,
    defaults: {
      IngressClassParametersReference: { scope: is('Cluster') },
    },
  },
  'networking.k8s.io/NetworkPolicy': {
    defaults: {
      NetworkPolicyPort: { protocol: is('TCP') },
      NetworkPolicySpec: { policyTypes },
    },
  },
  'networking.k8s.io/ServiceCIDR': {
    immutable: /^\/spec\/cidrs/u,
  },
  '/PersistentVolumeClaim': {
    immutable: /^\/spec\/(?!resources\/requests|volumeAttributesClassName)/u,
    defaults: {
      PersistentVolumeClaim: { apiVersion: is('v1'), kind: is('PersistentVolumeClaim') },
      PersistentVolumeClaimSpec: { volumeMode: is('Filesystem') },
      PersistentVolumeClaimStatus: { phase: is('Pending') },
    },
  },
  '/PersistentVolume': {
    immutable:
      /^\/spec\/(?!capacity|accessModes|claimRef|persistentVolumeReclaimPolicy|storageClassName|mountOptions|volumeAttributesClassName)/u,
    defaults: {
      PersistentVolumeSpec: { persistentVolumeReclaimPolicy: is('Retain'), volumeMode: is('Filesystem') },
    },
  },
  'storage.k8s.io/StorageClass': {
    immutable: /^\/(provisioner|parameters|reclaimPolicy|volumeBindingMode)/u,
    defaults: {
      StorageClass: { reclaimPolicy: is('Delete'), volumeBindingMode: is('Immediate') },
    },
  },
  'storage.k8s.io/VolumeAttributesClass': {
    immutable: /^\/(driverName|parameters)/u,
  },
  'storage.k8s.io/CSIDriver': {
    immutable: /^\/spec\/(attachRequired|volumeLifecycleModes)/u,
    defaults: {
      CSIDriverSpec: {
        attachRequired: is(true),
        podInfoOnMount: is(false),
        requiresRepublish: is(false),
        storageCapacity: is(false),
        seLinuxMount: is(false),
        fsGroupPolicy: is('ReadWriteOnceWithFSType'),
        volumeLifecycleModes: isOneOf(['Persistent']),
      },
    },
  },
};
