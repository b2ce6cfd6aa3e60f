import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import type { ChangeSetRef } from '../../domain/desired.ts';
import { ConfigHubError, throwUnless } from '../../domain/errors.ts';
import { changeSetOfHead, openOwnChangeSet } from './changeset.ts';
import { composePair, hasCompletePair } from './pair.ts';
import { attempt, type FixOptions, type Progress } from './progress.ts';
import { isStagedAlready, writePair } from './write-pair.ts';

/** Writes the pairs that are not there yet. Returns the pass's own changeset where one was opened. */
export async function writePairs(
  progress: readonly Progress[],
  confighub: ConfigHubClient,
  options: FixOptions,
): Promise<ChangeSetRef | undefined> {
  for (const entry of progress) {
    const { fix } = entry;
    if (!hasCompletePair(fix)) continue;
    entry.revision = fix.unit.headRevision;
    await attempt(entry, options.signal, async () => {
      entry.changeSet ??= await changeSetOfHead(fix, confighub, options.signal);
    });
  }
  const missing = progress.flatMap((entry) => {
    const { fix } = entry;
    const pair = fix.writesPair && entry.revision === 0 ? composePair(fix, options.firstSeen) : undefined;
    return pair ? [{ entry, pair }] : [];
  });
  const unnamed = missing.filter(({ entry }) => entry.changeSet === undefined);
  let own: ChangeSetRef | undefined;
  // Without locks a changeset would hold nothing: the revisions' descriptions tie a fix together.
  const { locksUnits } = confighub.abilities;
  if (unnamed.length > 0 && locksUnits) {
    try {
      own = await openOwnChangeSet(
        confighub,
        options.cluster,
        unnamed.map(({ entry }) => entry.fix),
        options.signal,
      );
    } catch (error) {
      throwUnless(error, ConfigHubError, options.signal);
      for (const { entry } of unnamed) entry.failure = { result: 'failed', message: error.message };
    }
  }
  const announced = new Set<string>();
  for (const { entry, pair } of missing) {
    const changeSet = entry.changeSet ?? own;
    if (entry.failure) continue;
    if (changeSet) {
      entry.changeSet = changeSet;
      if (!announced.has(changeSet.id)) options.onChangeSet(changeSet);
      announced.add(changeSet.id);
    }
    await attempt(entry, options.signal, async () => {
      const { fix } = entry;
      const isWritten = fix.isStaged && (await isStagedAlready(confighub, fix, pair, changeSet?.id, options.signal));
      entry.revision = isWritten ? fix.unit.headRevision : await writePair(confighub, fix, pair, changeSet, options.signal);
    });
  }
  return own;
}
