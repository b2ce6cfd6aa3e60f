import type { FieldPath } from '../types/field-path.ts';
import { printPath } from '../types/field-path.ts';
import type { FindingClass } from '../types/finding.ts';
import { groupOf, type ObjectRef } from '../types/object-ref.ts';
import type { Autoscaler } from '../types/snapshot.ts';
import type { Departure } from './walk.ts';

export interface Verdict {
  readonly class: FindingClass;
  readonly note: string;
}

/** Annotations by which a person or a tool asks for a restart: an action, and reverting it rolls the pods again. */
const RESTART_STAMP = /(^|\/)restarted-?At$/iu;

/**
 * What a departure means once the object's surroundings are known: an autoscaler's own number, a restart stamp, what
 * controllers note in labels and annotations, or a change that is still on its way.
 */
export function judgeInContext(departure: Departure, autoscaler: Autoscaler | undefined, isApplying: boolean): Verdict {
  const path = printPath(departure.path);
  if (path === '/spec/replicas' && autoscaler && isWithin(autoscaler, departure.live)) {
    return informational(
      `within ${autoscaler.minReplicas} to ${autoscaler.maxReplicas} of HorizontalPodAutoscaler ${autoscaler.name}`,
    );
  }
  const metadataKey = metadataKeyOf(departure.path);
  if (metadataKey !== undefined && departure.class === 'added') {
    if (RESTART_STAMP.test(metadataKey)) return informational('a restart that was asked for');
    if (departure.blame?.actor !== 'person') return informational('noted by a controller');
  }
  if (isApplying && departure.class !== 'added')
    return { class: 'pending', note: 'ConfigHub is applying another revision of the unit' };
  return { class: departure.class, note: '' };
}

function informational(note: string): Verdict {
  return { class: 'informational', note };
}

function isWithin(autoscaler: Autoscaler, replicas: unknown): boolean {
  return typeof replicas === 'number' && replicas >= autoscaler.minReplicas && replicas <= autoscaler.maxReplicas;
}

/** The key below `labels` or `annotations`, of the object or of its pod template; empty for the whole map. */
function metadataKeyOf(path: FieldPath): string | undefined {
  const names = path.map((step) => ('field' in step ? step.field : ''));
  const map = names.findIndex((name) => name === 'labels' || name === 'annotations');
  return map > 0 && names[map - 1] === 'metadata' ? (names[map + 1] ?? '') : undefined;
}

export function autoscalerOf(autoscalers: readonly Autoscaler[], ref: ObjectRef): Autoscaler | undefined {
  return autoscalers.find(
    ({ namespace, target }) =>
      namespace === ref.namespace &&
      target.kind === ref.kind &&
      target.name === ref.name &&
      target.group === groupOf(ref.apiVersion),
  );
}
