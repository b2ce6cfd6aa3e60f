import type { ConfigHubClient } from '../confighub/client.ts';
import type { ChangeSetRef } from '../types/desired.ts';
import type { UnitCorrection } from '../types/plan.ts';
import type { RevisionPair } from './pair.ts';

/**
 * Writes the drifted and then the desired state as two revisions of the unit, under the changeset. The first write
 * carries the version that was judged, so a unit that changed meanwhile answers 409 and is left alone.
 * Returns the number of the revision that restores desired.
 */
export async function writePair(
  confighub: ConfigHubClient,
  correction: UnitCorrection,
  pair: RevisionPair,
  changeSet: ChangeSetRef,
  signal: AbortSignal,
): Promise<number> {
  const { unit } = correction;
  const isLocked = unit.changeSet?.id === changeSet.id;
  const observed = await confighub.patchUnit(
    unit.spaceId,
    unit.id,
    {
      data: pair.observed,
      description: pair.observedDescription,
      version: unit.version,
      // The lock is taken by the very write that needs it.
      ...(isLocked ? {} : { changeSetId: changeSet.id }),
    },
    changeSet.id,
    signal,
  );
  const restored = await confighub.patchUnit(
    unit.spaceId,
    unit.id,
    { data: pair.restored, description: pair.restoredDescription, version: observed.Version },
    changeSet.id,
    signal,
  );
  return restored.HeadRevisionNum;
}
