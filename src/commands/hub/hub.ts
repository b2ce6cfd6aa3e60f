import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import { collectHosts, portOf } from '../../cli/listening.ts';

export interface HubArguments {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly tokenFile?: string;
  readonly apiGeneration: 'all' | 'A' | 'B' | 'C';
}

export const hub: Command<HubArguments> = {
  name: 'hub',
  summary: 'start the embedded ConfigHub',
  options: ['kubeconfig', 'context', 'logLevel', 'logFormat'],
  example: 'hub --data-dir hub-data',
  define: (parser) =>
    parser
      .requiredOption('--data-dir <DIRECTORY>', 'data directory; created if it does not exist')
      .option('--port <N>', 'port; 0 takes a free one', portOf, 8090)
      .option('--host <ADDRESS>', 'address to listen on; the default serves this machine only', '127.0.0.1')
      .option('--allow-host <HOST[:PORT]>', 'another host name that clients use; may be repeated', collectHosts)
      .option('--token-file <FILE>', 'file with the token of admin, instead of admin.token in the data directory')
      .addOption(
        new Option(
          '--api-generation <GENERATION>',
          "speak exactly one generation of ConfigHub's API: A (2025-08), B or C (2026-09)",
        )
          .choices(['all', 'A', 'B', 'C'])
          .default('all'),
      ),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
