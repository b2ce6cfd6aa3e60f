import { messageOf } from '../../domain/errors.ts';
import { at, isJsonArray, type JsonObject, stringAt } from '../../domain/json.ts';
import { displayRef, type ObjectRef } from '../../domain/object-ref.ts';
import { kindRank } from './documents.ts';
import type { Job } from './job.ts';

export interface Removal {
  readonly removed: number;
  /** What stays although it was to go, and why; for the operation's message. */
  readonly left: readonly string[];
}

/**
 * Deletes objects that the unit had applied: only what carries our entry in `managedFields`, never what another unit of
 * the same target declares as well. Objects that remain are reported and stay recorded, so the next apply tries again.
 */
export async function removeObjects(job: Job, refs: readonly ObjectRef[]): Promise<Removal> {
  const { hub, operation, cluster, signal } = job;
  const { appliedObjects, generation } = hub.store;
  const { fieldManager } = generation;
  const { UnitID, TargetID } = operation;
  const forget = (ref: ObjectRef): void => hub.store.database.write(() => appliedObjects.delete(UnitID, TargetID, ref));
  const left: string[] = [];
  let removed = 0;
  // The other way round from applying: what others may need goes last.
  for (const ref of refs.toSorted((one, other) => kindRank(other.kind) - kindRank(one.kind))) {
    if (appliedObjects.isSharedBy(UnitID, TargetID, ref)) {
      forget(ref);
      left.push(`${displayRef(ref)} stays: another unit declares it`);
      continue;
    }
    try {
      const live = await cluster.get(ref, signal);
      if (live && !isOf(live, fieldManager)) left.push(`${displayRef(ref)} stays: ${fieldManager} no longer applies it`);
      else if (live) {
        await cluster.delete(ref, stringAt(live, 'metadata', 'uid') ?? '', signal);
        removed++;
      }
      forget(ref);
    } catch (error) {
      signal.throwIfAborted();
      left.push(`${displayRef(ref)} could not be deleted: ${messageOf(error)}`);
    }
  }
  return { removed, left };
}

function isOf(live: JsonObject, fieldManager: string): boolean {
  const managed = at(live, 'metadata', 'managedFields');
  return (
    isJsonArray(managed) &&
    managed.some((entry) => stringAt(entry, 'manager') === fieldManager && stringAt(entry, 'operation') === 'Apply')
  );
}
