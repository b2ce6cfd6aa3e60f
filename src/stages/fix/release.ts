import type { ConfigHubClient, Unit } from '../../clients/confighub/client.ts';
import { quote } from '../../clients/confighub/where.ts';
import type { DesiredUnit } from '../../domain/desired.ts';
import { ConfigHubError, throwUnless } from '../../domain/errors.ts';

/**
 * Publishes the spaces of fixed units, on servers that release whole spaces. A release takes every unit at its head,
 * so a space with another waiting change is not published but named: a person decides about that change.
 */
export async function publishReleases(
  fixed: readonly DesiredUnit[],
  confighub: ConfigHubClient,
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const byId = new Map(fixed.map((unit) => [unit.id, unit]));
  for (const [spaceId, [unit]] of Map.groupBy(fixed, ({ spaceId }) => spaceId)) {
    const space = unit?.space ?? spaceId;
    try {
      const states = await confighub.listUnitStates({ where: `SpaceID = ${quote(spaceId)}` }, signal);
      const waiting = states.filter(({ Unit }) => isWaiting(Unit, byId.get(Unit.UnitID)));
      if (waiting.length === 0) await confighub.publishRelease(spaceId, signal);
      else {
        const [first] = waiting;
        const more = waiting.length > 1 ? ` and ${waiting.length - 1} more have` : ' has';
        onWarning(`space ${space} is not published: unit ${first?.Unit.Slug ?? ''}${more} changes that are not released yet`);
      }
    } catch (error) {
      throwUnless(error, ConfigHubError, signal);
      onWarning(`space ${space} could not be published: ${error.message}`);
    }
  }
}

/** Restored bytes are the released ones: of a fixed unit nothing new goes out, unless a person changed its head. */
function isWaiting({ HeadRevisionNum, LiveRevisionNum, DataHash }: Unit, fixed: DesiredUnit | undefined): boolean {
  if (HeadRevisionNum === LiveRevisionNum) return false;
  return fixed === undefined || fixed.hasUnappliedChanges || DataHash !== fixed.headHash;
}
