import { crc32 } from 'node:zlib';
import type { Caller, Hub } from '../context.ts';
import type { Revision, RevisionSource } from '../entities/revision.ts';
import type { Unit } from '../entities/unit.ts';
import { ZERO_TIME } from '../identity.ts';
import type { Conflict } from '../merge/three-way.ts';

/** CRC-32 of the data, generation A's `ContentHash`. */
export function contentHash(data: Uint8Array): number {
  return crc32(data);
}

export interface RevisionCause {
  readonly source: RevisionSource;
  readonly changeSet?: string | null;
  readonly restoredRevisionNum?: number | undefined;
  readonly upgradedFrom?: number | undefined;
  readonly conflicts?: readonly Conflict[];
}

/** Stores the unit's head as a revision; the unit already has the new head's number, hash and description. */
export function insertRevision(hub: Hub, caller: Caller, unit: Unit, cause: RevisionCause): Revision {
  const now = hub.now();
  return hub.store.revisions.insert({
    EntityType: 'Revision',
    RevisionID: hub.newId(),
    UnitID: unit.UnitID,
    SpaceID: unit.SpaceID,
    OrganizationID: unit.OrganizationID,
    RevisionNum: unit.HeadRevisionNum,
    DataHash: unit.DataHash,
    ContentHash: unit.ContentHash,
    Description: unit.LastChangeDescription,
    Source: cause.source,
    CreatedAt: now,
    UpdatedAt: now,
    LiveAt: ZERO_TIME,
    UserID: caller.user.UserID,
    UserAgent: caller.userAgent,
    ApplyGates: unit.ApplyGates,
    ApprovedBy: [],
    Tags: {},
    ChangeSetID: cause.changeSet ?? null,
    MutationNum: unit.HeadMutationNum,
    RestoredRevisionNum: cause.restoredRevisionNum ?? 0,
    UpgradedFromUpstreamRevisionNum: cause.upgradedFrom ?? 0,
    ...(cause.conflicts && cause.conflicts.length > 0 ? { Conflicts: cause.conflicts } : {}),
    Version: 1,
  });
}

export function tagRevision(
  hub: Hub,
  unitId: string,
  revisionNum: number,
  tag: { readonly id: string; readonly slug: string },
): void {
  const revision = hub.store.revisions.last(
    { column: 'unit_id', values: [unitId] },
    { column: 'revision_num', values: [revisionNum] },
  );
  if (!revision || Object.hasOwn(revision.Tags, tag.id)) return;
  hub.store.revisions.update({
    ...revision,
    Tags: { ...revision.Tags, [tag.id]: tag.slug },
    UpdatedAt: hub.now(),
    Version: revision.Version + 1,
  });
}
