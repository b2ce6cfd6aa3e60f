import type { KubernetesClient, ResourceKind } from '../kubernetes/client.ts';
import type { DesiredObject } from '../types/desired.ts';
import { ClusterError } from '../types/errors.ts';
import { isWithin, printPath } from '../types/field-path.ts';
import { canonicalJson, type Finding, revealValue, wouldBeOverwritten } from '../types/finding.ts';
import { type JsonObject, stringAt } from '../types/json.ts';
import type { ObjectCorrection, UnitCorrection } from '../types/plan.ts';
import { isSentAsFound, kindOf } from './cluster-writes.ts';
import type { FixOptions } from './progress.ts';

/** Times that a write is tried anew because only the status of the object moved on meanwhile. */
const WRITE_TRIES = 5;

type Judging = Pick<FixOptions, 'compare' | 'signal'>;

/**
 * Writes to an object only while it departs exactly as it was judged to. It is read and compared right before, and the
 * write carries that resourceVersion. A rollout's status updates change the version all the time, so a conflict reads
 * and compares again; an object that drifts otherwise by now is left to the next pass.
 */
export async function writeJudged(
  object: ObjectCorrection,
  judged: readonly Finding[],
  kubernetes: KubernetesClient,
  options: Judging & { readonly alsoRequire?: (live: JsonObject | undefined) => void },
  write: (kind: ResourceKind, live: JsonObject | undefined) => Promise<void>,
): Promise<void> {
  const kind = await kindOf(object.desired, kubernetes, options.signal);
  for (let attempt = 1; ; attempt++) {
    const live = await kubernetes.get(kind, object.desired.ref, options.signal);
    requireAsJudged(object, judged, live, options);
    options.alsoRequire?.(live);
    try {
      await write(kind, live);
      return;
    } catch (error) {
      const mayRetry = error instanceof ClusterError && error.code === 'conflict' && attempt < WRITE_TRIES;
      if (!mayRetry) throw error;
    }
  }
}

/** Throws a conflict where an object of the correction is not as it was judged any more; nothing was written by then. */
export async function requireJudged({ objects }: UnitCorrection, kubernetes: KubernetesClient, options: Judging): Promise<void> {
  for (const object of objects) {
    const kind = await kindOf(object.desired, kubernetes, options.signal);
    requireAsJudged(object, object.fix, await kubernetes.get(kind, object.desired.ref, options.signal), options);
  }
}

/**
 * ConfigHub applies a unit whole and over everything: throws a conflict where, by now, that would take back more than
 * what the plan fixes, in any object of the unit.
 */
export async function requireNothingElse(
  { objects, others }: UnitCorrection,
  kubernetes: KubernetesClient,
  options: Judging,
): Promise<void> {
  const planned = new Map(objects.map(({ desired, fix }) => [desired, fix]));
  for (const desired of [...planned.keys(), ...others]) {
    const kind = await kindOf(desired, kubernetes, options.signal);
    const live = await kubernetes.get(kind, desired.ref, options.signal);
    const fix = new Map(planned.get(desired)?.map((finding) => [finding.id, finding]));
    for (const finding of options.compare(desired, live)) {
      const isPlanned = sameDrift(finding, fix.get(finding.id));
      if (isPlanned || !wouldBeOverwritten(finding)) continue;
      throw changed(desired, `an apply of its unit would take back ${printPath(finding.path) || 'its deletion'} as well`);
    }
  }
}

/**
 * The pass applies whole objects, so that what it still declares stays declared: throws a conflict where, by now, that would
 * take back what departed since the object was judged.
 */
export function requireNothingMore(
  object: ObjectCorrection,
  live: JsonObject | undefined,
  { compare, fieldManager }: Pick<FixOptions, 'compare' | 'fieldManager'>,
): void {
  const taken = compare(object.desired, live).find(
    (finding) => wouldBeOverwritten(finding) && !isExpected(finding, object, fieldManager),
  );
  if (taken) throw changed(object.desired, `an apply would take back ${printPath(taken.path) || 'its deletion'} as well`);
}

/** Planned, or left alone: what is not sent may have any value by now, what is sent as it was found has to have that. */
function isExpected(now: Finding, object: ObjectCorrection, fieldManager: string): boolean {
  const path = printPath(now.path);
  if (object.fix.some((finding) => printPath(finding.path) === path)) return true;
  return object.leave.some((left) => {
    if (isSentAsFound(left, object, fieldManager)) return printPath(left.path) === path && hasSameLive(now, left);
    return left.desired !== undefined && isWithin(now.path, left.path);
  });
}

function requireAsJudged(
  { desired, live: before }: ObjectCorrection,
  judged: readonly Finding[],
  live: JsonObject | undefined,
  { compare }: Judging,
): void {
  const now = new Map(compare(desired, live).map((finding) => [finding.id, finding]));
  const isAsJudged = judged.every((finding) => sameDrift(now.get(finding.id), finding));
  if (!isAsJudged || stringAt(live, 'metadata', 'uid') !== before?.uid) throw changed(desired, '');
}

function changed({ ref }: DesiredObject, how: string): ClusterError {
  return new ClusterError(`${ref.kind} ${ref.name} changed while it was being fixed${how === '' ? '' : `: ${how}`}`, {
    code: 'conflict',
    subject: ref.name,
    remedy: 'Nothing to do: the next pass judges it anew.',
  });
}

/** The same departure with the same live value. */
function sameDrift(now: Finding | undefined, judged: Finding | undefined): boolean {
  if (now === undefined || judged === undefined) return false;
  return now.id === judged.id && hasSameLive(now, judged);
}

function hasSameLive(one: Finding, other: Finding): boolean {
  return canonicalJson(revealValue(one.live) ?? null) === canonicalJson(revealValue(other.live) ?? null);
}
