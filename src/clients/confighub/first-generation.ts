import { ConfigHubError } from '../../domain/errors.ts';
import type { BulkChange } from './unit-client.ts';
import type { Filter } from './wire.ts';

/** The revisions that a restore may name there; any other needs its ID. */
const NAMED = ['LiveRevisionNum', 'LastAppliedRevisionNum', 'PreviousLiveRevisionNum'];

/**
 * Generation A ignores parameters of later ones: a dry run would write, and a write would ignore a lock. So they are refused
 * before anything is sent.
 */
export function refuseUnknownChange({ dryRun, underChangeSet, restore }: BulkChange, subject: string): void {
  if (dryRun) throw unable('cannot rehearse a change of units', subject, 'Look at the unit and its upstream instead.');
  if (underChangeSet !== undefined)
    throw unable('has no changesets that lock units', subject, 'Make the change without a changeset.');
  if (restore !== undefined && !NAMED.includes(restore))
    throw unable(`cannot restore ${restore}`, subject, `Restore one unit by the number of a revision, or ${NAMED.join(', ')}.`);
}

/** The number of a revision to restore, which there needs its ID; `undefined` for a name, or if nothing is restored. */
export function restoredNumber(restore: string | undefined): number | undefined {
  return restore !== undefined && /^\d+$/u.test(restore) ? Number(restore) : undefined;
}

/** A stored filter can only be used by asking for its terms, and writes cannot be asked for terms on data. */
export function refuseDataFilter({ WhereData, ResourceType }: Filter, reference: string): void {
  if (WhereData === '' && ResourceType === '') return;
  throw unable(
    'cannot select units by the content of their data',
    `filter ${reference}`,
    'Use a filter on labels and other attributes, without --where-data and --resource-type.',
  );
}

export function unable(what: string, subject: string, remedy: string): ConfigHubError {
  return new ConfigHubError(`this ConfigHub (API of August 2025) ${what}`, { code: 'invalid', subject, remedy });
}
