import type { JsonObject } from '../../domain/json.ts';
import { readFields } from '../bodies.ts';
import type { Caller, Hub } from '../context.ts';
import type { RevisionSource } from '../entities/revision.ts';
import type { Unit, WritableUnit } from '../entities/unit.ts';
import { writableUnit } from '../entities/unit.ts';
import { ORGANIZATION_ID } from '../identity.ts';
import { mergePatch, pick } from '../merge-patch.ts';
import { Reader } from '../query/reader.ts';
import { assertReferences, assertSlugIsFree } from './assertions.ts';
import { readData } from './body.ts';
import { contentHash, insertRevision } from './revise.ts';

const writableKeys = Object.keys(writableUnit.shape);

/** A new unit from a body. Runs in a transaction. */
export function createUnit(hub: Hub, caller: Caller, spaceId: string, body: JsonObject): Unit {
  const fields = readFields(writableUnit, pick(body, writableKeys));
  return insertUnit(hub, caller, spaceId, {
    fields: { ...fields, LastChangeDescription: fields.LastChangeDescription || `Created ${fields.Slug}` },
    data: readData(body) ?? new Uint8Array(),
    source: 'CreateUnit',
    upstream: undefined,
  });
}

/**
 * A copy of a unit that remembers where it came from. Labels and annotations are copied, then `patch` is merged over them
 * (reference, section 10, doubt 3); target and set are of the upstream's own environment, and are not.
 */
export function cloneUnit(hub: Hub, caller: Caller, upstream: Unit, spaceId: string, patch: JsonObject): Unit {
  const reader = new Reader(hub.store);
  const { Slug, DisplayName, Labels, Annotations, ToolchainType } = upstream;
  const described = typeof patch['LastChangeDescription'] === 'string' && patch['LastChangeDescription'] !== '';
  const base = { Slug, DisplayName, Labels, Annotations, ToolchainType };
  const fields = readFields(writableUnit, mergePatch(base, pick(patch, writableKeys)));
  const stamp = `Cloned from ${reader.nameOf(upstream)} at revision ${upstream.HeadRevisionNum}`;
  return insertUnit(hub, caller, spaceId, {
    fields: { ...fields, LastChangeDescription: described ? fields.LastChangeDescription : stamp },
    data: hub.store.blobs.get(upstream.DataHash),
    source: 'CloneUnit',
    upstream,
  });
}

interface NewUnit {
  readonly fields: WritableUnit;
  readonly data: Uint8Array;
  readonly source: RevisionSource;
  readonly upstream: Unit | undefined;
}

function insertUnit(hub: Hub, caller: Caller, spaceId: string, { fields, data, source, upstream }: NewUnit): Unit {
  assertSlugIsFree(hub, spaceId, fields.Slug);
  assertReferences(new Reader(hub.store), { SetID: null, TargetID: null }, fields);
  const now = hub.now();
  const unit = hub.store.units.insert({
    EntityType: 'Unit',
    UnitID: hub.newId(),
    SpaceID: spaceId,
    OrganizationID: ORGANIZATION_ID,
    ...fields,
    DataHash: hub.store.blobs.put(data),
    ContentHash: contentHash(data),
    HeadRevisionNum: 1,
    HeadMutationNum: 1,
    LastAppliedRevisionNum: 0,
    LiveRevisionNum: 0,
    PreviousLiveRevisionNum: 0,
    LiveStateHash: null,
    ChangeSetID: null,
    UpstreamOrganizationID: upstream ? ORGANIZATION_ID : null,
    UpstreamSpaceID: upstream?.SpaceID ?? null,
    UpstreamUnitID: upstream?.UnitID ?? null,
    UpstreamRevisionNum: upstream?.HeadRevisionNum ?? 0,
    ApplyGates: {},
    ApprovedBy: [],
    CreatedAt: now,
    UpdatedAt: now,
    Version: 1,
  });
  insertRevision(hub, caller, unit, { source });
  return unit;
}
