import type { Invocation } from '../../cli/command.ts';
import { clusterSource } from '../../cli/connections.ts';
import { loggerOf } from '../../cli/log.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { readCredential } from '../../clients/files/read-credential.ts';
import { connectKubernetes } from '../../clients/kubernetes/transport.ts';
import { ConfigError, messageOf } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { startHub } from '../../hub/server.ts';
import type { Cluster } from '../../hub/worker/cluster.ts';
import { clusterOfKubernetes } from '../../hub/worker/kubernetes.ts';
import type { HubArguments } from './hub.ts';

/** Serves until the process is stopped. */
export async function execute(
  { given: hub, configure, deadline, signal }: Invocation<HubArguments>,
  process: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const log = loggerOf(config, process);
  const { tokenFile } = hub;
  const file = { subject: '--token-file', remedy: 'Pass an existing file that contains the token.', signal };
  const token = tokenFile === undefined ? undefined : (await readCredential(tokenFile, file)).reveal();
  const clusters = new Map<string, Promise<Cluster>>();
  /** One connection for each context, made anew where it could not be made. */
  const clusterOf = (context: string): Promise<Cluster> => {
    const known = clusters.get(context);
    if (known !== undefined) return known;
    const connecting = connectKubernetes(clusterSource(config, context, process.stop)).then(clusterOfKubernetes);
    clusters.set(context, connecting);
    connecting.catch(() => clusters.delete(context));
    return connecting;
  };
  await using running = await hubSetting('--data-dir, --host, --port', signal, () =>
    startHub({
      dataDir: hub.dataDir,
      port: hub.port,
      host: hub.host,
      allowedHosts: hub.allowHost ?? [],
      accounts: token === undefined ? [] : [{ name: 'admin', role: 'admin', token }],
      apiGeneration: hub.apiGeneration,
      clusterFor: (target) => clusterOf(target.kubeContext || config.context),
      log,
      signal: process.stop,
    }),
  );
  // From here on it serves until it is stopped.
  deadline.set(undefined);
  // Ready for `eval`: what a shell needs for drift-detector, cub and curl.
  process.out(`export CONFIGHUB_URL=${running.url}\n`);
  const adminFile = tokenFile ?? running.keptTokens.find(({ role }) => role === 'admin')?.file ?? '';
  process.out(`export CUB_TOKEN_FILE=${shellQuoted(adminFile)}\n`);
  // A token itself is shown once, when it is made.
  for (const { role, file, token, isNew } of running.keptTokens)
    process.out(`# token of ${role}${isNew ? ` (shown once): ${token.reveal()}` : ''} in ${shellQuoted(file)}\n`);
  if (!process.stop.aborted)
    await new Promise<void>((resolve) => process.stop.addEventListener('abort', () => resolve(), { once: true }));
  return EXIT.ok;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What the hub cannot start with is a mistake in its arguments: a port that is taken, a folder that cannot be written. */
async function hubSetting<T>(flag: string, stop: AbortSignal, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    stop.throwIfAborted();
    throw new ConfigError(`the hub cannot start: ${messageOf(error)}`, {
      code: 'configuration',
      subject: flag,
      remedy: `Correct ${flag} and start it again.`,
      cause: error,
    });
  }
}
