import * as z from 'zod';
import type { AttributeType, Relation } from './definition.ts';

/** What every entity with a name carries (reference, section 2). */
export type Common = {
  readonly EntityType: string;
  readonly OrganizationID: string;
  readonly Slug: string;
  readonly DisplayName: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Annotations: Readonly<Record<string, string>>;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly Version: number;
};

export type InSpace = Common & { readonly SpaceID: string };

// Clients send null for what they leave empty (reference, section 5.5), so null and absent both mean the zero value.
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const stringMap = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
export const uuid = z.guid().transform((value) => value.toLowerCase());
export const optionalUuid = uuid.nullish().transform((value) => value ?? null);

/** Anything that can stand in a `where` literal, after a slash and on a terminal; `*` means all of them. */
const slug = z
  .string()
  .regex(
    /^(?!\*$)[^\s\p{C}'"\\/]{1,128}$/u,
    'must be 1 to 128 characters without spaces, control characters, quotes and slashes, and not *',
  );

/** The common fields that a client may write. */
export const commonFields = { Slug: slug, DisplayName: text, Labels: stringMap, Annotations: stringMap };

export const commonAttributes = {
  OrganizationID: 'uuid',
  Slug: 'string',
  DisplayName: 'string',
  Labels: 'string map',
  Annotations: 'string map',
  CreatedAt: 'time',
  UpdatedAt: 'time',
  Version: 'integer',
} as const satisfies Record<string, AttributeType>;

export const inSpaceAttributes = { ...commonAttributes, SpaceID: 'uuid' } as const satisfies Record<string, AttributeType>;

export const commonRelations = { OrganizationID: { as: 'Organization', of: 'Organization' } } as const satisfies Record<
  string,
  Relation
>;

export const inSpaceRelations = { ...commonRelations, SpaceID: { as: 'Space', of: 'Space' } } as const satisfies Record<
  string,
  Relation
>;
