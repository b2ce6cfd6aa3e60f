import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { messageOf } from '../../domain/errors.ts';
import type { Hub } from '../context.ts';
import type { OperationAction, QueuedOperation } from '../entities/queued-operation.ts';
import { readTarget } from '../entities/target.ts';
import { applyUnit } from './apply-unit.ts';
import type { ClusterFor } from './cluster.ts';
import { destroyUnit } from './destroy-unit.ts';
import { failure, type Job, type JobResult } from './job.ts';
import { recordEvent, setStatus } from './operations.ts';
import { refreshUnit } from './refresh-unit.ts';

/** Units that are applied at the same time. */
const CONCURRENCY = 8;

export interface Worker {
  /** Returns at once; the operations run in the order of their arrival, those of different units side by side. */
  enqueue(operations: readonly QueuedOperation[]): void;
  /** Takes no new operation, cuts off those under way, and waits for them: they stay queued for the next start. */
  stop(): Promise<void>;
}

/** Runs queued operations, first those that an earlier process left. */
export function startWorker(hub: Hub, clusterFor: ClusterFor, log: Logger): Worker {
  const stopping = new AbortController();
  const limit = pLimit(CONCURRENCY);
  /** The last operation of each unit: the next one of the unit starts after it. */
  const tails = new Map<string, Promise<void>>();

  const runOne = async (operation: QueuedOperation): Promise<void> => {
    // The answer to the caller goes out first, so the caller does not wait for the queue.
    await setImmediate();
    if (stopping.signal.aborted) return;
    try {
      await run(hub, operation, clusterFor, stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) log.error({ err: error, operation: operation.QueuedOperationID }, 'an operation broke off');
    }
  };

  const enqueue = (operations: readonly QueuedOperation[]): void => {
    for (const operation of operations) {
      const before = tails.get(operation.UnitID) ?? Promise.resolve();
      const tail = before
        .then(() => limit(() => runOne(operation)))
        .then(() => {
          if (tails.get(operation.UnitID) === tail) tails.delete(operation.UnitID);
        });
      tails.set(operation.UnitID, tail);
    }
  };

  enqueue(hub.store.operations.find({ column: 'status', values: ['Pending', 'Progressing'] }));
  return {
    enqueue,
    stop: async () => {
      stopping.abort(new Error('the hub is stopping'));
      await Promise.all(tails.values());
    },
  };
}

async function run(hub: Hub, queued: QueuedOperation, clusterFor: ClusterFor, signal: AbortSignal): Promise<void> {
  const { store } = hub;
  const progressing = store.database.write(() => {
    // Deleted with its unit, or canceled, while it waited.
    const operation = store.operations.get(queued.QueuedOperationID);
    if (!operation || operation.Status === 'Canceled') return undefined;
    recordEvent(hub, operation, { Status: 'Progressing', Result: 'None', Message: DOING[operation.Action], TerminatedAt: null });
    return setStatus(hub, operation, 'Progressing');
  });
  if (!progressing) return;
  const result = await perform(hub, progressing, clusterFor, signal);
  store.database.write(() => finish(hub, progressing, result));
}

const DOING: Readonly<Record<OperationAction, string>> = { Apply: 'Applying', Destroy: 'Destroying', Refresh: 'Refreshing' };
const JOBS: Readonly<Record<OperationAction, (job: Job) => Promise<JobResult>>> = {
  Apply: applyUnit,
  Destroy: destroyUnit,
  Refresh: refreshUnit,
};
const FAILED = { Apply: 'ApplyFailed', Destroy: 'DestroyFailed', Refresh: 'RefreshFailed' } as const;

async function perform(hub: Hub, operation: QueuedOperation, clusterFor: ClusterFor, signal: AbortSignal): Promise<JobResult> {
  const failed = (message: string): JobResult => failure(FAILED[operation.Action], message);
  const revision = hub.store.revisions.last(
    { column: 'unit_id', values: [operation.UnitID] },
    { column: 'revision_num', values: [operation.RevisionNum] },
  );
  const target = hub.store.named.get(operation.TargetID);
  if (!revision || !target) return failed(revision ? 'the target was deleted' : 'the unit was deleted');
  try {
    const parameters = readTarget(target);
    const cluster = await clusterFor(parameters);
    const text = hub.store.blobs.get(revision.DataHash).toString('utf8');
    return await JOBS[operation.Action]({ hub, operation, cluster, target: parameters, text, signal });
  } catch (error) {
    signal.throwIfAborted();
    return failed(`target ${target.Slug}: ${messageOf(error)}`);
  }
}

/** LiveRevisionNum follows a success only (reference, section 6.5). */
function finish(hub: Hub, operation: QueuedOperation, { status, result, message, settle }: JobResult): void {
  const { store } = hub;
  const unit = store.units.get(operation.UnitID);
  // Deleted while it was running, together with its operations and events.
  if (!unit) return;
  const now = hub.now();
  setStatus(hub, operation, status);
  recordEvent(hub, operation, { Status: status, Result: result, Message: message, TerminatedAt: now });
  if (!settle) return;
  const settled = settle(unit);
  store.units.update({ ...settled, UpdatedAt: now, Version: settled.Version + 1 });
  if (result !== 'ApplyCompleted') return;
  const revision = store.revisions.last(
    { column: 'unit_id', values: [unit.UnitID] },
    { column: 'revision_num', values: [operation.RevisionNum] },
  );
  if (revision) store.revisions.update({ ...revision, LiveAt: now, UpdatedAt: now, Version: revision.Version + 1 });
}
