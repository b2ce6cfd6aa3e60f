import type { ConfigHubClient, UnitState } from '../../clients/confighub/client.ts';
import type { ChangeSetRef, DesiredUnit } from '../../domain/desired.ts';
import { restoredMarker } from '../../domain/drift-marker.ts';
import type { UnitFix } from '../../domain/plan.ts';
import type { RevisionPair } from './pair.ts';

/** The unit as it was read when it was judged. */
export function stateOf(unit: DesiredUnit): UnitState {
  const { spaceId, id, space, slug, version, headHash } = unit;
  return { spaceId, id, name: `${space}/${slug}`, version, dataHash: headHash };
}

/**
 * True where the unit's newest revisions are this very pair under the changeset. The same drift of an object that was
 * changed otherwise meanwhile is another fix, and still nothing new to stage.
 */
export async function isStagedAlready(
  confighub: ConfigHubClient,
  { unit }: UnitFix,
  pair: RevisionPair,
  changeSetId: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (restoredMarker(unit.lastChangeDescription) === undefined || unit.headText !== pair.restored) return false;
  const observed = await confighub.readRevision(stateOf(unit), unit.headRevision - 1, signal);
  return observed !== undefined && (observed.ChangeSetID ?? undefined) === changeSetId && observed.Data === pair.observed;
}

/**
 * Writes the drifted and then the desired state as two revisions of the unit, under the changeset where the server has
 * them. The first write carries the state that was judged, so a unit that changed meanwhile is refused and left alone.
 * Returns the number of the revision that restores desired.
 */
export async function writePair(
  confighub: ConfigHubClient,
  fix: UnitFix,
  pair: RevisionPair,
  changeSet: ChangeSetRef | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { unit } = fix;
  const state = stateOf(unit);
  const opens = changeSet !== undefined && unit.changeSet?.id !== changeSet.id;
  const observed = await confighub.writeUnit(
    state,
    {
      data: pair.observed,
      description: pair.observedDescription,
      // The lock is taken by the very write that needs it.
      ...(opens ? { changeSetId: changeSet.id } : {}),
    },
    changeSet?.id,
    signal,
  );
  const restored = await confighub.writeUnit(
    { ...state, version: observed.Version, dataHash: observed.DataHash },
    { data: pair.restored, description: pair.restoredDescription },
    changeSet?.id,
    signal,
  );
  return restored.HeadRevisionNum;
}
