import type { DesiredState } from '../../domain/desired.ts';
import { at, isNumber } from '../../domain/json.ts';
import { type ObjectRef, objectKey } from '../../domain/object-ref.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { creatorOf } from './whole-object.ts';

/** An autoscaler that no unit declares, and the workload whose declared number it moves. */
export interface HandMadeAutoscaler {
  readonly autoscaler: LiveObject;
  readonly scales: ObjectRef;
}

/**
 * Autoscalers that a person created and no unit declares, of workloads whose units declare a number of replicas. They control
 * that number within their range, so the autoscaler is the difference.
 */
export function handMadeAutoscalers(
  { autoscalers, namespaces }: Pick<Snapshot, 'autoscalers' | 'namespaces'>,
  { objects, conflicts }: DesiredState,
): ReadonlyMap<string, HandMadeAutoscaler> {
  const found = new Map<string, HandMadeAutoscaler>();
  const monitored = new Set(namespaces);
  const byHand = autoscalers.filter(
    ({ object, namespace }) => object && monitored.has(namespace) && creatorOf(object).blame?.actor === 'hands',
  );
  if (byHand.length === 0) return found;
  const declared = new Map([...objects, ...conflicts.flat()].map((object) => [objectKey(object.ref), object]));
  for (const { object, namespace, target } of byHand) {
    const { group, kind, name } = target;
    const workload = declared.get(objectKey({ apiVersion: `${group}/`, kind, namespace, name }));
    if (!object || !workload || declared.has(objectKey(object.ref))) continue;
    if (isNumber(at(workload.document, 'spec', 'replicas')))
      found.set(objectKey(object.ref), { autoscaler: object, scales: workload.ref });
  }
  return found;
}
