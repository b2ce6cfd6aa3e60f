import { InvalidArgumentError, Option } from 'commander';
import { type Command, collect } from '../../cli/command.ts';

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

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/u.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It is not a port.');
}

function collectHosts(text: string, before?: readonly string[]): readonly string[] {
  if (isHost(text)) return collect(text, before);
  throw new InvalidArgumentError('It is not a host name or address with an optional port.');
}

/** As a Host header has it. */
function isHost(text: string): boolean {
  const { host } = URL.parse(`http://${text}`) ?? {};
  return host !== undefined && (host === text.toLowerCase() || `${host}:80` === text.toLowerCase());
}
