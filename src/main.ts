import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Config, loadConfig, readEnvironment, required, timeoutOf } from './cli/config.ts';
import { clusterSource, connectHub, connectReading, connectWriting, VERSION } from './cli/connections.ts';
import { readIgnoreFile } from './cli/ignore-file.ts';
import { createLogger, type Logger } from './cli/log.ts';
import type { ProcessFacts } from './cli/process-facts.ts';
import { reportConnection } from './cli/report-connection.ts';
import { readCredential } from './clients/files/read-credential.ts';
import { readTextFile } from './clients/files/read-file.ts';
import { connectKubernetes } from './clients/kubernetes/transport.ts';
import { type Deadline, startDeadline } from './clients/processes/deadline.ts';
import { type DiffInvocation, type HubArguments, parseCommandLine } from './commands/command-line.ts';
import { type DecideArguments, decide } from './commands/decide/command.ts';
import { whoDecides } from './commands/decide/person.ts';
import { type PromoteArguments, promote } from './commands/promote/command.ts';
import type { ReportArguments } from './commands/report/stored.ts';
import { detect } from './commands/run/run.ts';
import { type UndoArguments, undoChangeSet } from './commands/undo/undo.ts';
import { sanitize } from './domain/describe.ts';
import { ConfigError, messageOf, traceOf, UserError } from './domain/errors.ts';
import { EXIT, exitCodeOf } from './domain/exit-codes.ts';
import { hideSecrets } from './domain/foreign-text.ts';
import type { Cluster } from './hub/worker/cluster.ts';
import { hasColor, screenOf } from './outputs/terminal/screen.ts';
import { writerOf } from './outputs/terminal/stream.ts';
import { openReportRepository, readReports } from './stages/report/report.ts';

/** Runs one command and returns its exit code; never throws. */
export async function main(process: ProcessFacts): Promise<number> {
  using deadline = startDeadline();
  const signal = AbortSignal.any([process.stop, deadline.signal]);
  const told = (error: unknown): string => (process.stop.aborted ? '' : explain(error, process.isTerminal));
  const failed = (error: unknown): number => (process.stop.aborted ? EXIT.terminated : exitCodeOf(error));
  const onEnd = (): void => process.mustEnd?.(failed(signal.reason), told(signal.reason));
  signal.addEventListener('abort', onEnd, { once: true });
  try {
    return await runCommand(process, deadline, signal);
  } catch (thrown) {
    const isOwn = thrown instanceof UserError && thrown.subject === 'TIMEOUT';
    const error: unknown = deadline.signal.aborted && !isOwn ? deadline.signal.reason : thrown;
    process.err(told(error));
    return failed(error);
  } finally {
    signal.removeEventListener('abort', onEnd);
  }
}

async function runCommand(process: ProcessFacts, deadline: Deadline, signal: AbortSignal): Promise<number> {
  const invocation = parseCommandLine(process.argv, VERSION, process);
  if (invocation.command === 'none') return EXIT.ok;
  if (invocation.command === 'schema') return await printSchema(process);
  // Files of the configuration may hang as well.
  deadline.set(timeoutOf(invocation.flags, process.environment));
  const config = await loadConfig(
    invocation.flags,
    process.environment,
    invocation.configFile ?? process.environment['DRIFT_CONFIG'],
    signal,
  );
  deadline.set(config.timeout);
  const log = createLogger({
    level: config.quiet ? 'error' : config.logLevel,
    format: config.logFormat,
    isTerminal: process.isTerminal,
    hasColor: hasColor(process.environment, process.isTerminal),
  });
  switch (invocation.command) {
    case 'diff':
      return await compareFiles(config, invocation.diff, process, signal);
    case 'report':
      return await showReport(config, invocation.report, process, signal);
    case 'hub':
      return await serveHub(config, invocation.hub, log, process, { deadline, signal });
    case 'cub':
      return await runCub(config, invocation.arguments, process, signal);
    case 'promote':
      return await runPromote(config, invocation.promote, process, signal);
    case 'decide':
      return await runDecide(config, invocation.decide, process, signal);
    case 'undo':
      return await runUndo(config, invocation.undo, process, signal);
    default:
      return await detect(invocation.command, config, log, process, deadline.signal);
  }
}

async function printSchema(process: ProcessFacts): Promise<number> {
  // Loaded only here, as other commands are.
  const { reportJsonSchema } = await import('./stages/report/report.ts');
  process.out(reportJsonSchema());
  return EXIT.ok;
}

