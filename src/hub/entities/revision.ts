import type { Conflict } from '../merge/three-way.ts';
import type { EntityDefinition } from './definition.ts';

/** Why a revision came to be (reference, section 2). */
export type RevisionSource = 'CreateUnit' | 'CloneUnit' | 'Update' | 'UpgradeUnit' | 'Restore' | 'OpenChangeSet' | 'Refresh';

export type Revision = {
  readonly EntityType: 'Revision';
  readonly RevisionID: string;
  readonly UnitID: string;
  readonly SpaceID: string;
  readonly OrganizationID: string;
  readonly RevisionNum: number;
  readonly DataHash: string;
  readonly ContentHash: number;
  readonly Description: string;
  readonly Source: RevisionSource;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  /** When it was applied with success; Go's zero time before. */
  readonly LiveAt: string;
  readonly UserID: string;
  readonly UserAgent: string;
  readonly ApplyGates: Readonly<Record<string, boolean>>;
  readonly ApprovedBy: readonly string[];
  /** Tag ID to tag slug. */
  readonly Tags: Readonly<Record<string, string>>;
  readonly ChangeSetID: string | null;
  /** The unit's mutation that gave it its data. */
  readonly MutationNum: number;
  /** Where it restored another one: that one's number. */
  readonly RestoredRevisionNum: number;
  /** Where it upgraded: the upstream's revision up to which it had been level. */
  readonly UpgradedFromUpstreamRevisionNum: number;
  /** What its upgrade did not take. */
  readonly Conflicts?: readonly Conflict[];
  readonly Version: number;
};

/** What the stored text leaves out, as ConfigHub's own types do (reference, section 2). */
export const revisionZeros = {
  ContentHash: 0,
  Description: '',
  UserAgent: '',
  ApplyGates: {},
  Tags: {},
  RestoredRevisionNum: 0,
  UpgradedFromUpstreamRevisionNum: 0,
} as const satisfies Partial<Revision>;

export const revisionDefinition: EntityDefinition = {
  name: 'Revision',
  idField: 'RevisionID',
  attributes: {
    RevisionID: 'uuid',
    UnitID: 'uuid',
    SpaceID: 'uuid',
    OrganizationID: 'uuid',
    RevisionNum: 'integer',
    DataHash: 'string',
    Description: 'string',
    Source: 'string',
    CreatedAt: 'time',
    UpdatedAt: 'time',
    LiveAt: 'time',
    UserID: 'uuid',
    UserAgent: 'string',
    ApplyGates: 'boolean map',
    ApprovedBy: 'uuid list',
    Tags: 'string map',
    ChangeSetID: 'uuid',
    MutationNum: 'integer',
    Version: 'integer',
  },
  relations: {
    UnitID: { as: 'Unit', of: 'Unit' },
    SpaceID: { as: 'Space', of: 'Space' },
    UserID: { as: 'User', of: 'User' },
    ChangeSetID: { as: 'ChangeSet', of: 'ChangeSet' },
    OrganizationID: { as: 'Organization', of: 'Organization' },
  },
};
