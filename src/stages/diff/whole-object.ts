import { type DesiredObject, unitName } from '../../domain/desired.ts';
import { actorOf } from '../../domain/field-managers.ts';
import type { Blame, Finding } from '../../domain/finding.ts';
import type { FindingClass } from '../../domain/finding-classes.ts';
import type { IgnoreRule } from '../../domain/ignore-rule.ts';
import { at, isJsonArray, numberAt, stringAt } from '../../domain/json.ts';
import { displayRef, groupKind, type ObjectRef } from '../../domain/object-ref.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import { wholeObject } from './comparable.ts';
import type { DiffOptions } from './compare.ts';
import type { Verdict } from './context.ts';
import { createFinding } from './create-finding.ts';
import type { Ignores } from './ignore.ts';

// What is found of an object as a whole, without looking at its fields.

export function ignored({ until, reason }: IgnoreRule, covered: FindingClass): Verdict {
  return { class: 'informational', note: `ignored${until ? ` until ${until}` : ''}: ${reason}`, covered };
}

/** Of an object that a unit declares and the cluster lacks. */
export function missing(desired: DesiredObject, options: DiffOptions, ignores: Ignores): Finding {
  const { ref, document, unit } = desired;
  return createFinding(absence(desired, ignores), { ref, path: [], desired: document, unit }, options);
}

function absence({ ref, unit, document }: DesiredObject, ignores: Ignores): Verdict {
  // A unit with a target that was never applied is waiting for its first apply.
  if (unit.liveRevision === 0 && unit.target !== undefined) return { class: 'pending', note: 'the unit was never applied' };
  const ttl = numberAt(document, 'spec', 'ttlSecondsAfterFinished');
  if (ttl !== undefined && groupKind(`${ref.apiVersion}/${ref.kind}`) === 'batch/Job')
    return { class: 'informational', note: `Kubernetes deletes the Job ${ttl} s after it finished (ttlSecondsAfterFinished)` };
  const rule = ignores.ruleFor(ref, [], undefined);
  return rule ? ignored(rule, 'missing') : { class: 'missing', note: '' };
}

/** Of an object that is being deleted: whatever its fields hold, it is about to go. `undefined` for any other. */
export function terminating({ ref, unit }: DesiredObject, live: LiveObject, options: DiffOptions): Finding | undefined {
  const since = stringAt(live.body, 'metadata', 'deletionTimestamp');
  if (since === undefined) return undefined;
  const finalizers = at(live.body, 'metadata', 'finalizers');
  const held =
    isJsonArray(finalizers) && finalizers.length > 0 ? `, blocked by finalizer ${finalizers.map(String).join(', ')}` : '';
  const verdict: Verdict = { class: 'terminating', note: `being deleted since ${since}${held}` };
  return createFinding(verdict, { ref, path: [], unit, object: live }, options);
}

/** Of an object that is declared more than once. */
export function conflicting(
  ref: ObjectRef,
  declarations: readonly DesiredObject[],
  live: LiveObject | undefined,
  options: DiffOptions,
): Finding {
  const names = declarations.map(({ unit }) => unitName(unit)).sort();
  const [name = '', ...others] = new Set(names);
  const [unit, units] = declarations.some(({ unit: { space } }) => space !== '') ? ['unit ', 'units '] : ['', ''];
  const where = others.length > 0 ? `declared by ${units}${[name, ...others].join(' and ')}` : `declared twice in ${unit}${name}`;
  const verdict: Verdict = {
    class: 'conflicting',
    note: `${where}: it is not compared until all declarations but one are removed`,
  };
  return createFinding(verdict, { ref, path: [], object: live }, options);
}

/** Of an object that no unit declares. `scales` is the workload whose declared number it moves, as an autoscaler. */
export function unmanaged(
  live: LiveObject,
  scales: ObjectRef | undefined,
  isAutoscaled: boolean,
  options: DiffOptions,
  ignores: Ignores,
): Finding {
  const rule = ignores.ruleFor(live.ref, [], undefined);
  const { blame, words } = creatorOf(live);
  const moves = scales ? `, and it scales ${displayRef(scales)}, whose replicas a unit declares` : '';
  const verdict: Verdict = { class: 'unmanaged', note: `not managed by any unit${words}${moves}` };
  return createFinding(
    rule ? ignored(rule, 'unmanaged') : verdict,
    { ref: live.ref, path: [], live: wholeObject(live, isAutoscaled), object: live },
    options,
    { ...(blame ? { blame } : {}), ...(scales ? { scales: displayRef(scales) } : {}) },
  );
}

/** A write within this time of the object's creation counts as the creation itself. */
const SAME_REQUEST_MS = 2000;

/**
 * Who created an object: the manager of the oldest entry, as long as that was not written again since; else only who is on
 * record for longest.
 */
export function creatorOf({ body, owners }: LiveObject): { readonly blame: Blame | undefined; readonly words: string } {
  const [oldest] = owners
    .filter(({ time, subresource }) => time !== undefined && subresource === '')
    .toSorted((one, other) => ((one.time ?? '') < (other.time ?? '') ? -1 : 1));
  if (!oldest) return { blame: undefined, words: '' };
  const { manager, operation, subresource, time = '' } = oldest;
  const created = Date.parse(stringAt(body, 'metadata', 'creationTimestamp') ?? '');
  const isCreator = Math.abs(Date.parse(time) - created) <= SAME_REQUEST_MS;
  return {
    blame: { manager, operation, subresource, time, actor: actorOf(oldest) },
    words: isCreator ? `, created by ${manager}` : `; the oldest recorded field manager is ${manager}`,
  };
}
