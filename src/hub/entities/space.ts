import * as z from 'zod';
import { type Common, commonAttributes, commonFields, commonRelations } from './common.ts';
import type { EntityDefinition } from './definition.ts';

export type Space = Common & { readonly SpaceID: string };

export const writableSpace = z.object(commonFields);

export const spaceDefinition: EntityDefinition = {
  name: 'Space',
  idField: 'SpaceID',
  attributes: { ...commonAttributes, SpaceID: 'uuid' },
  relations: commonRelations,
};