function explain(error: unknown, isTerminal: boolean): string {
  if (error instanceof UserError) {
    const sentence = hideSecrets(sanitize(`${error.message} (${error.subject}). ${error.remedy}`));
    return isTerminal
      ? `drift-detector: ${sentence}\n`
      : `${JSON.stringify({ level: 'error', event: `failed-${error.code}`, msg: sentence })}\n`;
  }
  const { name, frames } = traceOf(error);
  return `drift-detector: unexpected error: ${[`${name}: ${messageOf(error)}`, ...frames].join('\n')}\n`;
}

/** `drift-detector diff`: files in, an answer out, no server asked. */
async function compareFiles(
  config: Config,
  invocation: DiffInvocation,
  process: ProcessFacts,
  signal: AbortSignal,
): Promise<number> {
  // Loaded only here: a pass compares with what servers say.
  const { diffFiles, printDiff } = await import('./commands/diff/command.ts');
  const result = await diffFiles(invocation, { ...config, ignoreRules: await readIgnoreFile(config, signal), signal });
  process.out(printDiff(result, invocation.form, invocation.explain));
  if (result.objects.some(({ verdict }) => verdict === 'invalid')) return EXIT.incomplete;
  const hasDrift = result.objects.some(({ verdict }) => verdict === 'drifted' || verdict === 'missing');
  return config.detailedExitcode && hasDrift ? EXIT.driftFound : EXIT.ok;
}

/** `drift-detector report`: only the report repository is read. */
async function showReport(config: Config, report: ReportArguments, process: ProcessFacts, signal: AbortSignal): Promise<number> {
  // Loaded only here: a pass needs none of it.
  const { showReports } = await import('./commands/report/stored.ts');
  const url = required(config, 'reportRepo');
  const repository = reportConnection(config, url, process.environment, signal);
  const shown = await showReports(report, config, repository, VERSION, screenOf(process));
  process.err(shown.aside);
  process.out(shown.text);
  if (!config.detailedExitcode) return EXIT.ok;
  if (shown.hasGuard) return EXIT.guardTripped;
  if (shown.isIncomplete) return EXIT.incomplete;
  return shown.hasDrift ? EXIT.driftFound : EXIT.ok;
}

async function runPromote(
  config: Config,
  promotion: PromoteArguments,
  process: ProcessFacts,
  signal: AbortSignal,
): Promise<number> {
  const hub = await connectHub(config, (message) => process.err(`${sanitize(message)}\n`), signal);
  const isWhole = await promote(hub, { ...promotion, dryRun: config.dryRun }, process, signal);
  return isWhole ? EXIT.ok : EXIT.incomplete;
}

/** `accept`, `ignore`, `fix`, `adopt`. */
async function runDecide(config: Config, given: DecideArguments, process: ProcessFacts, signal: AbortSignal): Promise<number> {
  const { environment, out, err } = process;
  const reportRepo = required(config, 'reportRepo');
  const [onlySpace, ...otherSpaces] = config.confighubSpace;
  const space = given.space !== '' || otherSpaces.length > 0 ? given.space : (onlySpace ?? '');
  if (given.kind === 'adopt' && space === '') {
    throw new ConfigError('it is not said where the unit is to be', {
      code: 'usage',
      subject: '--space',
      remedy: 'Name a space that passes compare, as in CONFIGHUB_SPACE.',
    });
  }
  const author = await whoDecides(environment, signal);
  const { cluster } = config;
  const connection = reportConnection(config, reportRepo, environment, signal);
  await using repository = await openReportRepository({
    ...connection,
    author,
    cluster,
    mayPush: async () => undefined,
  });
  if (repository.previous.digest === '') {
    // Loaded only here: no decision needs it.
    const { noReport } = await import('./commands/report/stored.ts');
    throw noReport((await readReports(connection, undefined, new Date())).head, cluster, undefined);
  }
  await decide({ ...given, space }, repository, { cluster, now: new Date(), out, err });
  return EXIT.ok;
}

