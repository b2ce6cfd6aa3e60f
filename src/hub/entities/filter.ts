import * as z from 'zod';
import { commonFields, inSpaceAttributes, inSpaceRelations, optionalUuid, text } from './common.ts';
import type { NamedKind } from './named.ts';

export const writableFilter = z.object({
  ...commonFields,
  From: z.enum([
    'Unit',
    'Space',
    'Trigger',
    'Worker',
    'BridgeWorker',
    'Target',
    'Revision',
    'ChangeSet',
    'Tag',
    'Filter',
    'Link',
    'Set',
  ]),
  Where: text,
  WhereData: text,
  ResourceType: text,
  FromSpaceID: optionalUuid,
});

export const filterKind: NamedKind = {
  path: 'filter',
  writable: writableFilter,
  definition: {
    name: 'Filter',
    idField: 'FilterID',
    attributes: {
      ...inSpaceAttributes,
      FilterID: 'uuid',
      From: 'string',
      FromSpaceID: 'uuid',
      ResourceType: 'string',
      Where: 'string',
      WhereData: 'string',
    },
    relations: { ...inSpaceRelations, FromSpaceID: { as: 'FromSpace', of: 'Space' } },
  },
};
