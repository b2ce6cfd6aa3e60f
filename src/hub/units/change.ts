import { sha256 } from '../../domain/sha256.ts';
import { judgeLock } from '../changesets.ts';
import type { Caller, Hub } from '../context.ts';
import type { RevisionSource } from '../entities/revision.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import type { Conflict } from '../merge/three-way.ts';
import { Reader } from '../query/reader.ts';
import { assertReferences, assertSlugIsFree } from './assertions.ts';
import type { UnitBody } from './body.ts';
import { changeSetTag } from './change-set-tags.ts';
import { contentHash, insertRevision, type RevisionCause, tagRevision } from './revise.ts';

export interface UnitChange extends UnitBody {
  readonly source: RevisionSource;
  /** The revision's description where the client gave none. */
  readonly stamp: string;
  readonly changeSetParameter: string | undefined;
  /** A tag for the head revision after the change. */
  readonly tag: string | undefined;
  readonly restoredRevisionNum?: number;
  readonly upstreamRevisionNum?: number;
  /** What an upgrade did not take. */
  readonly conflicts?: readonly Conflict[];
}

/** The one way in which a unit changes, once what it becomes is known: lock, revision, tags, version. Runs in a transaction. */
export function changeUnit(hub: Hub, caller: Caller, unit: Unit, change: UnitChange): Unit {
  const reader = new Reader(hub.store);
  const dataHash = change.data === undefined ? unit.DataHash : sha256(change.data);
  // Equal bytes make no revision (reference, section 6.1).
  const changesBytes = dataHash !== unit.DataHash;
  // What an upgrade did not take stands in the history even if it took nothing.
  const conflicts = change.conflicts ?? [];
  const changesData = changesBytes || conflicts.length > 0;
  const verdict = judgeLock({
    unit: reader.nameOf(unit),
    lockedBy: unit.ChangeSetID,
    requested: change.changeSet,
    parameter: change.changeSetParameter?.toLowerCase(),
    changesData,
    describe: (id) => {
      const record = reader.load('ChangeSet', id);
      return record && { name: reader.nameOf(record), state: reader.changeSetState(record) };
    },
  });
  if (verdict.outcome === 'refused') throw new HubError(verdict.status, verdict.message, { type: 'Unit', id: unit.UnitID });
  if (change.fields.Slug !== unit.Slug) assertSlugIsFree(hub, unit.SpaceID, change.fields.Slug);
  assertReferences(reader, unit, change.fields);

  const revises = changesData || verdict.opens !== undefined;
  const { Conflicts: _, ...rest } = unit;
  const next: Unit = {
    ...(changesData ? rest : unit),
    ...(conflicts.length > 0 ? { Conflicts: conflicts } : {}),
    ...change.fields,
    ApplyGates: change.applyGates,
    ChangeSetID: verdict.lock,
    UpstreamRevisionNum: change.upstreamRevisionNum ?? unit.UpstreamRevisionNum,
    ...(changesData && change.data !== undefined
      ? {
          DataHash: hub.store.blobs.put(change.data),
          ContentHash: contentHash(change.data),
          HeadMutationNum: unit.HeadMutationNum + 1,
        }
      : {}),
    ...(revises ? { HeadRevisionNum: unit.HeadRevisionNum + 1, ApprovedBy: [] } : {}),
    ...(revises && !change.describes
      ? { LastChangeDescription: changesData ? change.stamp : `Opened ChangeSet ${changeSetName(reader, verdict.lock)}` }
      : {}),
  };
  if (revises) {
    const cause: RevisionCause = changesData
      ? {
          source: change.source,
          restoredRevisionNum: change.restoredRevisionNum,
          upgradedFrom: change.upstreamRevisionNum === undefined ? undefined : unit.UpstreamRevisionNum,
        }
      : { source: 'OpenChangeSet' };
    insertRevision(hub, caller, next, { ...cause, conflicts, changeSet: verdict.revisionOf });
  }
  if (verdict.opens !== undefined)
    tagRevision(hub, unit.UnitID, next.HeadRevisionNum, changeSetTag(hub, verdict.opens, 'StartTagID'));
  if (verdict.closes !== undefined)
    tagRevision(hub, unit.UnitID, next.HeadRevisionNum, changeSetTag(hub, verdict.closes, 'EndTagID'));
  if (change.tag !== undefined) tagHead(hub, reader, next, change.tag.toLowerCase());
  if (JSON.stringify(next) === JSON.stringify(unit)) return unit;
  return hub.store.units.update({ ...next, UpdatedAt: hub.now(), Version: unit.Version + 1 });
}

function tagHead(hub: Hub, reader: Reader, unit: Unit, tagId: string): void {
  const tag = reader.load('Tag', tagId);
  if (!tag) throw new HubError(404, `Tag ${tagId} not found`);
  tagRevision(hub, unit.UnitID, unit.HeadRevisionNum, { id: tagId, slug: String(tag['Slug']) });
}

function changeSetName(reader: Reader, id: string | null): string {
  const record = id === null ? undefined : reader.load('ChangeSet', id);
  return record ? reader.nameOf(record) : '';
}
