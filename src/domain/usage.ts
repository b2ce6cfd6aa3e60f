import * as z from 'zod';

const count = z.int().min(0);

/** What the measured pods of a workload use together. */
export interface PodUsage {
  readonly pods: number;
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** What the pods of a workload use, beside what they request: sums over the pods that were measured. */
export const usageSchema = z
  .object({
    replicas: count.describe('Pods that the workload is to have, as the cluster has it.'),
    desiredReplicas: count.nullable().describe('As the unit has it; null where it says nothing.'),
    measuredPods: count.describe('Pods that metrics.k8s.io had figures for.'),
    cpuMillicores: count,
    requestedCpuMillicores: count.nullable().describe('Null where a container requests none.'),
    memoryMib: count,
    requestedMemoryMib: count.nullable(),
  })
  .describe('As of when the finding was first seen with these values.');
export type Usage = Readonly<z.output<typeof usageSchema>>;

/** `5 of 3 replicas, 4 % of the requested CPU used (20 of 500 millicores), ...` */
export function usageWords(usage: Usage): string {
  const { replicas, desiredReplicas, cpuMillicores, requestedCpuMillicores, memoryMib, requestedMemoryMib } = usage;
  const of = desiredReplicas === null || desiredReplicas === replicas ? '' : ` of ${desiredReplicas}`;
  const isOne = replicas === 1 && of === '';
  return [
    `${replicas}${of} ${isOne ? 'replica' : 'replicas'}`,
    partUsed('CPU', cpuMillicores, requestedCpuMillicores, 'millicores'),
    partUsed('memory', memoryMib, requestedMemoryMib, 'MiB'),
  ].join(', ');
}

function partUsed(what: string, used: number, requested: number | null, unit: string): string {
  if (requested === null || requested === 0) return `${used} ${unit} of ${what} used, none requested`;
  const percent = Math.round((100 * used) / requested);
  const share = percent === 0 && used > 0 ? 'under 1' : String(percent);
  return `${share} % of the requested ${what} used (${used} of ${requested} ${unit})`;
}
