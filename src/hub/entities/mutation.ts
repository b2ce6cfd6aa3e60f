import type { JsonObject } from '../../domain/json.ts';
import type { EntityDefinition } from './definition.ts';
import type { Revision } from './revision.ts';

/** Revisions that changed the configuration; each of them is a mutation too. */
export const MUTATING_SOURCES = ['CreateUnit', 'CloneUnit', 'Update', 'UpgradeUnit', 'Restore', 'Refresh'] as const;

/** The cause of a revision's data (reference, section 2): a view of the revision, which has all of it. */
export function mutationOf(revision: Revision): JsonObject {
  const { UnitID, SpaceID, OrganizationID, RevisionID, RevisionNum, MutationNum, CreatedAt, UpdatedAt, Version } = revision;
  return {
    EntityType: 'Mutation',
    // One to one with its revision, and found by the same ID.
    MutationID: RevisionID,
    UnitID,
    SpaceID,
    OrganizationID,
    MutationNum,
    RevisionID,
    RevisionNum,
    UpgradedFromUpstreamRevisionNum: revision.UpgradedFromUpstreamRevisionNum,
    RestoredRevisionNum: revision.RestoredRevisionNum,
    CreatedAt,
    UpdatedAt,
    Version,
  };
}

export const mutationDefinition: EntityDefinition = {
  name: 'Mutation',
  idField: 'MutationID',
  attributes: {
    MutationID: 'uuid',
    UnitID: 'uuid',
    SpaceID: 'uuid',
    OrganizationID: 'uuid',
    MutationNum: 'integer',
    RevisionID: 'uuid',
    RevisionNum: 'integer',
    UpgradedFromUpstreamRevisionNum: 'integer',
    RestoredRevisionNum: 'integer',
    CreatedAt: 'time',
    UpdatedAt: 'time',
  },
  relations: {
    UnitID: { as: 'Unit', of: 'Unit' },
    SpaceID: { as: 'Space', of: 'Space' },
    RevisionID: { as: 'Revision', of: 'Revision' },
    OrganizationID: { as: 'Organization', of: 'Organization' },
  },
};
