import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import type { DesiredUnit } from '../../domain/desired.ts';
import { driftMarker, observedMarker } from '../../domain/drift-marker.ts';
import { ConfigHubError, throwUnless } from '../../domain/errors.ts';
import { closeChangeSet } from './changeset.ts';
import { observedDigest } from './pair.ts';
import { stateOf } from './write-pair.ts';

/**
 * Finishes what a killed pass left: a head with the drifted state is replaced by the revision before it, and the changesets
 * that passes of this cluster had opened for themselves are closed. This pass then compares the cluster. Returns true
 * if there was nothing to finish.
 */
export async function finishEarlierPass(
  units: readonly DesiredUnit[],
  confighub: ConfigHubClient,
  cluster: string,
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const unfinished = units.filter((unit) => unfinishedFix(unit) !== undefined);
  const open = new Map(units.flatMap(({ changeSet }) => (changeSet?.openedFor === cluster ? [[changeSet.id, changeSet]] : [])));
  for (const unit of unfinished) {
    try {
      await restorePredecessor(unit, confighub, onWarning, signal);
    } catch (error) {
      throwUnless(error, ConfigHubError, signal);
      onWarning(`unit ${unit.space}/${unit.slug} could not be restored: ${error.message}`);
    }
  }
  for (const changeSet of open.values()) await closeChangeSet(changeSet, confighub, { onWarning, signal });
  return unfinished.length === 0 && open.size === 0;
}

/**
 * The fix whose first half is the head. A description is sticky, so a marker alone proves nothing: if it does not
 * match the bytes, they are a person's change, which the plan leaves alone.
 */
function unfinishedFix(unit: DesiredUnit): string | undefined {
  const marker = observedMarker(unit.lastChangeDescription);
  return marker?.digest === observedDigest(unit.headText) ? marker.correctionId : undefined;
}

async function restorePredecessor(
  unit: DesiredUnit,
  confighub: ConfigHubClient,
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const state = stateOf(unit);
  const number = unit.headRevision - 1;
  const name = `unit ${unit.space}/${unit.slug}`;
  const [own, [head]] = await Promise.all([
    confighub.whoAmI(signal),
    confighub.listRevisionsFrom([state], unit.headRevision, signal),
  ]);
  if (head?.Revision.UserID !== own) {
    onWarning(
      `${name} looks as an interrupted pass leaves it, but another author wrote revision ${unit.headRevision}: left alone`,
    );
    return;
  }
  const predecessor = await confighub.readRevision(state, number, signal);
  if (!predecessor) {
    onWarning(`${name} has the drifted state of an interrupted pass, and ConfigHub no longer has revision ${number} before it`);
    return;
  }
  onWarning(`${name} has the drifted state of an interrupted pass: restoring revision ${number}`);
  const change = {
    data: predecessor.Data,
    description: `Fixed after an interrupted pass ${driftMarker(unfinishedFix(unit) ?? '')}]`,
  };
  await confighub.writeUnit(state, change, unit.changeSet?.id, signal);
}
