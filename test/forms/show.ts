import { main } from '../../src/main.ts';
import { GIT_ENVIRONMENT } from './publish.ts';

export interface Shown {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `drift-detector report` of a cluster, `dev` unless the arguments name another. */
export async function showReport(repositoryUrl: string, ...argv: readonly string[]): Promise<Shown> {
  let [out, err] = ['', ''];
  const code = await main({
    argv: ['report', ...argv],
    environment: { ...GIT_ENVIRONMENT, REPORT_REPO: repositoryUrl, DRIFT_CLUSTER: 'dev' },
    isTerminal: false,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stop: new AbortController().signal,
  });
  return { code, out, err };
}
