import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { ConfigHubError, throwUnless } from '../../domain/errors.ts';
import { requireNothingElse } from './judged.ts';
import { attempt, type FixClients, type FixOptions, failureOf, type Progress } from './progress.ts';
import { stateOf } from './write-pair.ts';
import { writeTarget } from './write-target.ts';

/** Brings the cluster to what the fixes say: the pass's own writes, then ConfigHub's applies. */
export async function applyFixes(entries: readonly Progress[], clients: FixClients, options: FixOptions): Promise<void> {
  const { kubernetes, confighub } = clients;
  for (const entry of entries)
    if (entry.fix.route !== 'confighub' && !entry.failure) await writeObjects(entry, kubernetes, options);
  // An apply of the unit would overwrite what could not be written.
  const throughHub = entries.filter(({ fix, failure, failures }) => fix.route !== 'direct' && !failure && failures.size === 0);
  for (const entry of throughHub) await attempt(entry, options.signal, () => requireNothingElse(entry.fix, kubernetes, options));
  await applyThroughConfigHub(
    throughHub.filter(({ failure }) => !failure),
    confighub,
    options,
  );
  for (const entry of throughHub) {
    // What the pass wrote is fixed, whatever becomes of the apply that only tells ConfigHub so.
    if (entry.fix.route !== 'both' || !entry.failure) continue;
    entry.applyFailure = entry.failure.message;
    entry.failure = undefined;
  }
}

async function writeObjects(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<void> {
  for (const object of entry.fix.objects) {
    const failure = await failureOf(async () => {
      entry.written.set(object.desired, await writeTarget(object, entry.judged.get(object.desired), kubernetes, options));
    }, options.signal);
    if (failure) entry.failures.set(object.desired, failure);
  }
}

async function applyThroughConfigHub(
  entries: readonly Progress[],
  confighub: ConfigHubClient,
  options: FixOptions,
): Promise<void> {
  const byRevision = Map.groupBy(entries, ({ fix, changeSet, revision }) => {
    const { hasUnappliedChanges, acceptedRevision } = fix.unit;
    if (hasUnappliedChanges || revision === 0) return String(acceptedRevision ?? 'LiveRevisionNum');
    return changeSet ? `ChangeSet:${changeSet.id}` : 'HeadRevisionNum';
  });
  for (const [revision, group] of byRevision) {
    const byUnit = new Map(group.map((entry) => [entry.fix.unit.id, entry]));
    const waiting: Promise<void>[] = [];
    try {
      for (const { Action, Error: refused } of await confighub.applyUnits([...byUnit.keys()], revision, options.signal)) {
        const entry = byUnit.get(Action?.UnitID ?? refused?.ErrorMetadata?.EntityID ?? '');
        if (!entry) continue;
        byUnit.delete(entry.fix.unit.id);
        if (!Action)
          entry.failure = { result: 'failed', message: `ConfigHub refuses to apply: ${refused?.Message ?? 'no reason given'}` };
        else
          waiting.push(
            attempt(entry, options.signal, () => awaitApply(entry, Action.QueuedOperationID, confighub, options.signal)),
          );
      }
    } catch (error) {
      throwUnless(error, ConfigHubError, options.signal);
      for (const entry of byUnit.values()) entry.failure = { result: 'failed', message: error.message };
      byUnit.clear();
    }
    await Promise.all(waiting);
    for (const entry of byUnit.values()) entry.failure = { result: 'failed', message: 'ConfigHub did not answer for this unit' };
  }
}

async function awaitApply(entry: Progress, operationId: string, confighub: ConfigHubClient, signal: AbortSignal): Promise<void> {
  const event = await confighub.awaitOperation(stateOf(entry.fix.unit), operationId, signal);
  if (event.Status !== 'Completed')
    entry.failure = { result: 'failed', message: `apply ${event.Status.toLowerCase()}: ${event.Message}` };
}
