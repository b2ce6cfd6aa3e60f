import type { Invocation } from '../../cli/command.ts';
import { connectHub } from '../../cli/connections.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { readTextFile } from '../../clients/files/read-file.ts';
import { sanitize } from '../../domain/describe.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import type { CubArguments } from './cub.ts';
import { handOver } from './hand-over.ts';
import { readCubCommand } from './program.ts';
import { readCubSession } from './session-file.ts';

export async function execute(
  { given, configure, signal }: Invocation<CubArguments>,
  { environment, out, err }: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const result = await handOver(given.arguments, environment, signal);
  if (result.isDone) return result.code;
  const command = readCubCommand(result.argv, { out });
  if (!command) return EXIT.ok;
  // A login by ConfigHub's own client is used as well; the environment wins, as everywhere.
  const session = await readCubSession(environment, signal);
  const known = {
    ...config,
    confighubUrl: config.confighubUrl ?? session.url,
    confighubToken: config.confighubToken ?? session.token,
  };
  const hub = await connectHub(known, (message) => err(`${sanitize(message)}\n`), signal);
  const remedy = 'Pass an existing file, or - for standard input.';
  const readFile = (path: string): Promise<string> =>
    readTextFile(path, { subject: 'command line', remedy, maxMb: config.maxFileMb, signal });
  return command({ hub, out, say: err, readFile, signal });
}
