import type { FieldPath } from '../field-path.ts';
import { type Json, type JsonObject, stringAt } from '../json.ts';
import { groupOf } from '../object-ref.ts';
import { namesPassword, verdictOf } from './names.ts';

/** The place of a value. */
export interface Place {
  /** A kind of Kubernetes itself, whose fields have one meaning. */
  readonly isBuiltIn: boolean;
  readonly field: string;
  /** The name that says what the value is: of the field, the variable, the header, the key of a map. */
  readonly name: string;
  /** A map whose keys people choose: they have no meaning of the API. */
  readonly isFreeMap: boolean;
  readonly isFreeKey: boolean;
  readonly isArguments: boolean;
  readonly isBase64: boolean;
}

const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/u));

/** Fields of Kubernetes' own kinds that hold names of objects, enumerations, amounts and places, and never a secret. */
const SHOWN = names(`
  apiVersion kind name generateName namespace image imagePullPolicy restartPolicy dnsPolicy protocol appProtocol type operator effect
  topologyKey whenUnsatisfiable serviceAccountName serviceAccount schedulerName priorityClassName preemptionPolicy runtimeClassName
  nodeName hostname subdomain storageClassName volumeName volumeMode volumeAttributesClassName accessModes claimName secretName
  configMapName mountPath mountPropagation subPath subPathExpr workingDir terminationMessagePath terminationMessagePolicy port
  targetPort pathType scheme serviceName ingressClassName ingressClass policyTypes concurrencyPolicy schedule timeZone
  podManagementPolicy clusterIP clusterIPs externalIPs loadBalancerIP loadBalancerClass loadBalancerSourceRanges sessionAffinity
  externalTrafficPolicy internalTrafficPolicy ipFamilies ipFamilyPolicy externalName verbs apiGroups resources resourceNames
  nonResourceURLs key resource fieldPath divisor containerName cpu memory storage medium sizeLimit fsType driver provisioner
  reclaimPolicy persistentVolumeReclaimPolicy volumeBindingMode maxSurge maxUnavailable minAvailable unhealthyPodEvictionPolicy
  completionMode podReplacementPolicy cidr except ip hostnames nameservers searches seccompProfile localhostProfile procMount
  level user role add drop sysctls fsGroupChangePolicy supplementalGroupsPolicy scaleTargetRef metricName averageValue selectPolicy
  describedObject failurePolicy matchPolicy sideEffects reinvocationPolicy admissionReviewVersions operations scope versions group
  plural singular shortNames categories listKind container conditionType ephemeral-storage hugepages-2Mi hugepages-1Gi host hosts`);
/** Paths that a probe asks for and rules match; a query in one is a text. */
const PATHS = names('path nonResourcePath');
/** The same in kinds of others, where the value has the form of such a name. */
const SHOWN_ANYWHERE = names(
  'apiVersion kind name namespace image secretName configMapName storageClassName serviceAccountName claimName ingressClassName serviceName',
);
const OBJECT_NAME = /^[A-Za-z\d](?:[A-Za-z\d./-]{0,252}[A-Za-z\d])?$/u;
/** The random part of a name is shorter than a token. */
const TOKEN_LIKE = /[a-z\d_]{20}/iu;
/** `registry:5000/team/app:1.2@sha256:...` */
const IMAGE =
  /^[a-z0-9][\w.-]{0,127}(?::\d{1,5}(?=\/))?(?:\/[a-z0-9][\w.-]{0,127}){0,16}(?::\w[\w.-]{0,127})?(?:@[a-z0-9]{1,16}:[0-9a-f]{32,128})?$/iu;
/** Maps whose keys people choose. */
const FREE_MAPS = names(
  'labels annotations data stringData binaryData matchLabels nodeSelector selector parameters volumeAttributes options volumeContext env',
);
const ARGUMENTS = names('args command cmd arguments entrypoint extraArgs commandLine execCommand');
const BASE64 = names('binaryData caBundle');
/** Fields whose names do not describe their value: names above or beside do. */
const GENERIC =
  /^(?:new|old|default|plain|current|raw|string|literal|inline)?_?(?:values?|val|default|data|text|contents?|string|literal|inline|plain|raw|spec)$/iu;
