import type { MiddlewareHandler } from 'hono';
import { inAddress } from '../../domain/this-machine.ts';
import { HubError } from '../errors.ts';
import type { Environment } from './environment.ts';

/** Names of this machine that no other machine can take, as a Host header spells them. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const ANY_ADDRESS = new Set(['0.0.0.0', '[::]']);

/** The Host headers that a hub answers: loopback and the host that it listens on, at its own port, and `more` as they are written. */
export function allowedHosts(host: string, port: number, more: readonly string[]): ReadonlySet<string> {
  const names = [...LOOPBACK, inAddress(host)].filter((name) => !ANY_ADDRESS.has(name));
  // Clients leave out the port that http has anyway.
  const own = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return new Set([...own, ...more.map((entry) => entry.toLowerCase())]);
}

/**
 * Refuses what a page of another site makes a browser send. A name of that site may point to this machine (DNS rebinding),
 * which the Host header shows; else the browser says so by Origin or, where it leaves that out, by Sec-Fetch-Site.
 */
export function refuseForeign(allowed: () => ReadonlySet<string>): MiddlewareHandler<Environment> {
  return async (request, next) => {
    const host = (request.req.header('host') ?? '').toLowerCase();
    // A request line that names a host of its own overrides the header (RFC 9112, section 3.2.2).
    const named = new URL(request.req.url).host;
    if (!allowed().has(host) || (named !== host && named !== host.replace(/:80$/u, '')))
      throw new HubError(
        403,
        `this hub does not answer for host ${host === '' ? '(none)' : host}: start it with --allow-host HOST`,
      );
    const origin = request.req.header('origin')?.toLowerCase();
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
      throw new HubError(403, 'requests from pages of another origin are refused');
    const site = request.req.header('sec-fetch-site') ?? 'none';
    if (site !== 'none' && site !== 'same-origin') throw new HubError(403, 'requests from pages of another site are refused');
    await next();
  };
}
