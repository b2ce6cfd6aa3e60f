import type { ConfigHubClient } from '../confighub/client.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ConfigHubError } from '../types/errors.ts';
import { type JsonObject, stringAt } from '../types/json.ts';
import { applyBody, needsRemoval, removalPatch } from './cluster-writes.ts';
import { requireNothingElse, requireNothingMore, writeJudged } from './judged.ts';
import { attempt, type FixClients, type FixOptions, type Progress } from './progress.ts';
import { stateOf } from './write-pair.ts';

/** Brings the cluster to what the corrections say: additions removed, then through ConfigHub or directly. */
export async function applyCorrections(entries: readonly Progress[], clients: FixClients, options: FixOptions): Promise<void> {
  const { kubernetes, confighub } = clients;
  for (const entry of entries) await attempt(entry, options.signal, () => removeAdditions(entry, kubernetes, options));
  const throughHub = entries.filter(({ correction }) => correction.route === 'confighub');
  for (const entry of throughHub)
    await attempt(entry, options.signal, () => requireNothingElse(entry.correction, kubernetes, options));
  await applyThroughConfigHub(
    throughHub.filter(({ failure }) => !failure),
    confighub,
    options,
  );
  for (const entry of entries) {
    if (entry.correction.route === 'direct')
      await attempt(entry, options.signal, () => applyDirectly(entry, kubernetes, options));
  }
}

async function applyThroughConfigHub(
  entries: readonly Progress[],
  confighub: ConfigHubClient,
  options: FixOptions,
): Promise<void> {
  const byRevision = Map.groupBy(entries, ({ correction, changeSet, revision }) => {
    const { hasUnappliedChanges, acceptedRevision } = correction.unit;
    if (hasUnappliedChanges || revision === 0) return String(acceptedRevision ?? 'LiveRevisionNum');
    return changeSet ? `ChangeSet:${changeSet.id}` : 'HeadRevisionNum';
  });
  for (const [revision, group] of byRevision) {
    const byUnit = new Map(group.map((entry) => [entry.correction.unit.id, entry]));
    const waiting: Promise<void>[] = [];
    try {
      for (const { Action, Error: refused } of await confighub.applyUnits([...byUnit.keys()], revision, options.signal)) {
        const entry = byUnit.get(Action?.UnitID ?? refused?.ErrorMetadata?.EntityID ?? '');
        if (!entry) continue;
        byUnit.delete(entry.correction.unit.id);
        if (!Action)
          entry.failure = { result: 'failed', message: `ConfigHub refuses to apply: ${refused?.Message ?? 'no reason given'}` };
        else
          waiting.push(
            attempt(entry, options.signal, () => awaitApply(entry, Action.QueuedOperationID, confighub, options.signal)),
          );
      }
    } catch (error) {
      if (options.signal.aborted || !(error instanceof ConfigHubError)) throw error;
      for (const entry of byUnit.values()) entry.failure = { result: 'failed', message: error.message };
      byUnit.clear();
    }
    await Promise.all(waiting);
    for (const entry of byUnit.values()) entry.failure = { result: 'failed', message: 'ConfigHub did not answer for this unit' };
  }
}

async function awaitApply(entry: Progress, operationId: string, confighub: ConfigHubClient, signal: AbortSignal): Promise<void> {
  const event = await confighub.awaitOperation(stateOf(entry.correction.unit), operationId, signal);
  if (event.Status !== 'Completed')
    entry.failure = { result: 'failed', message: `apply ${event.Status.toLowerCase()}: ${event.Message}` };
}

async function removeAdditions(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<void> {
  const { fieldManager, signal } = options;
  for (const object of entry.correction.objects) {
    const removed = object.fix.filter(needsRemoval);
    if (removed.length === 0) continue;
    await writeJudged(object, object.fix, kubernetes, options, async (kind, live) => {
      if (!live) return;
      const operations = removalPatch(live, stringAt(live, 'metadata', 'resourceVersion') ?? '', removed);
      await kubernetes.jsonPatch(kind, object.desired.ref, operations, { fieldManager, dryRun: false, signal });
    });
  }
}

async function applyDirectly(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<void> {
  const { fieldManager, signal } = options;
  for (const object of entry.correction.objects) {
    const applied = object.fix.filter((finding) => !needsRemoval(finding));
    if (applied.length === 0) continue;
    const judging = { ...options, alsoRequire: (live: JsonObject | undefined) => requireNothingMore(object, live, options) };
    await writeJudged(object, applied, kubernetes, judging, async (kind, live) => {
      const body = applyBody(object, stringAt(live, 'metadata', 'resourceVersion'), fieldManager);
      await kubernetes.apply(kind, body, { fieldManager, force: true, dryRun: false, signal });
    });
  }
}
