import pLimit from 'p-limit';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { messageOf } from '../../domain/errors.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import { objectKey } from '../../domain/object-ref.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import type { PodUsage } from '../../domain/usage.ts';
import { listAll } from './list.ts';

interface UsageRead {
  /** By `objectKey` of the workload; absent where no pod of it was measured. */
  readonly usage: ReadonlyMap<string, PodUsage>;
  /** Why some or all is not known; empty where all was read. */
  readonly reason: string;
}

const METRICS = 'metrics.k8s.io/v1beta1';
/** Usage is of interest and nothing waits for it. */
const DEADLINE_MS = 10_000;
/** Namespaces that are read in one pass. */
const MOST_NAMESPACES = 50;
const AT_ONCE = 4;
const NANO = 1e9;

/**
 * Reads what pods use from metrics.k8s.io, one list for each namespace of these workloads; pods belong to the workload whose
 * selector has their labels, which metrics-server repeats. Throws only by the signal: a pass goes on without.
 */
export async function readUsage(
  kubernetes: KubernetesClient,
  workloads: readonly LiveObject[],
  signal: AbortSignal,
): Promise<UsageRead> {
  const usage = new Map<string, PodUsage>();
  const selected = workloads.filter(({ body }) => isJsonObject(at(body, 'spec', 'selector')));
  const byNamespace = Map.groupBy(selected, ({ ref }) => ref.namespace);
  if (byNamespace.size === 0) return { usage, reason: '' };
  const soon = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  const reasons = new Set<string>();
  if (byNamespace.size > MOST_NAMESPACES) reasons.add(`only the first ${MOST_NAMESPACES} namespaces were read`);
  const limit = pLimit(AT_ONCE);
  try {
    const kind = await kubernetes.resourceKind(METRICS, 'PodMetrics', soon);
    if (!kind) return { usage, reason: 'the cluster has no metrics.k8s.io (metrics-server)' };
    await Promise.all(
      [...byNamespace].slice(0, MOST_NAMESPACES).map(([namespace, objects]) =>
        limit(async () => {
          const pods = await listAll(kubernetes, kind, namespace, (pod) => pod, soon);
          for (const { ref, body } of objects) {
            const selector = at(body, 'spec', 'selector');
            const own = pods.filter((pod) => isSelected(at(pod, 'metadata', 'labels'), selector));
            if (own.length > 0) usage.set(objectKey(ref), sumOf(own));
          }
        }),
      ),
    );
  } catch (error) {
    signal.throwIfAborted();
    reasons.add(soon.aborted ? `metrics.k8s.io did not answer within ${DEADLINE_MS / 1000} s` : messageOf(error));
  }
  return { usage, reason: [...reasons].join('; ') };
}

function sumOf(pods: readonly JsonObject[]): PodUsage {
  const amounts = (name: string): number => {
    const containers = pods.flatMap((pod) => list(at(pod, 'containers')));
    const nano = containers.map((container) => parseQuantity(stringAt(container, 'usage', name) ?? '') ?? 0n);
    return Number(nano.reduce((sum, amount) => sum + amount, 0n)) / NANO;
  };
  return { pods: pods.length, cpuCores: amounts('cpu'), memoryBytes: amounts('memory') };
}

/** Whether a label selector (meta/v1 LabelSelector) has these labels; an empty one selects nothing here. */
function isSelected(labels: Json | undefined, selector: Json | undefined): boolean {
  const wanted = at(selector, 'matchLabels');
  const equal = isJsonObject(wanted) ? Object.entries(wanted) : [];
  const expressions = list(at(selector, 'matchExpressions'));
  if (equal.length + expressions.length === 0) return false;
  return equal.every(([key, value]) => stringAt(labels, key) === value) && expressions.every((one) => isMet(labels, one));
}

function isMet(labels: Json | undefined, expression: Json): boolean {
  const value = stringAt(labels, stringAt(expression, 'key') ?? '');
  const isAmong = value !== undefined && list(at(expression, 'values')).includes(value);
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return isAmong;
    case 'NotIn':
      return !isAmong;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

function list(value: Json | undefined): readonly Json[] {
  return isJsonArray(value) ? value : [];
}
