import type { Json } from '../../../src/domain/json.ts';
import type { Dice } from './dice.ts';

// A workload as a stranger holds it in the editor: what the changes touch, by name, and all the rest as it comes.

/** One member of it is set. */
export type OneOf = Record<string, Json>;
export type Texts = Record<string, string>;

interface Named {
  name: string;
  [field: string]: unknown;
}

interface Port {
  name?: string;
  containerPort: number;
  hostPort?: number;
  protocol?: string;
}

export interface Variable {
  name: string;
  value?: string;
  valueFrom?: OneOf;
}

interface Mount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  subPath?: string;
}

export interface Container extends Named {
  image: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: Port[];
  env?: Variable[];
  envFrom?: OneOf[];
  resources?: { requests?: Texts; limits?: Texts };
  livenessProbe?: OneOf;
  readinessProbe?: OneOf;
  startupProbe?: OneOf;
  lifecycle?: { postStart?: OneOf; preStop?: OneOf };
  securityContext?: Record<string, Json>;
  volumeMounts?: Mount[];
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: (OneOf & { name: string })[];
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  dnsPolicy?: string;
  dnsConfig?: Record<string, Json>;
  nodeSelector?: Texts;
  priorityClassName?: string;
  terminationGracePeriodSeconds?: number;
  imagePullSecrets?: { name: string }[];
  hostAliases?: { ip: string; hostnames: string[] }[];
  tolerations?: Record<string, Json>[];
  topologySpreadConstraints?: Record<string, Json>[];
  affinity?: Record<string, Json>;
  securityContext?: Record<string, Json>;
}

export interface Metadata {
  labels?: Texts;
  annotations?: Texts;
}

export interface Workload {
  kind: string;
  metadata: Metadata;
  spec: {
    replicas?: number;
    paused?: boolean;
    minReadySeconds?: number;
    revisionHistoryLimit?: number;
    progressDeadlineSeconds?: number;
    strategy?: Strategy;
    updateStrategy?: Strategy;
    template: { metadata: Metadata; spec: PodSpec };
  };
}

interface Strategy {
  type?: string;
  rollingUpdate?: Record<string, Json> | undefined;
}

/** One thing that people do to a workload. */
export interface Change {
  readonly name: string;
  /** Changes the draft; `false` where there is nothing to do it to. */
  readonly make: (draft: Workload, dice: Dice) => boolean;
}

/** Changes one of several, where there is one. */
export function withOne<T>(list: readonly T[] | undefined, dice: Dice, change: (one: T) => unknown): boolean {
  const one = dice.pick(list ?? []);
  return one !== undefined && change(one) !== false;
}

export function podOf(draft: Workload): PodSpec {
  return draft.spec.template.spec;
}

/** Init containers among them. */
export function allContainers(draft: Workload): readonly Container[] {
  return [...podOf(draft).containers, ...(podOf(draft).initContainers ?? [])];
}

/** Puts it somewhere into the list. */
export function insert<T>(list: T[], one: T, dice: Dice): void {
  list.splice(dice.number(list.length + 1), 0, one);
}

export function removeOne<T>(list: T[] | undefined, dice: Dice): boolean {
  if (!list || list.length === 0) return false;
  list.splice(dice.number(list.length), 1);
  return true;
}
