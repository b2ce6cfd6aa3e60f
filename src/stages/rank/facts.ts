import { type FieldPath, printPath } from '../../domain/field-path.ts';
import type { FieldValue, Finding } from '../../domain/finding.ts';
import { canonicalJson } from '../../domain/finding.ts';
import { isNumber, type Json } from '../../domain/json.ts';
import { kindNamed } from '../../domain/kinds/kinds.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import type { Severity } from '../../domain/ranking.ts';
import { Secret } from '../../domain/secret.ts';
import type { Usage } from '../../domain/usage.ts';

/** A finding as the heuristic left it, with what is sent to the model. */
export interface RankInput {
  readonly finding: Finding;
  readonly severity: Severity;
  readonly floor: Severity;
  readonly score: number;
  readonly costUsdPerMonth: number | undefined;
  readonly pods: number;
  readonly usage?: Usage;
}

/** One row of the prompt. Built from an allow-list: no name, no free text of a cluster can be in it. */
export interface Fact {
  readonly id: string;
  readonly workload: string;
  readonly namespace: string;
  readonly kind: string;
  readonly class: string;
  readonly field: string;
  readonly change: Json;
  readonly actor: string;
  readonly age: string;
  readonly tier: string;
  readonly restartsPods: boolean;
  readonly pods: number;
  readonly costUsdPerMonth: number | null;
  /** Numbers alone: what the pods report of themselves. */
  readonly usage: Usage | null;
  readonly heuristicSeverity: Severity;
}

/** Short stand-ins for names, the same within one pass; the answer is mapped back by us. */
class Aliases {
  readonly #byName = new Map<string, string>();
  readonly #prefix: string;
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  of(name: string): string {
    let alias = this.#byName.get(name);
    if (alias === undefined) {
      alias = `${this.#prefix}${this.#byName.size + 1}`;
      this.#byName.set(name, alias);
    }
    return alias;
  }
}

/** Fields of the Kubernetes API that describe a change. Another name may be a user's own. */
const KNOWN_FIELDS = new Set(
  `metadata labels annotations finalizers ownerReferences spec status template selector matchLabels matchExpressions
  replicas paused strategy updateStrategy rollingUpdate maxSurge maxUnavailable partition minReadySeconds
  revisionHistoryLimit progressDeadlineSeconds podManagementPolicy serviceName persistentVolumeClaimRetentionPolicy
  volumeClaimTemplates storageClassName accessModes schedule timeZone suspend concurrencyPolicy startingDeadlineSeconds
  jobTemplate parallelism completions backoffLimit activeDeadlineSeconds ttlSecondsAfterFinished restartPolicy
  containers initContainers ephemeralContainers image imagePullPolicy imagePullSecrets command args workingDir env envFrom
  name value valueFrom configMapKeyRef secretKeyRef fieldRef resourceFieldRef configMapRef secretRef optional prefix
  ports containerPort hostPort protocol hostIP targetPort nodePort port type clusterIP externalTrafficPolicy
  sessionAffinity loadBalancerSourceRanges externalIPs rules ingressClassName tls hosts backend
  resources requests limits claims cpu memory storage ephemeral-storage resizePolicy
  livenessProbe readinessProbe startupProbe httpGet tcpSocket exec grpc path scheme host httpHeaders initialDelaySeconds
  periodSeconds timeoutSeconds successThreshold failureThreshold terminationGracePeriodSeconds lifecycle postStart preStop
  terminationMessagePath terminationMessagePolicy stdin tty securityContext privileged allowPrivilegeEscalation
  readOnlyRootFilesystem runAsUser runAsGroup runAsNonRoot fsGroup fsGroupChangePolicy supplementalGroups seccompProfile
  seLinuxOptions appArmorProfile capabilities add drop procMount sysctls volumeMounts volumeDevices mountPath subPath
  mountPropagation readOnly volumes emptyDir sizeLimit medium hostPath configMap secret projected sources
  downwardAPI csi nfs persistentVolumeClaim serviceAccountToken defaultMode items mode serviceAccountName serviceAccount
  automountServiceAccountToken hostNetwork hostPID hostIPC hostUsers hostAliases hostname subdomain dnsPolicy dnsConfig
  nodeName nodeSelector affinity nodeAffinity podAffinity podAntiAffinity tolerations topologySpreadConstraints maxSkew
  topologyKey whenUnsatisfiable labelSelector effect operator key tolerationSeconds priority priorityClassName
  preemptionPolicy runtimeClassName schedulerName schedulingGates overhead enableServiceLinks shareProcessNamespace
  data stringData binaryData immutable`.split(/\s+/u),
);
/** Maps whose keys people choose. */
const FREE_MAPS = new Set(['labels', 'annotations', 'data', 'stringData', 'binaryData', 'matchLabels', 'nodeSelector']);
/** Where a text is an amount; everywhere else a number in a text may be anybody's phone number or password. */
const AMOUNTS = /\/(requests|limits|overhead)\/[^/]+$|\/(sizeLimit|maxSurge|maxUnavailable)$/u;

