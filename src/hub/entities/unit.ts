import * as z from 'zod';
import type { Conflict } from '../merge/three-way.ts';
import { commonFields, type InSpace, inSpaceAttributes, inSpaceRelations, optionalUuid, text } from './common.ts';
import type { EntityDefinition } from './definition.ts';

/** A unit as it is stored; its configuration is the blob of `DataHash`, and what the wire adds is in `query/present.ts`. */
export type Unit = InSpace & {
  readonly UnitID: string;
  readonly ToolchainType: string;
  readonly DataHash: string;
  /** CRC-32 of the data: generation A's fingerprint. */
  readonly ContentHash: number;
  readonly LastChangeDescription: string;
  readonly HeadRevisionNum: number;
  /** The last change of its configuration; revisions that only open a changeset are none. */
  readonly HeadMutationNum: number;
  readonly LastAppliedRevisionNum: number;
  readonly LiveRevisionNum: number;
  readonly PreviousLiveRevisionNum: number;
  /** What the worker read back after the last apply; null before the first. */
  readonly LiveStateHash: string | null;
  readonly SetID: string | null;
  readonly TargetID: string | null;
  readonly ChangeSetID: string | null;
  readonly UpstreamOrganizationID: string | null;
  readonly UpstreamSpaceID: string | null;
  readonly UpstreamUnitID: string | null;
  readonly UpstreamRevisionNum: number;
  /** What the last upgrade did not take, until the configuration changes again. */
  readonly Conflicts?: readonly Conflict[];
  readonly ApplyGates: Readonly<Record<string, boolean>>;
  readonly ApprovedBy: readonly string[];
};

/** What the stored text leaves out, as ConfigHub's own types do (reference, section 2). */
export const unitZeros = {
  DisplayName: '',
  Labels: {},
  Annotations: {},
  ContentHash: 0,
  LastChangeDescription: '',
  LastAppliedRevisionNum: 0,
  LiveRevisionNum: 0,
  PreviousLiveRevisionNum: 0,
  UpstreamRevisionNum: 0,
  ApplyGates: {},
} as const satisfies Partial<Unit>;

export const writableUnit = z.object({
  ...commonFields,
  ToolchainType: z.enum(['Kubernetes/YAML', 'OpenTofu/HCL', 'AppConfig/Properties']),
  LastChangeDescription: text,
  SetID: optionalUuid,
  TargetID: optionalUuid,
});
export type WritableUnit = z.infer<typeof writableUnit>;

export const unitDefinition: EntityDefinition = {
  name: 'Unit',
  idField: 'UnitID',
  attributes: {
    ...inSpaceAttributes,
    UnitID: 'uuid',
    ToolchainType: 'string',
    DataHash: 'string',
    LastChangeDescription: 'string',
    HeadRevisionNum: 'integer',
    HeadMutationNum: 'integer',
    LastAppliedRevisionNum: 'integer',
    LiveRevisionNum: 'integer',
    PreviousLiveRevisionNum: 'integer',
    SetID: 'uuid',
    TargetID: 'uuid',
    ChangeSetID: 'uuid',
    UpstreamOrganizationID: 'uuid',
    UpstreamSpaceID: 'uuid',
    UpstreamUnitID: 'uuid',
    UpstreamRevisionNum: 'integer',
    ApplyGates: 'boolean map',
    ApprovedBy: 'uuid list',
    LastActionAt: 'time',
  },
  relations: {
    ...inSpaceRelations,
    SetID: { as: 'Set', of: 'Set' },
    TargetID: { as: 'Target', of: 'Target' },
    ChangeSetID: { as: 'ChangeSet', of: 'ChangeSet' },
    UpstreamSpaceID: { as: 'UpstreamSpace', of: 'Space' },
    UpstreamUnitID: { as: 'UpstreamUnit', of: 'Unit' },
    HeadRevisionNum: { as: 'HeadRevision', of: 'Revision', by: 'revision' },
    HeadMutationNum: { as: 'HeadMutation', of: 'Mutation', by: 'mutation' },
    LiveRevisionNum: { as: 'LiveRevision', of: 'Revision', by: 'revision' },
    LastAppliedRevisionNum: { as: 'LastAppliedRevision', of: 'Revision', by: 'revision' },
    PreviousLiveRevisionNum: { as: 'PreviousLiveRevision', of: 'Revision', by: 'revision' },
  },
};
