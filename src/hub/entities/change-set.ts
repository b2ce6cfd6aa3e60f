import * as z from 'zod';
import { commonFields, inSpaceAttributes, inSpaceRelations, optionalUuid, text } from './common.ts';
import type { NamedKind } from './named.ts';

export const changeSetFields = z.object({
  ChangeSetID: z.string(),
  SpaceID: z.string(),
  Slug: z.string(),
  Description: z.string(),
  StartTagID: z.string().nullable(),
  EndTagID: z.string().nullable(),
});

export const changeSetKind: NamedKind = {
  path: 'change_set',
  writable: z.object({ ...commonFields, Description: text, FilterID: optionalUuid }),
  initial: () => ({ stored: { StartTagID: null, EndTagID: null } }),
  definition: {
    name: 'ChangeSet',
    idField: 'ChangeSetID',
    attributes: {
      ...inSpaceAttributes,
      ChangeSetID: 'uuid',
      Description: 'string',
      State: 'string',
      FilterID: 'uuid',
      StartTagID: 'uuid',
      EndTagID: 'uuid',
    },
    relations: {
      ...inSpaceRelations,
      FilterID: { as: 'Filter', of: 'Filter' },
      StartTagID: { as: 'StartTag', of: 'Tag' },
      EndTagID: { as: 'EndTag', of: 'Tag' },
    },
  },
};
