import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { displayValue } from '../../domain/describe.ts';
import { printPath } from '../../domain/field-path.ts';
import type { Blame, Finding } from '../../domain/finding.ts';
import { type JsonObject, numberAt } from '../../domain/json.ts';
import type { FixOutcome, OutcomeResult } from '../../domain/outcome.ts';
import type { ObjectFix } from '../../domain/plan.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import { kindOf } from './cluster-writes.ts';
import { hasSameLive } from './judged.ts';
import { withoutMaskedValues } from './masked.ts';
import { attempt, type FixOptions, type Progress } from './progress.ts';
import type { WrittenObject } from './write-target.ts';

/** Reads the objects again: a fix counts only when the drift is really gone. */
export async function verify(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<readonly FixOutcome[]> {
  const { fix, changeSet } = entry;
  const outcomes: FixOutcome[] = [];
  const add = (finding: Finding, result: OutcomeResult, message: string): void => {
    const name = changeSet && entry.revision > 0 ? `${changeSet.space}/${changeSet.slug}` : '';
    const outcome = {
      findingId: finding.id,
      correctionId: fix.id,
      result,
      message: withoutMaskedValues(message, fix.objects),
      changeSet: name,
      revision: entry.revision,
      unhealthy: '',
    };
    outcomes.push(outcome);
    options.onOutcome(finding, outcome);
  };
  for (const object of fix.objects) {
    let left: readonly Finding[] = [];
    let now: JsonObject | undefined;
    if (!fix.isStaged && !entry.failures.has(object.desired)) {
      await attempt(entry, options.signal, async () => {
        const kind = await kindOf(object.desired, kubernetes, options.signal);
        now = await kubernetes.get(kind, object.desired.ref, options.signal);
        left = options.compare(object.desired, now);
      });
    }
    const written = entry.written.get(object.desired);
    const leftByWrite = written ? options.compare(object.desired, written.body) : [];
    const failure = entry.failure ?? entry.failures.get(object.desired);
    for (const finding of object.fix) {
      const still = stillThere(finding, left);
      if (failure) add(finding, failure.result, failure.message);
      else if (fix.isStaged && entry.revision === 0)
        add(finding, 'failed', 'its drifted state cannot be written to ConfigHub, so there is nothing to stage');
      else if (fix.isStaged) add(finding, 'staged', '');
      else if (!still || isAsStored(still, finding)) add(finding, 'fixed', pendingOf(entry, written, object, options));
      else if (still.blame && (written ? !stillThere(finding, leftByWrite) : isLaterWrite(still.blame, object.live, now)))
        add(finding, 'overridden', `after the fix ${still.blame.manager} wrote it again`);
      else add(finding, 'no-effect', `the API server accepted the write but still has ${displayValue(still.live)}`);
    }
  }
  return outcomes;
}

/** By path: what admission puts back during our own write is ours, and so of another class than before. */
function stillThere(finding: Finding, found: readonly Finding[]): Finding | undefined {
  const path = printPath(finding.path);
  return found.find((other) => other.class !== 'informational' && printPath(other.path) === path);
}

/** Restored as far as the server stores it, which was predicted: what it leaves out is missing after each apply as well. */
function isAsStored(still: Finding, finding: Finding): boolean {
  return still.class === 'pending' && !hasSameLive(still, finding);
}

/**
 * Whether managedFields show a write after an apply of the unit, which took all that it declares: another entry than
 * before, or, of one without a time, one write more than the apply.
 */
function isLaterWrite(blame: Blame, before: LiveObject | undefined, now: JsonObject | undefined): boolean {
  const entry = before?.owners.find(
    ({ manager, operation, subresource }) =>
      manager === blame.manager && operation === blame.operation && subresource === blame.subresource,
  );
  if (!entry) return true;
  if (entry.time !== undefined && blame.time !== undefined) return blame.time > entry.time;
  return (numberAt(now, 'metadata', 'generation') ?? 0) > (before?.generation ?? 0) + 1;
}

/** What of a fix is still to be done, in words. */
function pendingOf(
  { applyFailure }: Progress,
  written: WrittenObject | undefined,
  { live }: ObjectFix,
  { desiredManagers }: FixOptions,
): string {
  const appliers = (live?.owners ?? []).filter(
    ({ operation, manager }) => operation === 'Apply' && !desiredManagers.includes(manager),
  );
  const parts = [
    // A change by hand removed the field from all managers that had applied it, and a fix invents no ownership.
    ...(appliers.length > 0 ? [`also applied by ${appliers.map(({ manager }) => manager).join(', ')}`] : []),
    ...(written && written.ownership !== '' ? [`ownership pending: ${written.ownership}`] : []),
    ...(applyFailure === '' ? [] : [`ConfigHub did not apply the unit: ${applyFailure}`]),
  ];
  return parts.join('; ');
}
