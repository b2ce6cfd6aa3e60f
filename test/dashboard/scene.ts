import { pino } from 'pino';
import { type DashboardOptions, type RunningDashboard, startDashboard } from '../../src/dashboard/dashboard.ts';
import type { LastPass } from '../../src/dashboard/state.ts';
import type { Report } from '../../src/domain/report.ts';
import { followReports, openReportRepository } from '../../src/stages/report/report.ts';
import { PATH_WITH_SSH } from '../openssh/path.ts';
import { publish, type Repositories, repositories } from '../report/repositories.ts';

/** A dashboard over a report repository of its own. */
export interface Scene extends AsyncDisposable {
  readonly repositories: Repositories;
  readonly dashboard: RunningDashboard;
  readonly url: string;
  /** Lines of its log. */
  readonly log: readonly string[];
  /** What the Lease says from the next look on. */
  lastPass: LastPass | undefined;
  /** What the clock of the dashboard says. */
  now: Date;
  /** Publishes a report as a pass does; the dashboard looks at it when it is told to. */
  publish(report: Report, time?: string): Promise<string>;
}

export const PASS: LastPass = {
  pass: '01JD3V0N8W',
  endedAt: '2026-11-23T12:00:41.000Z',
  result: 'complete',
  lastSuccess: '2026-11-23T12:00:41.000Z',
  counts: { compared: 412, open: 9, new: 8, fixed: 2 },
};

/** A report and when it was committed. */
export type Published = readonly [report: Report, time: string];

export async function startScene(
  reports: readonly Published[],
  allowedHosts: readonly string[] = [],
  url?: string,
  confighub?: DashboardOptions['confighub'],
): Promise<Scene> {
  const repository = repositories();
  const publishOne = async (report: Report, time = '2026-11-23T12:10:00Z'): Promise<string> => {
    const environment = { PATH: PATH_WITH_SSH, GIT_AUTHOR_DATE: time, GIT_COMMITTER_DATE: time };
    await using opened = await openReportRepository(repository.options({ cluster: report.cluster, environment }));
    return (await publish(opened, report)).commit;
  };
  for (const [report, time] of reports) await publishOne(report, time);
  const log: string[] = [];
  const stop = new AbortController();
  const scene = { lastPass: PASS as LastPass | undefined, now: new Date('2026-11-23T12:13:00Z') };
  const dashboard = await startDashboard({
    reports: followReports(repository.options({ signal: stop.signal, ...(url === undefined ? {} : { url }) })),
    lastPass: async () => scene.lastPass,
    confighub,
    host: '127.0.0.1',
    port: 0,
    allowedHosts,
    metrics: { host: '127.0.0.1', port: 0 },
    pollSeconds: 3600,
    settings: { cluster: 'prod-eu', autoFix: false, overdueSeconds: 7200, version: '0.1.0' },
    log: pino({ base: null, timestamp: false }, { write: (line: string) => void log.push(line) }),
    clock: () => scene.now,
    signal: stop.signal,
  });
  return Object.assign(scene, {
    repositories: repository,
    dashboard,
    url: dashboard.url,
    log,
    publish: publishOne,
    async [Symbol.asyncDispose]() {
      await dashboard[Symbol.asyncDispose]();
      stop.abort();
      repository[Symbol.dispose]();
    },
  });
}
