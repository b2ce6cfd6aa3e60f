import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { ClusterError } from '../../domain/errors.ts';
import { printPath } from '../../domain/field-path.ts';
import { canonicalJson, type Finding, revealValue, wouldBeOverwritten } from '../../domain/finding.ts';
import { type JsonObject, stringAt } from '../../domain/json.ts';
import type { ObjectFix, UnitFix } from '../../domain/plan.ts';
import { kindOf } from './cluster-writes.ts';
import type { FixOptions, Progress } from './progress.ts';

type Judging = Pick<FixOptions, 'compare' | 'signal'>;

/** The object as it is now; throws a conflict where it does not differ any more exactly as it was judged to. */
export async function readJudged(
  object: ObjectFix,
  kind: ResourceKind,
  kubernetes: KubernetesClient,
  options: Judging,
): Promise<JsonObject | undefined> {
  const live = await kubernetes.get(kind, object.desired.ref, options.signal);
  requireAsJudged(object, object.fix, live, options);
  return live;
}

/** Throws a conflict where an object of the fix is not as it was judged any more; nothing was written by then. */
export async function requireJudged({ fix, judged }: Progress, kubernetes: KubernetesClient, options: Judging): Promise<void> {
  for (const object of fix.objects) {
    const kind = await kindOf(object.desired, kubernetes, options.signal);
    judged.set(object.desired, await readJudged(object, kind, kubernetes, options));
  }
}

/**
 * ConfigHub applies a unit whole and over everything: throws a conflict where, by now, that would also revert more than
 * what the plan fixes, in any object of the unit.
 */
export async function requireNothingElse(
  { objects, others }: UnitFix,
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
      throw changed(desired, `an apply of its unit would also revert ${printPath(finding.path) || 'its deletion'} as well`);
    }
  }
}

function requireAsJudged(
  { desired, live: before }: ObjectFix,
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
    remedy: 'Nothing to do: the next pass checks it again.',
  });
}

/** The same difference with the same live value. */
function sameDrift(now: Finding | undefined, judged: Finding | undefined): boolean {
  if (now === undefined || judged === undefined) return false;
  return now.id === judged.id && hasSameLive(now, judged);
}

export function hasSameLive(one: Finding, other: Finding): boolean {
  return canonicalJson(revealValue(one.live) ?? null) === canonicalJson(revealValue(other.live) ?? null);
}
