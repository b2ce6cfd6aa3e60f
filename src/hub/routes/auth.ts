import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { Hub } from '../context.ts';
import { bridgeWorkerFields } from '../entities/bridge-worker.ts';
import { type User, userOf } from '../entities/user.ts';
import { HubError } from '../errors.ts';
import { hashOf } from '../storage/blobs.ts';
import { bodyOf, type Environment, type HubRoutes, newRoutes } from './environment.ts';

/** Who may come in. */
export type Access =
  /** Username to token. */
  | { readonly kind: 'tokens'; readonly tokens: Readonly<Record<string, string>> }
  /** Any token that is not empty: only for a hub that listens on loopback. */
  | { readonly kind: 'anyone' };

const ADMIN = 'admin';

export function authenticate(hub: Hub, access: Access): MiddlewareHandler<Environment> {
  const seen = new Set<string>();
  return async (request, next) => {
    const token = /^Bearer\s+(\S+)$/u.exec(request.req.header('authorization') ?? '')?.[1];
    const user = token === undefined ? undefined : (sessionUser(hub, token) ?? userByToken(access, token));
    if (!user) throw new HubError(401, 'no valid token: send Authorization: Bearer <token>');
    if (!seen.has(user.UserID)) {
      if (!hub.store.users.get(user.UserID)) hub.store.database.write(() => hub.store.users.insert(user));
      seen.add(user.UserID);
    }
    request.set('caller', { user, userAgent: request.req.header('user-agent') ?? '' });
    await next();
  };
}

function sessionUser(hub: Hub, token: string): User | undefined {
  const userId = hub.store.sessions.userOf(token, hub.now());
  return userId === undefined ? undefined : hub.store.users.get(userId);
}

function userByToken(access: Access, token: string): User | undefined {
  if (access.kind === 'anyone') {
    // A short plain word as token is taken as a name, so that a demo's history shows who did what. A real token never is one.
    return userOf(/^[a-z][a-z-]{1,30}$/u.test(token) ? token : ADMIN);
  }
  // Every token is compared, and by digests of one length: the time tells nothing about any of them.
  const given = Buffer.from(hashOf(Buffer.from(token)));
  const matching = Object.entries(access.tokens).filter(([, known]) =>
    timingSafeEqual(given, Buffer.from(hashOf(Buffer.from(known)))),
  );
  return matching[0] && userOf(matching[0][0]);
}

/** Clients log in anew when they are told 401; a token that leaks is good for a day. */
const SESSION_MS = 24 * 60 * 60 * 1000;

const login = z.object({ worker_id: z.guid(), worker_secret: z.string().min(1) });

/** The unattended login: a worker's ID and secret for a session (reference, section 1.6). Not under /api. */
export function loginRoutes(hub: Hub): HubRoutes {
  return newRoutes().post('/auth/worker', async (request) => {
    const body = login.safeParse(await bodyOf(request));
    if (!body.success) throw new HubError(400, 'the body needs worker_id and worker_secret');
    const worker = bridgeWorkerFields.safeParse(hub.store.named.get(body.data.worker_id));
    const secret = worker.success ? worker.data.Secret : '';
    const matches = timingSafeEqual(
      Buffer.from(hashOf(Buffer.from(secret))),
      Buffer.from(hashOf(Buffer.from(body.data.worker_secret))),
    );
    if (!worker.success || !matches) throw new HubError(401, 'unknown worker or wrong secret');
    const user = userOf(worker.data.Slug);
    // Two random UUIDs: 244 bits that nobody guesses.
    const token = `${hub.newId()}${hub.newId()}`.replaceAll('-', '');
    hub.store.database.write(() => {
      if (!hub.store.users.get(user.UserID)) hub.store.users.insert(user);
      const now = hub.now();
      const expiresAt = new Date(Date.parse(now) + SESSION_MS).toISOString();
      hub.store.sessions.put(token, { userId: user.UserID, workerId: worker.data.BridgeWorkerID, expiresAt }, now);
    });
    return request.json({
      user: { id: user.UserID, email: user.Username },
      access_token: token,
      refresh_token: '',
      organization_id: user.OrganizationID,
    });
  });
}
