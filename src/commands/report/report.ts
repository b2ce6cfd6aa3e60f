import type { Command } from '../../cli/command.ts';

export interface ReportArguments {
  /** A revision or an age; what changed since then is shown. */
  readonly since?: string;
  readonly allClusters?: boolean;
}

export const report: Command<ReportArguments> = {
  name: 'report',
  summary: 'print the latest report in any format; writes nothing',
  options: [
    'cluster',
    'reportRepo',
    'reportBranch',
    'reportPath',
    'output',
    'detailedExitcode',
    'timeout',
    'gitToken',
    'gitSshKey',
    'gitSshKnownHostsFile',
    'gitCaFile',
  ],
  epilogue: `
It ends with 0 once a report was shown. With --detailed-exitcode the content decides: 21 if a
guard had tripped, else 20 if it is incomplete, else 2 if drift is open.
`,
  example: 'report --since 24h -o md',
  exits: ['driftFound', 'incomplete', 'guardTripped'],
  define: (parser) =>
    parser
      .option(
        '--since <REVISION>',
        'only what changed since a commit, a tag, a branch such as main~3, or for an age such as 24h or 7d',
      )
      .option('--all-clusters', 'all clusters that report there, not only the one of --cluster'),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
