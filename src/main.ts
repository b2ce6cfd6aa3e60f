import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DiffInvocation, type HubArguments, parseCommandLine } from './cli.ts';
import { type Config, cacheFolder, type Environment, loadConfig, readEnvironment, required } from './config.ts';
import { type ConfigHubClient, openConfigHub } from './confighub/client.ts';
import { expiryWarning, type Session, tokenSession, workerSession } from './confighub/session.ts';
import { connectConfigHub } from './confighub/transport.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import type { Cluster } from './hub/worker/cluster.ts';
import { readIgnoreFile } from './ignore-file.ts';
import { createKubernetesClient, type KubernetesClient } from './kubernetes/client.ts';
import { connectKubernetes, type KubeConfigSource } from './kubernetes/transport.ts';
import { createLogger, type Logger } from './log.ts';
import { printReport } from './output.ts';
import { type Judgement, judge, type PassClients, type PassOptions, runPass } from './pass.ts';
import { createPassLog, type PassLog } from './pass-log.ts';
import { createAskClaude, DEFAULT_PRICES } from './rank/rank.ts';
import { buildReport, openReportRepository } from './report/report.ts';
import { sanitize } from './types/describe.ts';
import type { ChangeSetRef } from './types/desired.ts';
import { ConfigError, messageOf, UserError } from './types/errors.ts';
import { isDrift } from './types/finding.ts';
import type { PreviousReport } from './types/report.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
const USER_AGENT = `drift-detector/${version}`;
const NO_REPORT: PreviousReport = { findings: [], corrections: [] };
/** What Git and ssh need of the environment; nothing else is handed to them. */
const GIT_ENVIRONMENT = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'TMPDIR', 'LANG'];

/** Everything of the process that a command uses; tests give their own. */
export interface ProcessFacts {
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly isTerminal: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborted by SIGTERM or Ctrl-C. */
  readonly stop: AbortSignal;
}

/** Runs one command and returns its exit code; never throws. */
export async function main(process: ProcessFacts): Promise<number> {
  try {
    const invocation = parseCommandLine(process.argv, version, process);
    if (invocation.command === 'none') return EXIT.ok;
    const config = loadConfig(
      invocation.flags,
      process.environment,
      invocation.configFile ?? process.environment['DRIFT_CONFIG'],
    );
    const log = createLogger({
      level: config.logLevel,
      format: config.logFormat,
      isTerminal: process.isTerminal,
      hasColor: hasColor(process),
    });
    if (invocation.command === 'diff') return await compareFiles(config, invocation.diff, process);
    if (invocation.command === 'hub') return await serveHub(config, invocation.hub, log, process);
    if (invocation.command === 'cub') return await runCub(config, invocation.arguments, process);
    return await detect(invocation.command, config, log, process);
  } catch (error) {
    if (process.stop.aborted) return EXIT.terminated;
    process.err(explain(error, process.isTerminal));
    return exitCodeOf(error);
  }
}

function explain(error: unknown, isTerminal: boolean): string {
  if (error instanceof UserError) {
    const sentence = sanitize(`${error.message} (${error.subject}). ${error.remedy}`);
    return isTerminal
      ? `drift-detector: ${sentence}\n`
      : `${JSON.stringify({ level: 'error', event: `failed-${error.code}`, msg: sentence })}\n`;
  }
  return `drift-detector: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`;
}

/** `drift-detector diff`: files in, an answer out, no server asked. */
async function compareFiles(config: Config, invocation: DiffInvocation, process: ProcessFacts): Promise<number> {
  // Loaded only here: a pass compares with what servers say.
  const { diffFiles, printDiff } = await import('./offline/command.ts');
  const result = await diffFiles(invocation, config.desiredManagers, readIgnoreFile(config.ignoreFile));
  process.out(printDiff(result, invocation.form, invocation.explain));
  if (result.objects.some(({ verdict }) => verdict === 'invalid')) return EXIT.incomplete;
  const hasDrift = result.objects.some(({ verdict }) => verdict === 'drifted' || verdict === 'missing');
  return config.detailedExitcode && hasDrift ? EXIT.driftFound : EXIT.ok;
}

