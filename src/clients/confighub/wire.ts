import * as z from 'zod';
import { foreignText } from '../../domain/foreign-text.ts';

// Names as ConfigHub sends them, of all three generations of its API. Unknown fields are ignored: servers add some.

const id = z.string().min(1);
/** Zero values are left out by the server. */
const count = z.number().int().default(0);
const text = z.string().default('');
/** What the server says to people. */
const words = text.transform((text) => foreignText(text));
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const gates = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => Object.keys(value ?? {}));
const base64Text = z
  .string()
  .default('')
  .transform((value) => Buffer.from(value, 'base64').toString('utf8'));
const optionalId = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

/** What a server returns about data, in each generation. */
const digests = {
  /** SHA-256 in hexadecimal (B, C). */
  DataHash: text,
  /** In bytes (C). */
  DataSize: count,
  /** CRC-32 (A, B). */
  ContentHash: z.number().default(0),
};

export const spaceSchema = z.object({ SpaceID: id, Slug: z.string(), Labels: labels });
export const setSchema = z.object({ SetID: id, Slug: z.string(), SpaceID: text, Labels: labels });
export const targetSchema = z.object({ TargetID: id, Slug: z.string(), SpaceID: id, ProviderType: text });
export const changeSetSchema = z.object({
  ChangeSetID: id,
  Slug: z.string(),
  SpaceID: id,
  State: z.string().optional(),
  Labels: labels,
  Description: text,
  CreatedAt: text,
});
export const revisionSchema = z.object({
  RevisionID: id,
  UnitID: id,
  RevisionNum: count,
  Description: text,
  Source: text,
  CreatedAt: text,
  ChangeSetID: optionalId,
  /** Who made it. */
  UserID: text,
  Data: base64Text,
  ...digests,
});
const conflictSchema = z.object({ ResourceType: z.string(), ResourceName: text, Path: text, Message: words });
const unitSchema = z
  .object({
    UnitID: id,
    SpaceID: id,
    Slug: z.string(),
    DisplayName: text,
    Labels: labels,
    Annotations: labels,
    Data: base64Text,
    ...digests,
    LastChangeDescription: text,
    HeadRevisionNum: count,
    LiveRevisionNum: count,
    LastAppliedRevisionNum: count,
    LastReleasedRevisionNum: count,
    UpstreamUnitID: optionalId,
    UpstreamRevisionNum: count,
    SetID: optionalId,
    TargetID: optionalId,
    ChangeSetID: optionalId,
    ApplyGates: gates,
    UpdatedAt: text,
    Version: count,
    /** What an upgrade did not take; other servers may have another shape for it. */
    Conflicts: z.array(conflictSchema).optional().catch(undefined),
  })
  // From generation C on a unit is released with its space; what is released is what clusters are to run.
  .transform(({ LastReleasedRevisionNum: released, ...unit }) =>
    released === 0 ? unit : { ...unit, LiveRevisionNum: released, LastAppliedRevisionNum: released },
  );
/** What a write of one unit answers: the unit, from generation C on wrapped. */
export const writtenUnitSchema = z.union([unitSchema, z.object({ Unit: unitSchema }).transform(({ Unit }) => Unit)]);
const unitStatusSchema = z.object({ Status: text, Action: text, ActionTerminatedAt: z.string().nullish() });
export const unitDataSchema = z.object({ UnitID: id, Data: z.string().default(''), DataHash: text });
export const extendedUnitSchema = z.object({
  Unit: unitSchema,
  Space: spaceSchema.nullish(),
  Set: setSchema.nullish(),
  Target: targetSchema.nullish(),
  ChangeSet: changeSetSchema.nullish(),
  UpstreamUnit: z.object({ UnitID: id, Slug: z.string(), SpaceID: id, HeadRevisionNum: count }).nullish(),
  UnitStatus: unitStatusSchema.nullish(),
});
export const extendedRevisionSchema = z.object({ Revision: revisionSchema, User: z.object({ Username: text }).nullish() });
const operationSchema = z.object({ QueuedOperationID: id, UnitID: id, SpaceID: id, RevisionNum: count });
const bulkErrorSchema = z.object({
  Status: z.number().optional(),
  Message: words,
  ErrorMetadata: z.object({ EntityID: text }).nullish(),
});
export const bulkUnitSchema = z.object({ Unit: unitSchema.nullish(), Error: bulkErrorSchema.nullish() });
export const bulkActionSchema = z.object({ Action: operationSchema.nullish(), Error: bulkErrorSchema.nullish() });
export const bulkMessageSchema = z.object({ Message: words, Error: bulkErrorSchema.nullish() });
export const unitEventSchema = z.object({ QueuedOperationID: id, Status: text, Result: text, Message: words });
export const userSchema = z.object({ UserID: id });
export const filterSchema = z.object({
  FilterID: id,
  Slug: z.string(),
  From: text,
  Where: text,
  WhereData: text,
  ResourceType: text,
  FromSpaceID: optionalId,
});
export const workerSchema = z.object({ BridgeWorkerID: id, Slug: z.string(), SpaceID: id, Secret: text });

export type Space = z.output<typeof spaceSchema>;
export type Unit = z.output<typeof unitSchema>;
export type ExtendedUnit = z.output<typeof extendedUnitSchema>;
export type Revision = z.output<typeof revisionSchema>;
export type ExtendedRevision = z.output<typeof extendedRevisionSchema>;
export type ChangeSet = z.output<typeof changeSetSchema>;
export type Filter = z.output<typeof filterSchema>;
export type NamedSet = z.output<typeof setSchema>;
export type Target = z.output<typeof targetSchema>;
export type BridgeWorker = z.output<typeof workerSchema>;
export type UnitEvent = z.output<typeof unitEventSchema>;
export type BulkAction = z.output<typeof bulkActionSchema>;
export type BulkUnit = z.output<typeof bulkUnitSchema>;
