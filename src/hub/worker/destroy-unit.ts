import { counted, failure, type Job, type JobResult } from './job.ts';
import { removeObjects } from './remove-objects.ts';

/** Deletes what the unit has applied; afterwards it has no live revision. */
export async function destroyUnit(job: Job): Promise<JobResult> {
  const { UnitID, TargetID } = job.operation;
  const { removed, left } = await removeObjects(job, job.hub.store.appliedObjects.of(UnitID, TargetID));
  const message = [counted(removed, 'Deleted'), ...left].join(', ');
  if (left.some((reason) => reason.includes('could not be deleted'))) return failure('DestroyFailed', message);
  return {
    status: 'Completed',
    result: 'DestroyCompleted',
    message,
    settle: (unit) => ({
      ...unit,
      PreviousLiveRevisionNum: unit.LiveRevisionNum,
      LiveRevisionNum: 0,
      LiveStateHash: null,
    }),
  };
}
