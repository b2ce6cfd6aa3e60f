import type { ReportReaderOptions } from '../stages/report/report.ts';
import type { Config, Environment } from './config.ts';

/** What Git and ssh need of the environment; nothing else is handed to them. curl knows some proxies in lower case only. */
const INHERITED = [
  'PATH',
  'SSH_AUTH_SOCK',
  ...['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
];

/** How the configuration says that the report repository is reached, to read in it or to write. */
export function reportConnection(
  config: Config,
  url: string,
  environment: Environment,
  signal: AbortSignal,
): ReportReaderOptions {
  return {
    url,
    branch: config.reportBranch,
    root: config.reportPath,
    showValues: config.showValues,
    token: config.gitToken,
    sshKey: config.gitSshKey,
    knownHostsFile: config.gitSshKnownHostsFile,
    caFile: config.gitCaFile,
    signingKey: config.gitSigningKey,
    author: { name: config.gitAuthorName, email: config.gitAuthorEmail },
    environment: Object.fromEntries(INHERITED.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))),
    signal,
  };
}
