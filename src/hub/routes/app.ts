import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import type { Account } from '../accounts.ts';
import type { Hub } from '../context.ts';
import { namedKinds } from '../entities/entities.ts';
import { HubError, publicError } from '../errors.ts';
import { isUnknownPath } from '../generation.ts';
import { apartRoutes } from './apart.ts';
import { authenticate, loginRoutes } from './auth.ts';
import type { Environment, HubRoutes } from './environment.ts';
import { infoRoutes, memberRoutes } from './info.ts';
import { mutationRoutes } from './mutations.ts';
import { namedRoutes } from './named.ts';
import { refuseForeign } from './origin.ts';
import { releaseRoutes } from './releases.ts';
import { revisionRoutes } from './revisions.ts';
import { authorize } from './rights.ts';
import { spaceRoutes } from './spaces.ts';
import { unitActionRoutes } from './unit-actions.ts';
import { unitBulkRoutes } from './unit-bulk.ts';
import { unitDataRoutes } from './unit-data.ts';
import { unitRoutes } from './units.ts';
import { unsupportedRoutes } from './unsupported.ts';

const MAX_BODY_BYTES = 32 * 1024 * 1024;

export interface AppOptions {
  readonly accounts: readonly Account[];
  /** Host headers that are answered; asked for with each request. */
  readonly hosts: () => ReadonlySet<string>;
  readonly log: Logger;
}

/** Every path that the hub answers. */
export function hubApp(hub: Hub, { accounts, hosts, log }: AppOptions): HubRoutes {
  const { generation } = hub.store;
  const app = new Hono<Environment>();
  app.use(async (request, next) => {
    // On every answer, as cub prints it with an error (reference, section 1.1).
    request.header('x-request-id', hub.newId());
    request.set('generation', generation);
    await next();
  });
  app.use(refuseForeign(hosts));
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new HubError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
      },
    }),
  );
  app.route('/', loginRoutes(hub, accounts));
  app.route('/api', infoRoutes(generation.version));
  app.use('/api/*', authenticate(hub, accounts));
  app.use('/api/*', async (request, next) => {
    if (isUnknownPath(generation, request.req.path.slice('/api'.length))) return request.notFound();
    return next();
  });
  app.use('/api/*', authorize());
  app.route('/api', memberRoutes(hub));
  app.route('/api', spaceRoutes(hub));
  // Before the single units: /unit/apply is not a unit named apply.
  app.route('/api', unitActionRoutes(hub));
  app.route('/api', releaseRoutes(hub));
  app.route('/api', unsupportedRoutes());
  app.route('/api', unitBulkRoutes(hub));
  app.route('/api', unitDataRoutes(hub));
  app.route('/api', revisionRoutes(hub));
  app.route('/api', mutationRoutes(hub));
  app.route('/api', apartRoutes(hub));
  app.route('/api', unitRoutes(hub));
  for (const kind of namedKinds) app.route('/api', namedRoutes(hub, kind));
  app.notFound((request) =>
    request.json({ Code: '404', Message: `no such path: ${request.req.method} ${request.req.path}` }, 404),
  );
  app.onError((error, request) => {
    const { status, message } = publicError(error);
    if (status === 500) log.error({ err: error, path: request.req.path }, 'a request broke off');
    return request.json({ Code: String(status), Message: message }, status);
  });
  return app;
}
