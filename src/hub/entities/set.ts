import * as z from 'zod';
import { commonFields, inSpaceAttributes, inSpaceRelations } from './common.ts';
import type { NamedKind } from './named.ts';

/** Generation A's grouping: a unit is a member by its `SetID`. */
export const setKind: NamedKind = {
  path: 'set',
  writable: z.object(commonFields),
  definition: { name: 'Set', idField: 'SetID', attributes: { ...inSpaceAttributes, SetID: 'uuid' }, relations: inSpaceRelations },
};
