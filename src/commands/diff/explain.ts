import type { ActorClass } from '../../domain/actor-classes.ts';
import { printPath } from '../../domain/field-path.ts';
import type { Json } from '../../domain/json.ts';
import { Secret, shownPart } from '../../domain/secret.ts';
import { showPath, showSides } from '../../domain/show/show.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import { type Judged, type OfflineDiff, type OfflineObject, RULES } from './offline.ts';

/** Why one field is judged as it is: the rule that decided, and the evidence that it had. */
export interface Explanation {
  readonly path: string;
  readonly rule: string;
  readonly because: string;
  /** Null where it is in sync. */
  readonly class: string | null;
  /** What the context made of it (an autoscaler, a restart, an ignore rule); empty otherwise. */
  readonly note: string;
  readonly desired: Json;
  readonly live: Json;
  readonly owners: readonly Owner[];
}

interface Owner {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
  readonly time: string | null;
  readonly actor: ActorClass;
  readonly isOurs: boolean;
}

/** The decisions at a path, at the place above it where the comparison ended (an atomic list), and below it. */
export function explainPath(result: OfflineDiff, object: OfflineObject, path: string): readonly Explanation[] {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  // Quotes around a key value that needs none.
  const wanted = trimmed.replaceAll(/="([^"/~[\],=\s]+)"/gu, '=$1');
  return result
    .explain(object)
    .map((judged) => ({ judged, at: printPath(judged.decision.path) }))
    .filter(({ at }) => at === wanted || isBelow(at, wanted) || isBelow(wanted, at))
    .map(({ judged }) => explanationOf(judged, object, result.showValues));
}

function isBelow(path: string, above: string): boolean {
  if (above === '/' || above === '') return true;
  return path.startsWith(above) && (path[above.length] === '/' || path[above.length] === '[');
}

function explanationOf(
  { decision, verdict, owners }: Judged,
  { ref, live: object }: OfflineObject,
  showValues: ShowValues,
): Explanation {
  const { desired, live } = showSides(ref, decision.path, { desired: decision.desired, live: decision.live }, showValues);
  const isHidden = desired instanceof Secret || live instanceof Secret;
  return {
    path: printPath(showPath(ref, decision.path, object?.body, isHidden)),
    rule: decision.rule,
    because: RULES[decision.rule].because,
    class: verdict?.class ?? null,
    note: verdict?.note ?? '',
    desired: shownPart(desired) ?? null,
    live: shownPart(live) ?? null,
    owners: owners.map(({ blame, isOurs }) => ({ ...blame, time: blame.time ?? null, isOurs })),
  };
}
