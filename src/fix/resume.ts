import { createHash } from 'node:crypto';
import type { ConfigHubClient } from '../confighub/client.ts';
import type { DesiredUnit } from '../types/desired.ts';
import { ConfigHubError } from '../types/errors.ts';
import { driftMarker } from './pair.ts';
import { stateOf } from './write-pair.ts';

/** The first half of a pair: written, and not yet followed by the desired state. */
const OBSERVED = /^Drift detected: .*\[drift:([0-9a-f]{16}) sha256:([0-9a-f]{12})\]$/u;

/**
 * Finishes what a killed pass left: a head that holds the drifted state gets its predecessor back, and the changesets
 * that passes of this cluster had opened for themselves are closed. Whether the cluster still departs is then for this
 * pass to see. Returns true where there was nothing to finish.
 */
export async function finishPredecessor(
  units: readonly DesiredUnit[],
  confighub: ConfigHubClient,
  cluster: string,
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const unfinished = units.filter((unit) => unfinishedCorrection(unit) !== undefined);
  const open = new Map(
    units.flatMap(({ changeSet }) => (changeSet?.openedFor === cluster ? [[changeSet.id, changeSet.slug]] : [])),
  );
  const attempt = async (what: string, step: () => Promise<unknown>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (signal.aborted || !(error instanceof ConfigHubError)) throw error;
      onWarning(`${what}: ${error.message}`);
    }
  };
  for (const unit of unfinished) {
    onWarning(
      `unit ${unit.space}/${unit.slug} holds the drifted state of an interrupted pass: restoring revision ${unit.headRevision - 1}`,
    );
    await attempt(`unit ${unit.space}/${unit.slug} could not be restored`, () => restorePredecessor(unit, confighub, signal));
  }
  for (const [id, slug] of open)
    await attempt(`changeset ${slug} could not be closed`, () => confighub.closeChangeSet(id, signal));
  return unfinished.length === 0 && open.size === 0;
}

/** The correction whose first half is the head; a marker that does not match the bytes is somebody's own work. */
function unfinishedCorrection(unit: DesiredUnit): string | undefined {
  const [, id, digest] = OBSERVED.exec(unit.lastChangeDescription) ?? [];
  const isOurs = digest !== undefined && createHash('sha256').update(unit.headText).digest('hex').startsWith(digest);
  return isOurs ? id : undefined;
}

async function restorePredecessor(unit: DesiredUnit, confighub: ConfigHubClient, signal: AbortSignal): Promise<void> {
  const number = unit.headRevision - 1;
  const state = stateOf(unit);
  const predecessor = await confighub.readRevision(state, number, signal);
  if (!predecessor) return;
  const change = {
    data: predecessor.Data,
    description: `Fixed after an interrupted pass ${driftMarker(unfinishedCorrection(unit) ?? '')}]`,
  };
  await confighub.writeUnit(state, change, unit.changeSet?.id, signal);
}