/** Fields beside such a one that say what it is. */
const NAMING = /^(?:name|key|header|id|type|field|property|param|parameter|setting|variable|attribute|option)$/iu;
/** Fields that lead to a secret and hold none themselves. */
const POINTING = names('key name namespace');

/** Who made up a key, as in `example.com/api-key`: it says nothing about the value. */
const DOMAIN = /^[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\//u;

/** Annotations of ingresses that name a Secret. */
const REFERENCE_KEY = /ingress\.kubernetes\.io\/(?:auth|auth-tls|proxy-ssl|secure-verify-ca)-secret$/u;

function isBuiltIn(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/** The place of a whole object. */
function rootPlace(apiVersion: string): Place {
  const place = { field: '', name: '', isFreeMap: false, isFreeKey: false, isArguments: false, isBase64: false };
  return { ...place, isBuiltIn: isBuiltIn(apiVersion) };
}

/** For a value outside of an object: a text, or a part of one. */
export function namedPlace(name: string): Place {
  return { ...rootPlace('text.example/v1'), name };
}

/** What the fields beside a value call it; of several the one that tells of a secret. */
function besides(parent: JsonObject | undefined): string {
  const found = Object.keys(parent ?? {}).flatMap((field) => (NAMING.test(field) ? (stringAt(parent, field) ?? []) : []));
  return found.find(namesPassword) ?? found[0] ?? '';
}

/** A name below another one: what is in a map of passwords is a password, whatever it is called. */
function under({ name: above }: Place, name: string): string {
  if (name === '') return above;
  return above !== '' && namesPassword(above) && verdictOf(name).says === 'none' ? `${above} ${name}` : name;
}

/** One level further down; `parent` holds the field, and its name says what its value is. */
export function below(place: Place, field: string, parent?: JsonObject): Place {
  const isFreeKey = place.isFreeMap;
  const isGeneric = !isFreeKey && GENERIC.test(field);
  return {
    isBuiltIn: place.isBuiltIn,
    field,
    name: REFERENCE_KEY.test(field)
      ? 'secret name'
      : place.field === 'stringData'
        ? 'secret'
        : isGeneric
          ? under(place, besides(parent))
          : isFreeKey
            ? under(place, field.replace(DOMAIN, ''))
            : POINTING.has(field)
              ? field
              : under(place, field),
    isFreeMap: !isFreeKey && FREE_MAPS.has(field),
    isFreeKey,
    isArguments: !isFreeKey && ARGUMENTS.has(field),
    isBase64: BASE64.has(field) || (isFreeKey && place.isBase64),
  };
}

/** An element of a list: its fields have the meaning of the API again, and what it is called says what its value is. */
export function elementOf(place: Place, name?: unknown): Place {
  return { ...place, isFreeMap: false, ...(typeof name === 'string' ? { name: under(place, name) } : {}) };
}

/** The place that a path leads to. */
export function placeOf(apiVersion: string, path: FieldPath): Place {
  let place = rootPlace(apiVersion);
  for (const step of path) {
    if ('field' in step) place = below(place, step.field, { name: place.name });
    else if ('key' in step) place = elementOf(place, step.key['name'] ?? step.key['key'] ?? Object.values(step.key)[0]);
    else place = elementOf(place);
  }
  return place;
}

/** Whether the field alone says that the value is harmless. */
export function isShownHere({ isBuiltIn: isKnown, isFreeKey, isArguments, field }: Place, value: Json): boolean {
  if (isFreeKey || isArguments) return false;
  if (typeof value !== 'string') return isKnown;
  if (field === 'image') return IMAGE.test(value);
  if (isKnown && PATHS.has(field)) return !/[?=&]/u.test(value);
  if (isKnown && SHOWN.has(field)) return !/[\s]|:\/\/[^/]*@/u.test(value) || field === 'schedule';
  return SHOWN_ANYWHERE.has(field) && OBJECT_NAME.test(value) && !TOKEN_LIKE.test(value);
}
