import type { Hub } from '../context.ts';
import { organization } from '../entities/organization.ts';
import { type HubRoutes, newRoutes } from './environment.ts';

/** The server about itself; needs no token. What an embedded server has not (an identity provider, a port for workers) is absent. */
export function infoRoutes(version: string | undefined): HubRoutes {
  const info = { Build: 'drift-detector-hub', ...(version === undefined ? {} : { Version: version }) };
  return newRoutes().get('/info', (request) => request.json(info));
}

/** The caller's account. */
export function memberRoutes(hub: Hub): HubRoutes {
  return (
    newRoutes()
      .get('/me', (request) => {
        const { user } = request.get('caller');
        return request.json({
          UserID: user.UserID,
          Username: user.Username,
          Slug: user.Username,
          DisplayName: user.DisplayName,
          ExternalID: user.Username,
          OrganizationID: organization.OrganizationID,
          ExternalOrganizationID: organization.ExternalID,
          ProfilePictureURL: '',
        });
      })
      .get('/organization', (request) => request.json([{ Organization: organization }]))
      .get('/organization/:id', (request) => request.json({ Organization: organization }))
      .get('/user', (request) => request.json(hub.store.users.find().map((user) => ({ User: user }))))
      // None: a login as a worker asks for the list, and goes on with an empty one.
      .get('/function', (request) => request.json({}))
      .get('/space/:space/function', (request) => request.json({}))
  );
}
