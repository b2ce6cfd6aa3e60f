import { setTimeout as sleep } from 'node:timers/promises';
import { type Health, healthOf } from '../../clients/kubernetes/health.ts';
import { parseManifest } from '../../clients/kubernetes/manifest.ts';
import { parseDuration } from '../../domain/duration.ts';
import { messageOf } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { displayRef, type ObjectRef, objectKey, refOf } from '../../domain/object-ref.ts';
import { inOrder, withNamespace } from './documents.ts';
import { counted, failure, type Job, type JobResult } from './job.ts';
import { writeLiveState } from './live-state.ts';
import { removeObjects } from './remove-objects.ts';

const POLL_MS = 500;

/**
 * Applies every document of the unit in turn and stops at the first that the API server refuses; removes what the unit
 * had applied and no longer declares; and, where the target has a `WaitTimeout`, waits until all of it is healthy.
 */
export async function applyUnit(job: Job): Promise<JobResult> {
  const read = parseManifest(job.text);
  if (!read.ok) return failure('ApplyFailed', read.error);
  const applied = await applyDocuments(job, inOrder(read.documents));
  if (!applied.ok) return failure('ApplyFailed', applied.message);
  const declared = new Set(applied.objects.map(({ ref }) => objectKey(ref)));
  const { UnitID, TargetID } = job.operation;
  const dropped = job.hub.store.appliedObjects.of(UnitID, TargetID).filter((ref) => !declared.has(objectKey(ref)));
  const { removed, left } = await removeObjects(job, dropped);
  const done = [counted(applied.objects.length, 'Applied'), ...(removed > 0 ? [counted(removed, 'pruned')] : []), ...left].join(
    ', ',
  );
  const unhealthy = await awaitHealth(job, applied.objects);
  if (unhealthy !== undefined) return failure('ApplyWaitFailed', `${done}; ${unhealthy}`);
  const liveState = writeLiveState(applied.objects.map(({ live }) => live));
  return {
    status: 'Completed',
    result: 'ApplyCompleted',
    message: done,
    settle: (unit) => ({
      ...unit,
      PreviousLiveRevisionNum: unit.LiveRevisionNum,
      LiveRevisionNum: job.operation.RevisionNum,
      LiveStateHash: job.hub.store.blobs.put(Buffer.from(liveState)),
    }),
  };
}

interface AppliedObject {
  readonly ref: ObjectRef;
  readonly live: JsonObject;
}

type Documents =
  | { readonly ok: true; readonly objects: readonly AppliedObject[] }
  | { readonly ok: false; readonly message: string };

async function applyDocuments(job: Job, documents: readonly JsonObject[]): Promise<Documents> {
  const { hub, operation, cluster, signal } = job;
  const { fieldManager } = hub.store.generation;
  const objects: AppliedObject[] = [];
  for (const document of documents) {
    const placed = withNamespace(document, job.target.kubeNamespace);
    const named = refOf(placed);
    if (!named) return { ok: false, message: 'a document has no apiVersion, kind or metadata.name' };
    try {
      const live = await cluster.apply(placed, { fieldManager, force: true, signal });
      const ref = refOf(live) ?? named;
      // At once, so that an apply that breaks off is remembered as far as it came.
      hub.store.database.write(() => hub.store.appliedObjects.put(operation.UnitID, operation.TargetID, ref));
      objects.push({ ref, live });
    } catch (error) {
      signal.throwIfAborted();
      const done = objects.length === 0 ? '' : ` (${objects.length} of ${documents.length} objects were applied before it)`;
      return { ok: false, message: `${displayRef(named)}: ${messageOf(error)}${done}` };
    }
  }
  return { ok: true, objects };
}

/** What is not healthy at the deadline, or cannot become so; `undefined` if all is, or without waiting. */
async function awaitHealth(job: Job, objects: readonly AppliedObject[]): Promise<string | undefined> {
  const { cluster, signal, target } = job;
  const nanoseconds = parseDuration(target.waitTimeout);
  if (nanoseconds === undefined || nanoseconds <= 0) return undefined;
  const until = performance.now() + nanoseconds / 1e6;
  let waiting = objects.map(({ ref }) => ref);
  for (;;) {
    const states = await Promise.all(
      waiting.map(async (ref): Promise<{ readonly ref: ObjectRef; readonly health: Health }> => {
        const live = await cluster.get(ref, signal);
        return { ref, health: live ? healthOf(live) : { state: 'failed', reason: 'it is gone' } };
      }),
    );
    const open = states.flatMap(({ ref, health }) => (health.state === 'healthy' ? [] : [{ ref, health }]));
    if (open.length === 0) return undefined;
    const isOver = performance.now() >= until || open.some(({ health }) => health.state === 'failed');
    if (isOver) {
      const reasons = open.map(({ ref, health }) => `${displayRef(ref)}: ${health.reason}`).join('; ');
      return `not healthy within ${target.waitTimeout}: ${reasons}`;
    }
    waiting = open.map(({ ref }) => ref);
    await sleep(Math.min(POLL_MS, Math.max(1, until - performance.now())), undefined, { signal });
  }
}
