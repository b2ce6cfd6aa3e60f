import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import { collectHosts, portOf, secondsOf } from '../../cli/listening.ts';

export interface DashboardArguments {
  readonly port: number;
  readonly host: string;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly allowHost?: readonly string[];
  /** Seconds. */
  readonly pollInterval: number;
  /** Seconds. */
  readonly overdue: number;
}

export const dashboard: Command<DashboardArguments> = {
  name: 'dashboard',
  summary: 'serve web pages of the reports: open drift, history, runs; writes nothing',
  options: [
    'cluster',
    'reportRepo',
    'reportBranch',
    'reportPath',
    'showValues',
    'autoFix',
    'confighubUrl',
    'confighubPlaintext',
    'confighubToken',
    'confighubWorkerId',
    'confighubWorkerSecret',
    'kubeconfig',
    'context',
    'leaseNamespace',
    'logLevel',
    'logFormat',
    'gitToken',
    'gitSshKey',
    'gitSshKnownHostsFile',
    'gitCaFile',
  ],
  epilogue: `
The pages have no login: they are served on this machine only unless --host says otherwise. docs/dashboard.md shows how to put
an authenticating proxy before them. Of the cluster, only the Lease of --cluster is read. The
page of units reads ConfigHub where CONFIGHUB_URL and a token are set.
`,
  example: 'dashboard --cluster prod-eu --port 8080',
  define: (parser) =>
    parser
      .option('--port <N>', 'port of the pages; 0 takes a free one', portOf, 8080)
      .option('--host <ADDRESS>', 'address to listen on; the default serves this machine only', '127.0.0.1')
      .option('--metrics-port <N>', 'port of /healthz, /readyz and /metrics; 0 takes a free one', portOf, 8081)
      .option('--metrics-host <ADDRESS>', 'address of that port', '0.0.0.0')
      .option('--allow-host <HOST[:PORT]>', 'another host name that browsers use; may be repeated', collectHosts)
      .addOption(
        new Option('--poll-interval <DURATION>', 'time between two looks at the report repository')
          .argParser(secondsOf)
          .default(15, '15s'),
      )
      .addOption(
        new Option('--overdue <DURATION>', 'age from which the last pass is overdue').argParser(secondsOf).default(7_200, '2h'),
      ),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
