import { foreignText } from '../foreign-text.ts';
import { at, isJsonArray, type Json, type JsonObject, stringAt } from '../json.ts';

/** How an object is: `waiting` may still become healthy, `failed` will not by itself. */
export type Health = { readonly state: 'healthy' } | { readonly state: 'waiting' | 'failed'; readonly reason: string };

export const HEALTHY: Health = { state: 'healthy' };
const waiting = (reason: string): Health => ({ state: 'waiting', reason });
const failed = (reason: string): Health => ({ state: 'failed', reason });

// Rules of `kubectl rollout status` for workloads, conditions for what has them.

/** The same, once the object's controller has seen its latest generation. */
export function whenSeen(health: (object: JsonObject) => Health): (object: JsonObject) => Health {
  return (object) => {
    const observed = at(object, 'status', 'observedGeneration');
    const generation = at(object, 'metadata', 'generation');
    const isBehind = typeof observed === 'number' && typeof generation === 'number' && observed < generation;
    return observed === undefined || isBehind ? waiting('not seen by its controller yet') : health(object);
  };
}

export function jobHealth(object: JsonObject): Health {
  if (condition(object, 'Failed')) return failed(`the job failed: ${condition(object, 'Failed')}`);
  return condition(object, 'Complete') === undefined ? waiting('the job is not complete') : HEALTHY;
}

export function podHealth(object: JsonObject): Health {
  if (stringAt(object, 'status', 'phase') === 'Failed') return failed('the pod failed');
  return stringAt(object, 'status', 'phase') === 'Succeeded' || condition(object, 'Ready') !== undefined
    ? HEALTHY
    : waiting('the pod is not ready');
}

export function definitionHealth(object: JsonObject): Health {
  return condition(object, 'Established') === undefined ? waiting('not established yet') : HEALTHY;
}

export function deploymentHealth(object: JsonObject): Health {
  const wanted = count(at(object, 'spec', 'replicas'), 1);
  const stalled = conditionOf(object, 'Progressing');
  if (stringAt(stalled, 'reason') === 'ProgressDeadlineExceeded')
    return failed(`progress deadline exceeded, ${available(object, wanted)}`);
  const updated = count(at(object, 'status', 'updatedReplicas'));
  if (updated < wanted) return waiting(`${updated} of ${wanted} replicas updated`);
  if (count(at(object, 'status', 'replicas')) > updated) return waiting('old replicas are still there');
  return count(at(object, 'status', 'availableReplicas')) < updated ? waiting(available(object, wanted)) : HEALTHY;
}

function available(object: JsonObject, wanted: number): string {
  return `${count(at(object, 'status', 'availableReplicas'))} of ${wanted} replicas available`;
}

export function statefulSetHealth(object: JsonObject): Health {
  const wanted = count(at(object, 'spec', 'replicas'), 1);
  const ready = count(at(object, 'status', 'readyReplicas'));
  if (ready < wanted) return waiting(`${ready} of ${wanted} replicas ready`);
  // With OnDelete, only a person who deletes pods updates them; a partition keeps the lower ones on purpose.
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return HEALTHY;
  const partition = count(at(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition'));
  const updated = count(at(object, 'status', 'updatedReplicas'));
  const toUpdate = Math.max(0, wanted - partition);
  return updated < toUpdate ? waiting(`${updated} of ${toUpdate} replicas updated`) : HEALTHY;
}

export function daemonSetHealth(object: JsonObject): Health {
  const wanted = count(at(object, 'status', 'desiredNumberScheduled'));
  const isOnDelete = stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  const updated = count(at(object, 'status', 'updatedNumberScheduled'));
  if (!isOnDelete && updated < wanted) return waiting(`${updated} of ${wanted} pods updated`);
  const ready = count(at(object, 'status', 'numberAvailable'));
  return ready < wanted ? waiting(`${ready} of ${wanted} pods available`) : HEALTHY;
}

/** A number of the status, which leaves zeros out. */
function count(value: Json | undefined, fallback = 0): number {
  return typeof value === 'number' ? value : fallback;
}

function conditionOf(object: JsonObject, type: string): Json | undefined {
  const conditions = at(object, 'status', 'conditions');
  return isJsonArray(conditions) ? conditions.find((entry) => stringAt(entry, 'type') === type) : undefined;
}

/** Message of a condition that is true; `undefined` where it is not. */
function condition(object: JsonObject, type: string): string | undefined {
  const found = conditionOf(object, type);
  return stringAt(found, 'status') === 'True' ? foreignText(stringAt(found, 'message') ?? '') : undefined;
}
