import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { Logger } from 'pino';
import { stringifyJson } from '../domain/exact-json.ts';
import { ASSETS } from './assets.ts';
import { isAllowedHost } from './hosts.ts';
import type { HubReader } from './hub.ts';
import { findings } from './pages/findings.ts';
import { history } from './pages/history.ts';
import { ignored } from './pages/ignored.ts';
import { overview } from './pages/overview.ts';
import type { Page, View } from './pages/page.ts';
import { runs } from './pages/runs.ts';
import { unit } from './pages/unit.ts';
import { units } from './pages/units.ts';
import { layout } from './view/layout.ts';

/** The pages in the order of the navigation; another one is another entry. */
const PAGES: readonly Page[] = [overview, findings, units, unit, history, ignored, runs];

/**
 * No script, style or request of another origin, and no text that becomes script. Forms may go to the dashboard itself, which
 * only reads: filters work without scripts.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

export interface AppOptions {
  /** What a page is made of at this moment. */
  readonly view: (query: URLSearchParams) => Promise<View>;
  readonly hub: HubReader;
  /** Host headers beside loopback that are answered, as clients send them. */
  readonly allowedHosts: readonly string[];
  /** The answer to one who waits for new reports. */
  readonly events: () => Response;
  readonly log: Logger;
}

/** Everything on the port of the pages. */
export function dashboardApp({ view, hub, allowedHosts, events, log }: AppOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
  });
  app.use(async (context, next) => {
    if (!['GET', 'HEAD'].includes(context.req.method))
      return context.text('The dashboard only reads: GET and HEAD.\n', 405, { allow: 'GET, HEAD' });
    const host = context.req.header('host') ?? '';
    if (!isAllowedHost(host, allowedHosts))
      return context.text('This host name is not allowed: start the dashboard with --allow-host HOST.\n', 403);
    return next();
  });
  app.get('/events', () => events());
  app.use(etag());
  for (const { path, type, body } of ASSETS) app.get(path, (context) => context.body(body, 200, { 'content-type': type }));
  for (const page of PAGES)
    app.get(page.path, async (context) => {
      const query = new URL(context.req.url).searchParams;
      const read = await page.read?.(hub, query);
      const shown = { ...(await view(query)), ...(read === undefined ? {} : { hub: read }) };
      context.header('vary', 'accept');
      if (wantsJson(query, context.req.header('accept')))
        return context.body(
          `${stringifyJson({ commit: shown.state.commit, time: shown.state.time, ...page.data(shown) })}\n`,
          200,
          {
            'content-type': 'application/json; charset=utf-8',
          },
        );
      return context.html(layout(page, PAGES, shown));
    });
  app.notFound((context) => context.text('There is no such page.\n', 404));
  app.onError((error, context) => {
    log.error({ err: error, path: context.req.path }, 'a page could not be made');
    return context.text('The page could not be made; the log of the dashboard has the reason.\n', 500);
  });
  return app;
}

/** A browser names text/html first; a link says it in the address. */
function wantsJson(query: URLSearchParams, accept = ''): boolean {
  return query.get('format') === 'json' || (accept.includes('application/json') && !accept.includes('text/html'));
}
