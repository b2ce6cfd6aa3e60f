import type { ConfigHubClient, Revision } from '../../clients/confighub/client.ts';
import type { DesiredUnit } from '../../domain/desired.ts';
import { observedMarker, restoredMarker } from '../../domain/drift-marker.ts';
import { changeSetsById } from './changeset.ts';
import { editText } from './edit-text.ts';
import type { FixNote } from './note.ts';
import { observedDigest } from './pair.ts';
import { stateOf } from './write-pair.ts';

/** A fix that no report names: its pass was killed, or a person applied what it had staged. */
export interface UnreportedFix {
  readonly correctionId: string;
  readonly unit: DesiredUnit;
  /** The unit's text with the drift. */
  readonly observed: string;
  readonly observedDescription: string;
  /** RFC 3339, by ConfigHub's clock. */
  readonly observedAt: string;
  readonly restoredAt: string;
  /** Number of the revision that restores desired; 0 where no pair was written. */
  readonly revision: number;
  /** `space/slug`; empty without one. */
  readonly changeSet: string;
  /** It was written under a person's changeset, who applied it. */
  readonly wasStaged: boolean;
}

/** Revisions of one unit that are read: each killed pass may leave a pair. */
const REVISIONS_READ = 20;

/**
 * Makes no request if there are none: the units that were read have the description of their newest revision. `known` holds
 * the ids of fixes that a report names or that this pass is about to make.
 */
export async function findUnreportedPairs(
  units: readonly DesiredUnit[],
  known: ReadonlySet<string>,
  confighub: ConfigHubClient,
  cluster: string,
  signal: AbortSignal,
): Promise<readonly UnreportedFix[]> {
  const isUnknown = (id: string | undefined): id is string => id !== undefined && !known.has(id);
  const found: (Omit<UnreportedFix, 'changeSet' | 'wasStaged'> & { readonly changeSetId: string | null })[] = [];
  // Under a person's lock, and not applied by them yet.
  const isWaiting = ({ changeSet, liveRevision, headRevision }: DesiredUnit): boolean =>
    changeSet !== undefined && changeSet.openedFor === undefined && liveRevision < headRevision;
  const candidates = units.filter((unit) => isUnknown(restoredMarker(unit.lastChangeDescription)) && !isWaiting(unit));
  for (const unit of candidates) {
    const from = Math.max(1, unit.headRevision - REVISIONS_READ + 1);
    const listed = (await confighub.listRevisionsFrom([unit], from, signal)).map(({ Revision }) => Revision);
    listed.sort((one, other) => other.RevisionNum - one.RevisionNum);
    for (const [index, restored] of listed.entries()) {
      const correctionId = restoredMarker(restored.Description);
      // Reports are made in order: what is older than a reported one is reported as well.
      if (correctionId !== undefined && known.has(correctionId)) break;
      const observed = listed[index + 1];
      if (!observed || correctionId === undefined || observedMarker(observed.Description)?.correctionId !== correctionId)
        continue;
      const text = await textOfHalf(unit, observed, confighub, signal);
      if (text === undefined) continue;
      found.push({
        correctionId,
        unit,
        observed: text,
        observedDescription: observed.Description,
        observedAt: observed.CreatedAt,
        restoredAt: restored.CreatedAt,
        revision: restored.RevisionNum,
        changeSetId: restored.ChangeSetID,
      });
    }
  }
  const changeSets = await changeSetsById(
    found.flatMap(({ changeSetId }) => changeSetId ?? []),
    confighub,
    signal,
  );
  return found.flatMap(({ changeSetId, ...pair }) => {
    const changeSet = changeSets.get(changeSetId ?? '');
    // Passes of another cluster have a report of their own.
    if (changeSet?.openedFor !== undefined && changeSet.openedFor !== cluster) return [];
    const wasStaged = changeSet !== undefined && changeSet.openedFor === undefined;
    // Staged and never applied: whatever brought the fields back, this pair did not.
    if (wasStaged && pair.unit.liveRevision !== pair.revision) return [];
    return { ...pair, changeSet: changeSet ? `${changeSet.space}/${changeSet.slug}` : '', wasStaged };
  });
}

/** Fixes that have no pair, as the Lease has them; of units that are still there. `known` as for pairs. */
export function noted(
  notes: readonly FixNote[],
  units: readonly DesiredUnit[],
  known: ReadonlySet<string>,
): readonly UnreportedFix[] {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  return notes.flatMap(({ correctionId, unit: id, description, time, edits }) => {
    const unit = byId.get(id);
    const observed = unit && !known.has(correctionId) ? editText(unit.text, edits) : undefined;
    if (unit === undefined || observed === undefined) return [];
    const pairless = { revision: 0, changeSet: '', wasStaged: false };
    return { correctionId, unit, observed, observedDescription: description, observedAt: time, restoredAt: time, ...pairless };
  });
}

/** The text of a drifted state; `undefined` if other bytes have its sticky description. */
async function textOfHalf(
  unit: DesiredUnit,
  { RevisionNum, Description }: Revision,
  confighub: ConfigHubClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const revision = await confighub.readRevision(stateOf(unit), RevisionNum, signal);
  return revision && observedDigest(revision.Data) === observedMarker(Description)?.digest ? revision.Data : undefined;
}
