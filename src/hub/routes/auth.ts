import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import * as z from 'zod';
import { sha256 } from '../../domain/sha256.ts';
import type { Account, Role } from '../accounts.ts';
import type { Hub } from '../context.ts';
import { bridgeWorkerFields } from '../entities/bridge-worker.ts';
import { type User, userOf } from '../entities/user.ts';
import { HubError } from '../errors.ts';
import { bodyOf, type Environment, type HubRoutes, newRoutes } from './environment.ts';

interface Who {
  readonly user: User;
  readonly role: Role;
}

export function authenticate(hub: Hub, accounts: readonly Account[]): MiddlewareHandler<Environment> {
  const known = accounts.map(({ name, role, token }) => ({ who: { user: userOf(name), role }, digest: digestOf(token) }));
  const seen = new Set<string>();
  return async (request, next) => {
    const token = /^Bearer\s+(\S+)$/u.exec(request.req.header('authorization') ?? '')?.[1];
    const who = token === undefined ? undefined : (ofSession(hub, token) ?? ofAccount(known, token));
    if (!who) throw new HubError(401, 'no valid token: send Authorization: Bearer <token>');
    const { user, role } = who;
    if (!seen.has(user.UserID)) {
      if (!hub.store.users.get(user.UserID)) hub.store.database.write(() => hub.store.users.insert(user));
      seen.add(user.UserID);
    }
    request.set('role', role);
    request.set('caller', { user, userAgent: request.req.header('user-agent') ?? '' });
    await next();
  };
}

/** Sessions are logins of jobs, so they have the rights of the pass; the author is the worker. */
function ofSession(hub: Hub, token: string): Who | undefined {
  const userId = hub.store.sessions.userOf(token, hub.now());
  const user = userId === undefined ? undefined : hub.store.users.get(userId);
  return user && { user, role: 'drift-detector' };
}

function ofAccount(known: readonly { readonly who: Who; readonly digest: Buffer }[], token: string): Who | undefined {
  const given = digestOf(token);
  // Every token is compared, and by digests of one length: the time tells nothing about any of them.
  return known.filter(({ digest }) => timingSafeEqual(given, digest))[0]?.who;
}

function digestOf(token: string): Buffer {
  return Buffer.from(sha256(token));
}

/** Clients log in again after a 401; a leaked token is valid for a day. */
const SESSION_MS = 24 * 60 * 60 * 1000;

const login = z.object({ worker_id: z.guid(), worker_secret: z.string().min(1) });

/** The unattended login: a worker's ID and secret for a session (reference, section 1.6). Not under /api. */
export function loginRoutes(hub: Hub, accounts: readonly Account[]): HubRoutes {
  return newRoutes().post('/auth/worker', async (request) => {
    const body = login.safeParse(await bodyOf(request));
    if (!body.success) throw new HubError(400, 'the body needs worker_id and worker_secret');
    const worker = bridgeWorkerFields.safeParse(hub.store.named.get(body.data.worker_id));
    const given = digestOf(body.data.worker_secret);
    const matches = timingSafeEqual(given, worker.success ? Buffer.from(worker.data.SecretHash) : digestOf(''));
    if (!worker.success || !matches) throw new HubError(401, 'unknown worker or wrong secret');
    // An author of this name is a person.
    if (accounts.some(({ name, role }) => name === worker.data.Slug && role === 'admin'))
      throw new HubError(403, `worker ${worker.data.Slug} has the name of a user account and cannot log in: rename it`);
    const user = userOf(worker.data.Slug);
    // Two random UUIDs: 244 bits that cannot be guessed.
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