function hasColor({ environment, isTerminal }: ProcessFacts): boolean {
  if (environment['NO_COLOR']) return false;
  if (environment['FORCE_COLOR']) return true;
  return isTerminal && environment['TERM'] !== 'dumb';
}

async function detect(command: 'run' | 'check', config: Config, log: Logger, process: ProcessFacts): Promise<number> {
  const deadline = AbortSignal.timeout(config.timeout * 1000);
  try {
    return await detectUntil(deadline, command, config, log, process);
  } catch (error) {
    if (!deadline.aborted || process.stop.aborted) throw error;
    throw new UserError(`the pass did not finish within ${config.timeout} s`, {
      code: 'unavailable',
      subject: 'TIMEOUT',
      remedy: 'Find out what is slow (LOG_LEVEL=debug tells the time of each phase), or raise TIMEOUT.',
      cause: error,
    });
  }
}

async function detectUntil(
  deadline: AbortSignal,
  command: 'run' | 'check',
  config: Config,
  log: Logger,
  process: ProcessFacts,
): Promise<number> {
  const pass = randomUUID();
  const passLogger = log.child({ pass, cluster: config.cluster });
  const signal = AbortSignal.any([process.stop, deadline]);
  const passLog = createPassLog(passLogger, {
    monotonicMs: () => performance.now(),
    onPhase: (phase, durationMs) => {
      if (process.isTerminal && config.logFormat !== 'json')
        process.err(`  ${phase.padEnd(8)} ${(durationMs / 1000).toFixed(2)} s\n`);
    },
  });
  const writes = command === 'run' && !config.dryRun;
  requireScope(config);
  // Asked for before anything is connected, so that a missing setting costs nobody a wait.
  const reportRepo = writes ? required(config, 'reportRepo') : '';
  using clients = await connect(config, passLog, signal);
  const options = await passOptions(config, process.environment, clients, pass, signal);

  if (!writes) {
    const judgement = await judge(clients, NO_REPORT, options, passLog);
    const { snapshot, desired, comparison, ranking, plan } = judgement;
    const report = buildReport({
      cluster: config.cluster,
      snapshot,
      desired,
      comparison,
      ranking,
      plan,
      outcomes: [],
      previous: NO_REPORT,
      now: options.now,
    });
    process.out(printReport(report, config.output));
    return exitOf(judgement, config, passLog);
  }
  await using repository = await openReportRepository({
    url: reportRepo,
    branch: config.reportBranch,
    root: config.reportPath,
    cluster: config.cluster,
    token: config.gitToken,
    author: { name: config.gitAuthorName, email: config.gitAuthorEmail },
    environment: Object.fromEntries(
      GIT_ENVIRONMENT.flatMap((name) => (process.environment[name] ? [[name, process.environment[name]]] : [])),
    ),
    signal,
  });
  const result = await runPass(clients, repository, options, passLog);
  process.out(printReport(result.report, config.output));
  const fixed = result.outcomes.filter((outcome) => outcome.result === 'fixed').length;
  const { commit } = result.published;
  passLogger.info(
    {
      event: 'pass-finished',
      compared: result.comparison.compared,
      found: result.ranking.findings.filter((ranked) => isDrift(ranked.finding)).length,
      fixed,
      staged: result.outcomes.filter((outcome) => outcome.result === 'staged').length,
      open: result.report.findings.length,
      commit,
      digest: result.report.digest,
    },
    `Pass finished: ${fixed} fixed, ${result.report.findings.length} open, ${commit === '' ? 'nothing to commit' : `report committed as ${commit.slice(0, 10)}`}`,
  );
  return exitOf(result, config, passLog);
}

function exitOf(judgement: Judgement, config: Config, log: PassLog): number {
  const { snapshot, desired, comparison, plan } = judgement;
  if (plan.guard) return EXIT.guardTripped;
  const isEmpty = desired.units.length === 0 || snapshot.objects.length === 0;
  if (isEmpty && !config.allowEmpty) {
    const what = desired.units.length === 0 ? 'no unit' : `no workload in namespaces labelled ${config.namespaceSelector}`;
    log.warning(`${what} was found: check CONFIGHUB_SPACE and the labels of the namespaces, or set ALLOW_EMPTY=true`);
    return EXIT.incomplete;
  }
  if (snapshot.failedReads.length > 0 || desired.invalid.length > 0 || comparison.invalid.length + comparison.unread > 0)
    return EXIT.incomplete;
  const hasDrift = comparison.objects.some((object) => object.findings.some(isDrift));
  return config.detailedExitcode && hasDrift ? EXIT.driftFound : EXIT.ok;
}

