import * as z from 'zod';
import { commonFields, inSpaceAttributes, inSpaceRelations } from './common.ts';
import type { NamedKind } from './named.ts';

/** A name for revisions; `ChangeSetID` is set where a changeset minted it for its start or end. */
export const tagKind: NamedKind = {
  path: 'tag',
  writable: z.object(commonFields),
  initial: () => ({ stored: { ChangeSetID: null } }),
  definition: {
    name: 'Tag',
    idField: 'TagID',
    attributes: { ...inSpaceAttributes, TagID: 'uuid', ChangeSetID: 'uuid' },
    relations: { ...inSpaceRelations, ChangeSetID: { as: 'ChangeSet', of: 'ChangeSet' } },
  },
};
