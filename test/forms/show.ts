import { runMain } from '../run-main.ts';
import { GIT_ENVIRONMENT } from './publish.ts';

export interface Shown {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `drift-detector report` of a cluster, `dev` unless the arguments name another. */
export async function showReport(repositoryUrl: string, ...argv: readonly string[]): Promise<Shown> {
  return runMain(['report', ...argv], { ...GIT_ENVIRONMENT, REPORT_REPO: repositoryUrl, DRIFT_CLUSTER: 'dev' });
}