async function runUndo(config: Config, undo: UndoArguments, process: ProcessFacts, stop: AbortSignal): Promise<number> {
  const warn = (message: string): void => process.err(`${sanitize(message)}\n`);
  const { out, err, environment } = process;
  const { cluster, desiredManagers, dryRun } = config;
  if (dryRun) {
    using clients = await connectReading(config, warn, stop);
    const isWhole = await undoChangeSet(clients, { ...undo, dryRun }, { cluster, desiredManagers, out, err, signal: stop });
    return isWhole ? EXIT.ok : EXIT.incomplete;
  }
  // As a pass that corrects: without the Lease nothing is written.
  const holder = `${hostname()}/undo-${randomUUID()}`;
  await using clients = await connectWriting({ ...config, autoFix: true }, environment, holder, warn, stop);
  const signal = clients.lease ? AbortSignal.any([stop, clients.lease.lost]) : stop;
  const isWhole = await undoChangeSet(clients, { ...undo, dryRun }, { cluster, desiredManagers, out, err, signal });
  return isWhole ? EXIT.ok : EXIT.incomplete;
}

/** `drift-detector cub`: ConfigHub's client, with its exit codes 0 and 1. */
async function runCub(config: Config, argv: readonly string[], process: ProcessFacts, signal: AbortSignal): Promise<number> {
  // Loaded only here: a pass needs none of it.
  const { handOver, readCubCommand, readCubSession } = await import('./commands/cub/cub.ts');
  const handed = await handOver(argv, process.environment, signal);
  if (handed.isDone) return handed.code;
  const command = readCubCommand(handed.argv, process);
  if (!command) return EXIT.ok;
  const say = (text: string): void => process.err(text);
  // Whoever logged in with ConfigHub's own client need not do so again; the environment goes first, as everywhere.
  const session = await readCubSession(process.environment, signal);
  const known = {
    ...config,
    confighubUrl: config.confighubUrl ?? session.url,
    confighubToken: config.confighubToken ?? session.token,
  };
  const hub = await connectHub(known, (message) => say(`${sanitize(message)}\n`), signal);
  const remedy = 'Pass an existing file, or - for standard input.';
  const readFile = (path: string): Promise<string> =>
    readTextFile(path, { subject: 'command line', remedy, maxMb: config.maxFileMb, signal });
  return command({ hub, out: process.out, say, readFile, signal });
}

async function serveHub(
  config: Config,
  hub: HubArguments,
  log: Logger,
  process: ProcessFacts,
  { deadline, signal }: { readonly deadline: Deadline; readonly signal: AbortSignal },
): Promise<number> {
  // Loaded only here: the pass never imports the hub.
  const { startHub } = await import('./hub/server.ts');
  const { clusterOfKubernetes } = await import('./hub/worker/kubernetes.ts');
  const { tokenFile } = hub;
  const file = { subject: '--token-file', remedy: 'Pass an existing file that holds the token.', signal };
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
      allowedHosts: hub.allowedHosts,
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

/** What is left to a command that is stopped or late: to give back its Lease, to end its programs, to take away its folders. */
const LAST_WORK_MS = 4_000;
/** For what nobody waits for any more, such as a name that is looked up. */
const LAST_WORDS_MS = 200;

/** Runs the command of this process: its arguments, environment, signals, streams and exit code. */
export async function runProcess(): Promise<void> {
  const argv = process.argv.slice(2);
  const stop = new AbortController();
  // `diff` leaves nothing behind, and would not hear of a signal while it compares: the signal ends it, as by default.
  for (const signal of argv[0] === 'diff' ? [] : (['SIGTERM', 'SIGINT'] as const))
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(EXIT.terminated);
      stop.abort(new Error(`stopped by ${signal}`));
    });
  const err = writerOf(process.stderr, () => undefined);
  const out = writerOf(process.stdout, (error) => {
    err(`drift-detector: standard output cannot be written: ${messageOf(error)}\n`);
    process.exitCode ||= EXIT.unexpected;
  });
  process.on('uncaughtException', (error) => {
    err(explain(error, process.stderr.isTTY === true));
    process.exit(EXIT.unexpected);
  });
  let isEnding = false;
  const exit = await main({
    argv,
    environment: readEnvironment(),
    isTerminal: process.stderr.isTTY === true,
    columns: process.stdout.isTTY ? (process.stdout.columns ?? 0) : undefined,
    out,
    err,
    stop: stop.signal,
    mustEnd: (code, text) => {
      isEnding = true;
      setTimeout(() => {
        err(text);
        process.exit(code);
      }, LAST_WORK_MS).unref();
    },
  });
  // What could not be written may have been told by then.
  process.exitCode = exit || process.exitCode;
  if (isEnding) setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
}

// Started by itself. Before Node 24.2 the value is undefined: better to run there than to end in silence.
if (import.meta.main !== false) await runProcess();
