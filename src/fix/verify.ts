import type { KubernetesClient } from '../kubernetes/client.ts';
import { printPath } from '../types/field-path.ts';
import type { Finding } from '../types/finding.ts';
import type { FixOutcome, OutcomeResult } from '../types/outcome.ts';
import { kindOf } from './cluster-writes.ts';
import { withoutMaskedValues } from './masked.ts';
import { attempt, type FixOptions, type Progress } from './progress.ts';

/** Reads the objects again: a fix counts only when the drift is really gone. */
export async function verify(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<readonly FixOutcome[]> {
  const { correction, changeSet } = entry;
  const outcomes: FixOutcome[] = [];
  const tell = (finding: Finding, result: OutcomeResult, message: string): void => {
    const name = changeSet && entry.revision > 0 ? `${changeSet.space}/${changeSet.slug}` : '';
    const outcome = {
      findingId: finding.id,
      correctionId: correction.id,
      result,
      message: withoutMaskedValues(message, correction.objects),
      changeSet: name,
      revision: entry.revision,
      unhealthy: '',
    };
    outcomes.push(outcome);
    options.onOutcome(finding, outcome);
  };
  for (const object of correction.objects) {
    let left: ReadonlyMap<string, Finding> = new Map();
    if (!correction.isStaged) {
      await attempt(entry, options.signal, async () => {
        const kind = await kindOf(object.desired, kubernetes, options.signal);
        const now = await kubernetes.get(kind, object.desired.ref, options.signal);
        // By path: what admission puts back during our own apply is ours, and so of another class than before.
        const found = options.compare(object.desired, now).filter((finding) => finding.class !== 'informational');
        left = new Map(found.map((finding) => [printPath(finding.path), finding]));
      });
    }
    for (const finding of object.fix) {
      const still = left.get(printPath(finding.path));
      if (entry.failure) tell(finding, entry.failure.result, entry.failure.message);
      else if (correction.isStaged && entry.revision === 0)
        tell(finding, 'failed', 'its drifted state cannot be written to ConfigHub, so there is nothing to stage');
      else if (correction.isStaged) tell(finding, 'staged', '');
      else if (!still) tell(finding, 'fixed', '');
      else tell(finding, 'overridden', `after the fix ${overriddenBy(still)}`);
    }
  }
  return outcomes;
}

function overriddenBy({ class: found, blame }: Finding): string {
  if (found === 'pending') return 'admission changed it again';
  return blame ? `${blame.manager} wrote it again` : 'it drifts again';
}