/** Units of every space that the token can see are hardly what somebody wants to have compared and fixed. */
function requireScope(config: Config): void {
  if (config.confighubSpace.length > 0 || config.confighubWhere !== '' || config.confighubFilter !== '') return;
  throw new ConfigError('no units are named to compare with', {
    code: 'configuration',
    subject: 'CONFIGHUB_SPACE',
    remedy: 'Set CONFIGHUB_SPACE, CONFIGHUB_WHERE or CONFIGHUB_FILTER.',
  });
}

async function connect(config: Config, log: PassLog, signal: AbortSignal): Promise<PassClients & Disposable> {
  const confighub = await connectHub(config, log.warning, signal);
  const kubernetes = await connectCluster(config, config.context);
  return { confighub, kubernetes, [Symbol.dispose]: () => kubernetes.close() };
}

async function connectHub(config: Config, warn: (message: string) => void, signal: AbortSignal): Promise<ConfigHubClient> {
  const url = required(config, 'confighubUrl').replace(/\/+$/u, '');
  const session = sessionOf(config, url, warn);
  return openConfigHub(connectConfigHub({ url, session, userAgent: USER_AGENT }), signal);
}

/** A worker's login is preferred: it is for machines, and does not run out. */
function sessionOf(config: Config, url: string, warn: (message: string) => void): Session {
  if (config.confighubWorkerId !== undefined) {
    const workerSecret = required(config, 'confighubWorkerSecret');
    return workerSession({ url, workerId: config.confighubWorkerId, workerSecret, userAgent: USER_AGENT });
  }
  const token = required(config, 'confighubToken');
  const warning = expiryWarning(token, new Date());
  if (warning !== '') warn(warning);
  return tokenSession(token);
}

async function connectCluster(config: Config, context: string): Promise<KubernetesClient> {
  return createKubernetesClient(await connectKubernetes(clusterSource(config, context)));
}

function clusterSource(config: Config, context: string): KubeConfigSource {
  return { kubeconfig: config.kubeconfig || undefined, context: context || undefined, userAgent: USER_AGENT };
}

async function passOptions(
  config: Config,
  environment: Environment,
  clients: PassClients,
  pass: string,
  signal: AbortSignal,
): Promise<PassOptions> {
  const { cluster, claudeApiKey } = config;
  const now = new Date();
  const ask = claudeApiKey && createAskClaude({ apiKey: claudeApiKey, baseUrl: config.claudeBaseUrl, model: config.claudeModel });
  return {
    snapshot: {
      namespaceSelector: config.namespaceSelector,
      kinds: config.kinds,
      cacheDir: cacheFolder(config, environment),
    },
    desired: {
      spaces: config.confighubSpace,
      where: config.confighubWhere,
      filter: config.confighubFilter,
      target: config.target,
    },
    diff: { cluster, desiredManagers: config.desiredManagers, ignoreRules: readIgnoreFile(config.ignoreFile), now },
    rank: { environment: config.environment, prices: DEFAULT_PRICES, model: config.claudeModel, ...(ask ? { ask } : {}) },
    plan: {
      autoFix: config.autoFix,
      createMissing: config.createMissing,
      auditRevisions: config.auditRevisions,
      applyChangeSet: config.changesetApply,
      changeSet: config.changeset === '' ? undefined : await namedChangeSet(config.changeset, clients, signal),
      maxFixes: config.maxFixes,
      maxFixPercent: config.maxFixPercent,
      server: clients.confighub.abilities,
    },
    publishRelease: config.publishRelease,
    fieldManager: config.fieldManager,
    commit: { pass, tool: USER_AGENT },
    now,
    signal,
  };
}