/** The path with every name that a person chose left out: `/spec/template/spec/containers[]/env[]`. */
function structuralPath(path: FieldPath): string {
  let isFreeKey = false;
  return path
    .map((step) => {
      if (!('field' in step)) return '[]';
      const text = isFreeKey || !KNOWN_FIELDS.has(step.field) ? '/(key)' : `/${step.field}`;
      isFreeKey = FREE_MAPS.has(step.field);
      return text;
    })
    .join('');
}

function isSent(kind: string): boolean {
  return kindNamed(kind)?.isSentToModel === true;
}

/** A value as the model may see it: numbers, booleans and amounts as they are; of any other text only its length. */
function showValue(value: FieldValue, kind: string, path: string): Json {
  if (value === undefined) return { absent: true };
  if (value instanceof Secret) return { hidden: true, looksSecret: true };
  if (typeof value === 'boolean' || value === null) return value;
  // In a kind that is not known a number may mean anything.
  if (isNumber(value)) return isSent(kind) ? value : { number: true };
  if (typeof value === 'string') {
    const isAmount = isSent(kind) && AMOUNTS.test(path) && parseQuantity(value) !== undefined;
    return isAmount ? value : { text: true, length: value.length };
  }
  return { structure: true, size: (canonicalJson(value) ?? '').length };
}

function ageOf(time: string | undefined, now: Date): string {
  if (time === undefined) return 'unknown';
  const minutes = (now.getTime() - Date.parse(time)) / 60_000;
  if (Number.isNaN(minutes)) return 'unknown';
  if (minutes < 15) return 'under 15 minutes';
  if (minutes < 24 * 60) return 'under a day';
  return minutes < 7 * 24 * 60 ? 'under a week' : 'over a week';
}

/** What is sent to the model of each finding, in the order of the heuristic; ids are `f1`, `f2`, ... */
export function buildFacts(inputs: readonly RankInput[], now: Date): readonly Fact[] {
  const [workloads, namespaces] = [new Aliases('w'), new Aliases('ns')];
  return inputs.map((input, index) => {
    const { finding } = input;
    const path = structuralPath(finding.path);
    const show = (value: FieldValue): Json => showValue(value, finding.ref.kind, path);
    return {
      id: `f${index + 1}`,
      workload: workloads.of(`${finding.ref.namespace}/${finding.ref.kind}/${finding.ref.name}`),
      namespace: namespaces.of(finding.ref.namespace),
      kind: isSent(finding.ref.kind) ? finding.ref.kind : 'other',
      class: finding.class,
      field: finding.path.length === 0 ? '(whole object)' : path,
      change: { desired: show(finding.desired), live: show(finding.live), sameImageName: sameImageName(finding) },
      actor: finding.blame?.actor ?? 'unknown',
      age: ageOf(finding.blame?.time, now),
      tier: finding.isCritical ? 'critical' : 'normal',
      restartsPods: finding.restartsPods,
      pods: input.pods,
      costUsdPerMonth: input.costUsdPerMonth ?? null,
      usage: input.usage ?? null,
      heuristicSeverity: input.severity,
    };
  });
}

/** For images: whether only the tag differs. */
function sameImageName(finding: Finding): Json {
  if (!printPath(finding.path).endsWith('/image') || typeof finding.desired !== 'string' || typeof finding.live !== 'string')
    return null;
  const name = (image: string): string => (image.split('@')[0] ?? '').replace(/:[^:/]+$/u, '');
  return name(finding.desired) === name(finding.live);
}
