import type { ObjectComparison } from '../../domain/finding.ts';
import { at, numberAt } from '../../domain/json.ts';
import type { PodUsage, Usage } from '../../domain/usage.ts';
import { podRequests } from './cost.ts';

const MIB = 2 ** 20;

/** Usage beside requests; `undefined` where no pod was measured, or the workload is not in the cluster. */
export function usageOf({ live, desired }: ObjectComparison, measured: PodUsage | undefined): Usage | undefined {
  if (!live || !measured) return undefined;
  const { pods, cpuCores, memoryBytes } = measured;
  const requests = podRequests(at(live.body, 'spec', 'template', 'spec'));
  const all = (ofOne: number | undefined, unit: number): number | null =>
    ofOne === undefined ? null : Math.round((ofOne * pods) / unit);
  return {
    replicas: live.scheduledPods ?? numberAt(live.body, 'spec', 'replicas') ?? pods,
    desiredReplicas: numberAt(desired?.document, 'spec', 'replicas') ?? null,
    measuredPods: pods,
    cpuMillicores: Math.round(cpuCores * 1000),
    requestedCpuMillicores: all(requests.cpuCores, 1 / 1000),
    memoryMib: Math.round(memoryBytes / MIB),
    requestedMemoryMib: all(requests.memoryBytes, MIB),
  };
}