async function namedChangeSet(
  reference: string,
  clients: PassClients,
  signal: AbortSignal,
): Promise<ChangeSetRef & { readonly isClosed: boolean }> {
  if (!clients.confighub.abilities.locksUnits) {
    throw new ConfigError('this ConfigHub knows no locks of changesets, so corrections cannot be made under one', {
      code: 'configuration',
      subject: 'CHANGESET',
      remedy: 'Leave CHANGESET out, or use a ConfigHub of October 2025 or later.',
    });
  }
  const changeSet = await clients.confighub.findChangeSet(reference, signal);
  const space = reference.slice(0, reference.indexOf('/'));
  return { id: changeSet.ChangeSetID, slug: changeSet.Slug, space, isClosed: changeSet.State === 'Closed' };
}

/** `drift-detector cub`: ConfigHub's client, with its exit codes 0 and 1. */
async function runCub(config: Config, argv: readonly string[], process: ProcessFacts): Promise<number> {
  // Loaded only here: a pass needs none of it.
  const { handOver, readCubCommand, readCubSession } = await import('./cub/cub.ts');
  const handed = await handOver(argv, process.environment);
  if (handed.isDone) return handed.code;
  const command = readCubCommand(handed.argv, process);
  if (!command) return EXIT.ok;
  const say = (text: string): void => process.err(text);
  // Whoever logged in with ConfigHub's own client need not do so again; the environment goes first, as everywhere.
  const session = readCubSession(process.environment);
  const known = {
    ...config,
    confighubUrl: config.confighubUrl ?? session.url,
    confighubToken: config.confighubToken ?? session.token,
  };
  const hub = await connectHub(known, (message) => say(`${sanitize(message)}\n`), process.stop);
  return command({ hub, out: process.out, say, readFile: readArgumentFile, signal: process.stop });
}

function readArgumentFile(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new ConfigError(`the file cannot be read: ${messageOf(error)}`, {
      code: 'usage',
      subject: path,
      remedy: 'Name a file that is there, or - for standard input.',
      cause: error,
    });
  }
}

async function serveHub(config: Config, hub: HubArguments, log: Logger, process: ProcessFacts): Promise<number> {
  // Loaded only here: the pass never imports the hub.
  const { startHub } = await import('./hub/server.ts');
  const { clusterOfKubernetes } = await import('./hub/worker/kubernetes.ts');
  const { tokenFile } = hub;
  const token =
    tokenFile === undefined ? undefined : await hubSetting('--token-file', async () => readFileSync(tokenFile, 'utf8').trim());
  const clusters = new Map<string, Promise<Cluster>>();
  /** One connection for each context, made anew where it could not be made. */
  const clusterOf = (context: string): Promise<Cluster> => {
    const known = clusters.get(context);
    if (known !== undefined) return known;
    const connecting = connectKubernetes(clusterSource(config, context)).then(clusterOfKubernetes);
    clusters.set(context, connecting);
    connecting.catch(() => clusters.delete(context));
    return connecting;
  };
  await using running = await hubSetting('--data-dir, --port', () =>
    startHub({
      dataDir: hub.dataDir,
      port: hub.port,
      ...(token === undefined ? {} : { tokens: { admin: token } }),
      apiGeneration: hub.apiGeneration,
      clusterFor: (target) => clusterOf(target.kubeContext || config.context),
      log,
    }),
  );
  // Ready for `eval`: what a shell needs for drift-detector, cub and curl.
  process.out(`export CONFIGHUB_URL=${running.url}\n`);
  process.out(tokenFile === undefined ? 'export CUB_TOKEN=admin\n' : `export CUB_TOKEN_FILE=${shellQuoted(tokenFile)}\n`);
  if (!process.stop.aborted)
    await new Promise<void>((resolve) => process.stop.addEventListener('abort', () => resolve(), { once: true }));
  return EXIT.ok;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What the hub cannot start with is a mistake in its arguments: a port that is taken, a folder that cannot be written. */
async function hubSetting<T>(flag: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new ConfigError(`the hub cannot start: ${messageOf(error)}`, {
      code: 'configuration',
      subject: flag,
      remedy: `Correct ${flag} and start it again.`,
      cause: error,
    });
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  process.exitCode = await main({
    argv: process.argv.slice(2),
    environment: readEnvironment(),
    isTerminal: process.stderr.isTTY === true,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    stop: stop.signal,
  });
}
