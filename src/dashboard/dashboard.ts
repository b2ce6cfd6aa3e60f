import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { listen } from '../clients/http/listen.ts';
import { messageOf } from '../domain/errors.ts';
import { plural } from '../domain/words.ts';
import type { ReportFollower } from '../stages/report/report.ts';
import { dashboardApp } from './app.ts';
import { startEvents } from './events.ts';
import { type HubSource, hubReader } from './hub.ts';
import { metricsApp } from './metrics.ts';
import type { Settings } from './pages/page.ts';
import { type DashboardState, type LastPass, stateOf } from './state.ts';

export interface DashboardOptions {
  readonly reports: ReportFollower;
  /** The last pass by the Lease of the dashboard's cluster; `undefined` where it tells nothing. */
  readonly lastPass: () => Promise<LastPass | undefined>;
  /** ConfigHub for reading; `undefined` where no URL or no login is configured. */
  readonly confighub?: HubSource | undefined;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly allowedHosts: readonly string[];
  /** Where probes and metrics are answered. */
  readonly metrics: { readonly host: string; readonly port: number };
  /** Time between two looks at the report repository. */
  readonly pollSeconds: number;
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** Stops it. */
  readonly signal: AbortSignal;
}

export interface RunningDashboard extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Of probes and metrics. */
  readonly metricsUrl: string;
  /** Looks at the report repository and the Lease now. */
  readonly refresh: () => Promise<void>;
}

const EMPTY: DashboardState = stateOf({ head: { sha: '', time: '', reports: [] }, commits: [] });

/** Serves the pages until the signal; resolves when it listens and the reports were read once, or could not be. */
export async function startDashboard(options: DashboardOptions): Promise<RunningDashboard> {
  const { reports, settings, log, clock = () => new Date(), signal } = options;
  const events = startEvents();
  const known = startReading(options, (state) => {
    events.send('report', state.commit);
    logReport(state, log);
  });
  const app = dashboardApp({
    view: async (query) => ({ ...known.now(), query, now: clock(), settings }),
    hub: hubReader(options.confighub, { clock, log, signal }),
    allowedHosts: options.allowedHosts,
    events: events.connect,
    log,
  });
  const metrics = metricsApp(() => ({ ...known.now(), now: clock(), settings }));
  await using opened = new AsyncDisposableStack();
  opened.use(reports);
  opened.defer(known.stop);
  // Probes are answered while the first reports are read.
  const probes = opened.use(await serve(metrics.fetch, options.metrics));
  await known.refresh();
  signal.throwIfAborted();
  const pages = opened.use(await serve(app.fetch, options));
  opened.defer(events.close);
  const { url } = pages;
  log.info({ event: 'dashboard-listening', url, metrics: probes.url }, `the dashboard listens on ${url}`);
  const running = opened.move();
  return {
    url,
    metricsUrl: probes.url,
    refresh: known.refresh,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Serving extends AsyncDisposable {
  readonly url: string;
}

/** Listens at this address; resolves when it does. */
async function serve(fetch: Hono['fetch'], { host, port }: { readonly host: string; readonly port: number }): Promise<Serving> {
  // It makes a node:http server unless told otherwise.
  const server = createAdaptorServer({ fetch, hostname: host }) as Server;
  const { url } = await listen(server, port, host);
  return {
    url,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Reading {
  readonly now: () => {
    readonly state: DashboardState;
    readonly lastPass: LastPass | undefined;
    readonly problems: readonly string[];
    readonly readAt: string;
  };
  readonly refresh: () => Promise<void>;
  readonly stop: () => void;
}

/** Reads reports and Lease, again and again; what cannot be read stays as it was read before. */
function startReading(
  { reports, lastPass, pollSeconds, log, signal, clock = () => new Date() }: DashboardOptions,
  onReport: (state: DashboardState) => void,
): Reading {
  let state = EMPTY;
  let pass: LastPass | undefined;
  let problems: readonly string[] = [];
  let readAt = '';
  let reading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const attempt = async (what: string, read: () => Promise<void>): Promise<readonly string[]> => {
    try {
      await read();
      return [];
    } catch (error) {
      const problem = `${what}: ${messageOf(error)}`;
      // Once, not with each look.
      if (!signal.aborted && !problems.includes(problem)) log.warn({ event: 'dashboard-read-failed' }, problem);
      return [problem];
    }
  };
  const readReports = async (): Promise<void> => {
    const read = await reports.read();
    readAt = clock().toISOString();
    if (read.head.sha === state.commit) return;
    state = stateOf(read);
    onReport(state);
  };
  const readAll = async (): Promise<void> => {
    const [ofReports, ofPass] = await Promise.all([
      attempt('The report repository was not read', readReports),
      attempt('The Lease was not read', async () => {
        pass = await lastPass();
      }),
    ]);
    problems = [...ofReports, ...ofPass];
  };
  const refresh = (): Promise<void> => {
    reading ??= readAll().finally(() => {
      reading = undefined;
      clearTimeout(timer);
      if (!isStopped && !signal.aborted) timer = setTimeout(() => void refresh(), pollSeconds * 1000).unref();
    });
    return reading;
  };
  return {
    now: () => ({ state, lastPass: pass, problems, readAt }),
    refresh,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** What each cluster has open, and the newest commit's own words, for `kubectl logs --follow`. */
function logReport({ commit, commits, reports }: DashboardState, log: Logger): void {
  const [newest] = commits;
  if (newest) log.info({ event: 'report', commit }, newest.subject);
  for (const line of newest ? sentencesOf(newest.body) : []) log.info({ event: 'report-line', commit }, line);
  for (const { cluster, guard, findings } of reports)
    if (guard)
      log.warn(
        { event: 'guard', cluster },
        `${cluster}: guard ${guard.name} tripped, ${plural(findings.length, 'finding')} open`,
      );
}

/** Lines of a commit's message without its trailers. */
function sentencesOf(body: string): readonly string[] {
  return body
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^[A-Z][A-Za-z-]+: /u.test(line))
    .slice(0, 20);
}
