import type { RankedFinding } from '../../src/domain/ranking.ts';
import { composeCommitMessage, openReportRepository, renderReport } from '../../src/stages/report/report.ts';
import { outcome, reportOf } from '../report/build.ts';

/** Git without the settings of whoever runs the tests. */
export const GIT_ENVIRONMENT = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };

/** Publishes what a pass of a cluster would that finds these and corrects those whose names are given; the commit. */
export async function publishPass(
  repositoryUrl: string,
  cluster: string,
  found: readonly RankedFinding[],
  fixed: readonly string[] = [],
  more: Parameters<typeof reportOf>[1] = {},
): Promise<string> {
  await using repository = await openReportRepository({
    url: repositoryUrl,
    branch: 'main',
    root: 'reports',
    cluster,
    token: undefined,
    author: { name: 'drift-detector', email: 'drift-detector@noreply.invalid' },
    environment: GIT_ENVIRONMENT,
    mayPush: async () => undefined,
    signal: new AbortController().signal,
  });
  const outcomes = found.filter((entry) => fixed.includes(entry.finding.ref.name)).map((entry) => outcome(entry.finding.id));
  const report = { ...reportOf(found, { previous: repository.previous, outcomes, ...more }), cluster };
  const message = composeCommitMessage(report, { pass: 'p', tool: 't' });
  return (await repository.publish(renderReport(report), message)).commit;
}
