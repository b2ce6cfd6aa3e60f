import * as z from 'zod';
import { commonFields, inSpaceAttributes, inSpaceRelations, optionalUuid, uuid } from './common.ts';
import type { NamedKind } from './named.ts';

export const linkKind: NamedKind = {
  path: 'link',
  writable: z.object({ ...commonFields, FromUnitID: uuid, ToUnitID: uuid, ToSpaceID: optionalUuid }),
  definition: {
    name: 'Link',
    idField: 'LinkID',
    attributes: { ...inSpaceAttributes, LinkID: 'uuid', FromUnitID: 'uuid', ToUnitID: 'uuid', ToSpaceID: 'uuid' },
    relations: {
      ...inSpaceRelations,
      FromUnitID: { as: 'FromUnit', of: 'Unit' },
      ToUnitID: { as: 'ToUnit', of: 'Unit' },
      ToSpaceID: { as: 'ToSpace', of: 'Space' },
    },
  },
};
