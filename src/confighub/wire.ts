import { z } from 'zod';

// Names as ConfigHub sends them (API of October 2025 to mid 2026). Unknown fields are ignored: servers add some.

const id = z.string();
/** Zero values are left out by the server. */
const count = z.number().int().default(0);
const text = z.string().default('');
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

export const spaceSchema = z.object({ SpaceID: id, Slug: z.string(), Labels: labels });
export const setSchema = z.object({ SetID: id, Slug: z.string(), Labels: labels });
export const targetSchema = z.object({ TargetID: id, Slug: z.string(), SpaceID: id, ProviderType: text });
export const changeSetSchema = z.object({
  ChangeSetID: id,
  Slug: z.string(),
  SpaceID: id,
  State: z.string().optional(),
  Labels: labels,
  Description: text,
});
export const revisionSchema = z.object({
  RevisionID: id,
  UnitID: id,
  RevisionNum: count,
  Description: text,
  Source: text,
  CreatedAt: text,
  ChangeSetID: z.string().nullish(),
  Data: base64Text,
});
export const unitSchema = z.object({
  UnitID: id,
  SpaceID: id,
  Slug: z.string(),
  Labels: labels,
  Data: base64Text,
  DataHash: text,
  LastChangeDescription: text,
  HeadRevisionNum: count,
  LiveRevisionNum: count,
  LastAppliedRevisionNum: count,
  SetID: z.string().nullish(),
  TargetID: z.string().nullish(),
  ChangeSetID: z.string().nullish(),
  ApplyGates: gates,
  Version: count,
});
export const extendedUnitSchema = z.object({
  Unit: unitSchema,
  Space: spaceSchema.nullish(),
  Set: setSchema.nullish(),
  Target: targetSchema.nullish(),
  ChangeSet: changeSetSchema.nullish(),
});
export const extendedRevisionSchema = z.object({ Revision: revisionSchema, User: z.object({ Username: text }).nullish() });
export const operationSchema = z.object({ QueuedOperationID: id, UnitID: id, RevisionNum: count });
export const bulkErrorSchema = z.object({
  Status: z.number().optional(),
  Message: text,
  ErrorMetadata: z.object({ EntityID: text }).nullish(),
});
export const bulkUnitSchema = z.object({ Unit: unitSchema.nullish(), Error: bulkErrorSchema.nullish() });
export const bulkActionSchema = z.object({ Action: operationSchema.nullish(), Error: bulkErrorSchema.nullish() });
export const unitEventSchema = z.object({ QueuedOperationID: id, Status: text, Result: text, Message: text });
export const filterSchema = z.object({ FilterID: id, Slug: z.string() });

export type Space = z.output<typeof spaceSchema>;
export type Unit = z.output<typeof unitSchema>;
export type ExtendedUnit = z.output<typeof extendedUnitSchema>;
export type Revision = z.output<typeof revisionSchema>;
export type ExtendedRevision = z.output<typeof extendedRevisionSchema>;
export type ChangeSet = z.output<typeof changeSetSchema>;
export type Operation = z.output<typeof operationSchema>;
export type UnitEvent = z.output<typeof unitEventSchema>;
export type BulkAction = z.output<typeof bulkActionSchema>;
export type BulkUnit = z.output<typeof bulkUnitSchema>;
