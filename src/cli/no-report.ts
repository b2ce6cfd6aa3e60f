import { GitError } from '../domain/errors.ts';
import { pathPart, type ReportCommit } from '../stages/report/report.ts';

/** The report repository holds no report of the cluster. `allClusters` is `undefined` for a command that is about one cluster only. */
export function noReport({ reports }: ReportCommit, cluster: string, allClusters: boolean | undefined): GitError {
  const names = reports.map((report) => report.cluster).slice(0, 20);
  const what = allClusters ? 'no report' : `no report of cluster ${cluster}`;
  return new GitError(`the report repository has ${what}`, {
    code: 'not-found',
    subject: pathPart(cluster),
    remedy:
      names.length === 0
        ? 'Check REPORT_REPO, DRIFT_REPORT_BRANCH and DRIFT_REPORT_PATH, or write the first report (drift-detector run).'
        : `Choose one with --cluster${allClusters === undefined ? '' : ', or all with --all-clusters'}: ${names.join(', ')}.`,
  });
}
