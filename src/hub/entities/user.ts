import { ORGANIZATION_ID, uuidOf } from '../identity.ts';
import type { EntityDefinition } from './definition.ts';

export type User = {
  readonly EntityType: 'User';
  readonly UserID: string;
  readonly Username: string;
  readonly DisplayName: string;
  readonly OrganizationID: string;
};

/** A user is their name: the same name is the same author on every hub and after every restart. */
export function userOf(username: string): User {
  return {
    EntityType: 'User',
    UserID: uuidOf(`user ${username}`),
    Username: username,
    DisplayName: username,
    OrganizationID: ORGANIZATION_ID,
  };
}

export const userDefinition: EntityDefinition = {
  name: 'User',
  idField: 'UserID',
  attributes: { UserID: 'uuid', Username: 'string', DisplayName: 'string' },
  relations: {},
};
