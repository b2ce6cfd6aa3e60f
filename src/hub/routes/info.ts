import type { Hub } from '../context.ts';
import { organization } from '../entities/organization.ts';
import { type HubRoutes, newRoutes } from './environment.ts';

/** The API generation that the hub speaks: below 0.4.0, where units carry their data inline (reference, section 0). */
const API_VERSION = 'v0.3.0';

/** The server about itself; needs no token. What an embedded server has not (an identity provider, a port for workers) is absent. */
export function infoRoutes(): HubRoutes {
  return newRoutes().get('/info', (request) => request.json({ Build: 'drift-detector-hub', Version: API_VERSION }));
}

/** Who is here. */
export function memberRoutes(hub: Hub): HubRoutes {
  return newRoutes()
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
    .get('/function', (request) => request.json({}));
}
