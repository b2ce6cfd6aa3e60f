import { ORGANIZATION_ID } from '../identity.ts';
import type { EntityDefinition } from './definition.ts';

export type Organization = {
  readonly EntityType: 'Organization';
  readonly OrganizationID: string;
  readonly ExternalID: string;
  readonly Slug: string;
  readonly DisplayName: string;
  readonly Version: number;
};

export const organization: Organization = {
  EntityType: 'Organization',
  OrganizationID: ORGANIZATION_ID,
  ExternalID: 'embedded',
  Slug: 'embedded',
  DisplayName: 'Embedded ConfigHub',
  Version: 1,
};

export const organizationDefinition: EntityDefinition = {
  name: 'Organization',
  idField: 'OrganizationID',
  attributes: { OrganizationID: 'uuid', Slug: 'string', DisplayName: 'string' },
  relations: {},
};
