import { type FieldPath, printPath, withValueAt } from '../../domain/field-path.ts';
import { type Finding, revealValue } from '../../domain/finding.ts';
import { CLASSES } from '../../domain/finding-classes.ts';
import { at, isJsonArray, isJsonObject, type Json, numberAt, stringAt } from '../../domain/json.ts';
import { kindNamed } from '../../domain/kinds/kinds.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { monthlyUsd, type PriceTable } from './prices.ts';

const GIB = 2 ** 30;
const NANO = 1e9;

/** What one pod reserves; `undefined` members were not declared. */
interface Requests {
  readonly cpuCores: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly gpus: number;
}

function amount(resources: Json | undefined, name: string): number | undefined {
  // A limit without a request counts as the request: the API server fills it in on the pod.
  const declared = at(resources, 'requests', name) ?? at(resources, 'limits', name);
  if (typeof declared !== 'string' && typeof declared !== 'number') return undefined;
  const nano = parseQuantity(declared);
  return nano === undefined ? undefined : Number(nano) / NANO;
}

function requestsOf(container: Json): Requests {
  const resources = at(container, 'resources');
  const limits = at(resources, 'limits');
  const gpus = isJsonObject(limits) ? Object.keys(limits).filter((name) => name.endsWith('/gpu')) : [];
  return {
    cpuCores: amount(resources, 'cpu'),
    memoryBytes: amount(resources, 'memory'),
    gpus: gpus.reduce((sum, name) => sum + (amount(resources, name) ?? 0), 0),
  };
}

function plus(left: Requests, right: Requests): Requests {
  const sum = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : a + b;
  return {
    cpuCores: sum(left.cpuCores, right.cpuCores),
    memoryBytes: sum(left.memoryBytes, right.memoryBytes),
    gpus: left.gpus + right.gpus,
  };
}

function atLeast(left: Requests, right: Requests): Requests {
  const most = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? a : Math.max(a, b);
  return {
    cpuCores: most(left.cpuCores, right.cpuCores),
    memoryBytes: most(left.memoryBytes, right.memoryBytes),
    gpus: Math.max(left.gpus, right.gpus),
  };
}

const NOTHING: Requests = { cpuCores: 0, memoryBytes: 0, gpus: 0 };

/** What the scheduler reserves for a pod: containers and sidecars together, or an init container where that needs more. */
export function podRequests(podSpec: Json | undefined): Requests {
  const list = (name: string): readonly Json[] => {
    const found = at(podSpec, name);
    return isJsonArray(found) ? found : [];
  };
  let sidecars = NOTHING;
  let peak = NOTHING;
  for (const container of list('initContainers')) {
    const requests = requestsOf(container);
    if (stringAt(container, 'restartPolicy') === 'Always') sidecars = plus(sidecars, requests);
    else peak = atLeast(peak, plus(sidecars, requests));
  }
  const running = list('containers').map(requestsOf).reduce(plus, sidecars);
  const overhead = at(podSpec, 'overhead');
  const { cpuCores = 0, memoryBytes = 0, gpus } = requestsOf({ resources: { requests: overhead ?? null } });
  return plus(atLeast(running, peak), { cpuCores, memoryBytes, gpus });
}

/**
 * US dollars a month for a workload at list prices: requests x pods x hours, storage of volume claim templates added.
 * `undefined` where a container declares no CPU or memory request: unknown is not free.
 */
function monthlyCostUsd(workload: Json, prices: PriceTable, scheduledPods: number | undefined): number | undefined {
  const kind = stringAt(workload, 'kind');
  const pods = kindNamed(kind ?? '')?.podsOfNodes ? scheduledPods : (numberAt(workload, 'spec', 'replicas') ?? 1);
  if (pods === undefined) return undefined;
  const { cpuCores, memoryBytes, gpus } = podRequests(at(workload, 'spec', 'template', 'spec'));
  if (cpuCores === undefined || memoryBytes === undefined) return undefined;
  const claims = at(workload, 'spec', 'volumeClaimTemplates');
  const storageGib = (isJsonArray(claims) ? claims : []).reduce<number>((sum, claim) => {
    return sum + (amount(at(claim, 'spec', 'resources'), 'storage') ?? 0) / GIB;
  }, 0);
  return monthlyUsd(pods, { cpuCores, memoryBytes, gpus, storageGib }, prices);
}

/** Fields on which the bill depends. */
const PRICED = /^\/spec\/replicas$|\/resources(\/|$)|\/(initC|c)ontainers\[[^\]]*\]$|volumeClaimTemplates/u;

function touchesCost(path: FieldPath): boolean {
  return path.length === 0 || PRICED.test(printPath(path));
}

/** What one finding alone costs, live minus desired; `undefined` where it cannot be known. */
export function findingCostUsd(
  finding: Finding,
  desired: Json | undefined,
  live: Json | undefined,
  prices: PriceTable,
  scheduledPods: number | undefined,
): number | undefined {
  if (!CLASSES[finding.class].hasCost || !touchesCost(finding.path)) return 0;
  if (desired === undefined) return live === undefined ? undefined : monthlyCostUsd(live, prices, scheduledPods);
  const before = monthlyCostUsd(desired, prices, scheduledPods);
  if (finding.class === 'missing') return before === undefined ? undefined : -before;
  const drifted = withValueAt(desired, finding.path, revealValue(finding.live));
  const after = monthlyCostUsd(drifted ?? null, prices, scheduledPods);
  return before === undefined || after === undefined ? undefined : Math.round((after - before) * 100) / 100;
}
