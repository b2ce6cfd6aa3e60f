import type { Caller, Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import type { Parameters } from '../query/parameters.ts';
import type { UnitBody } from './body.ts';
import { changeUnit, type UnitChange } from './change.ts';
import { findRevision } from './history.ts';
import { upgradeOf } from './upgrade.ts';

export type UpdateParameters = Pick<Parameters, 'upgrade' | 'restore' | 'revision_id' | 'change_set_id' | 'tag'>;

/**
 * A PUT or PATCH with its parameters. `revision_id`, `restore` and `upgrade` decide the configuration whatever the body has:
 * cub sends the old `Data` along (reference, section 5.7). Runs in a transaction.
 */
export function updateUnit(
  hub: Hub,
  caller: Caller,
  unit: Unit,
  body: UnitBody,
  parameters: UpdateParameters & { readonly inBulk: boolean },
): Unit {
  const rest = { changeSetParameter: parameters.change_set_id, tag: parameters.tag };
  const reference = parameters.revision_id === undefined ? parameters.restore : `Revision:${parameters.revision_id}`;
  if (reference !== undefined) {
    const revision = findRevision(hub, unit, reference);
    return changeUnit(hub, caller, unit, {
      ...body,
      ...rest,
      data: hub.store.blobs.get(revision.DataHash),
      source: 'Restore',
      restoredRevisionNum: revision.RevisionNum,
      stamp: `Restored revision ${revision.RevisionNum}`,
    });
  }
  if (parameters.upgrade)
    return upgrade(hub, caller, unit, { ...body, ...rest, data: undefined, source: 'UpgradeUnit', stamp: '' }, parameters.inBulk);
  return changeUnit(hub, caller, unit, { ...body, ...rest, source: 'Update', stamp: 'Updated' });
}

function upgrade(hub: Hub, caller: Caller, unit: Unit, change: UnitChange, inBulk: boolean): Unit {
  const upgraded = upgradeOf(hub, unit);
  switch (upgraded.outcome) {
    case 'no-upstream':
      // The vendor's scripts upgrade whole spaces, of which some units have no upstream (reference, section 6.3).
      if (inBulk) return unit;
      throw new HubError(400, `unit ${unit.Slug} has no upstream unit`, { type: 'Unit', id: unit.UnitID });
    case 'level':
      return changeUnit(hub, caller, unit, change);
    case 'upgraded':
      return changeUnit(hub, caller, unit, {
        ...change,
        data: upgraded.data,
        stamp: upgraded.description,
        upstreamRevisionNum: upgraded.upstreamRevisionNum,
        conflicts: upgraded.conflicts,
      });
  }
}
