import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Invocation } from '../../cli/command.ts';
import { type Config, required } from '../../cli/config.ts';
import { connectReading, connectWriting, leaseNamespace, type WritingClients } from '../../cli/connections.ts';
import { type Logger, loggerOf } from '../../cli/log.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { reportConnection } from '../../cli/report-connection.ts';
import { USER_AGENT } from '../../cli/version.ts';
import { type DecisionsFile, NO_DECISIONS } from '../../domain/decision.ts';
import { throwUnless, UserError } from '../../domain/errors.ts';
import { EXIT, exitCodeOf } from '../../domain/exit-codes.ts';
import { isDrift } from '../../domain/finding.ts';
import { NO_REPORT, type PreviousReport, type Report } from '../../domain/report.ts';
import { formatOf } from '../../outputs/formats/formats.ts';
import { announce, announceFailure, type NotifyOptions } from '../../outputs/notify/notify.ts';
import { printPlan, printReport } from '../../outputs/output.ts';
import { type LastRun, startLastRun } from '../../outputs/status/last-run.ts';
import { NOTES, numbersOf } from '../../outputs/status/record.ts';
import { decisionsOf, withDecidedIgnores } from '../../pass/decisions.ts';
import { exitOf } from '../../pass/exit.ts';
import { judge } from '../../pass/judge.ts';
import type { Judgement } from '../../pass/judgement.ts';
import { createPassLog } from '../../pass/log.ts';
import { passOptions, requireScope } from '../../pass/options.ts';
import { runPass } from '../../pass/pass.ts';
import { composeReport } from '../../pass/reporting.ts';
import { pulling } from '../../pass/start.ts';
import { type FixNote, printNotes } from '../../stages/fix/note.ts';
import { openReportRepository, openWords, type ReportRepository } from '../../stages/report/report.ts';
import { type Facts, outputOptions, printCheck } from './facts.ts';
import { isOfFiles, type RunFlags, refuseOptionsOfFiles } from './flags.ts';

/** `run` and `check`: one pass, or its reading half. Returns the exit code. */
export async function execute(
  command: 'run' | 'check',
  invocation: Invocation<RunFlags>,
  process: ProcessFacts,
): Promise<number> {
  const config = await invocation.configure();
  const deadline = invocation.deadline.signal;
  try {
    return await detectUntil(deadline, { command, given: invocation.given }, config, loggerOf(config, process), process);
  } catch (error) {
    if (!deadline.aborted || process.stop.aborted) throw error;
    throw new UserError(`the pass did not finish within ${config.timeout} s`, {
      code: 'unavailable',
      subject: 'DRIFT_TIMEOUT',
      remedy: 'Find out what is slow (DRIFT_LOG_LEVEL=debug prints the time of each phase), or raise DRIFT_TIMEOUT.',
      cause: error,
    });
  }
}

async function detectUntil(
  deadline: AbortSignal,
  { command, given }: { readonly command: 'run' | 'check'; readonly given: RunFlags },
  config: Config,
  log: Logger,
  process: ProcessFacts,
): Promise<number> {
  const pass = randomUUID();
  const passLogger = log.child({ pass, cluster: config.cluster });
  const signal = AbortSignal.any([process.stop, deadline]);
  // Where the reader of the log has the table on the same screen, no drift is printed twice.
  const isOneScreen = process.isTerminal && process.columns !== undefined && config.logFormat !== 'json';
  const passLog = createPassLog(passLogger, {
    hasTable: isOneScreen && formatOf(config.output).table !== undefined,
    monotonicMs: () => performance.now(),
    onPhase: (phase, durationMs) => {
      if (process.isTerminal && config.logFormat !== 'json' && !config.quiet)
        process.err(`  ${phase.padEnd(8)} ${(durationMs / 1000).toFixed(2)} s\n`);
    },
  });
  const facts = { pass, config, process, signal, deadline, passLog };
  if (isOfFiles(given)) return (await import('./manifests.ts')).checkManifests(facts, given);
  refuseOptionsOfFiles(given);
  requireScope(config);
  if (command === 'check' || config.dryRun) return runReading(facts, command === 'run');
  return runWriting(facts, passLogger);
}

/** Passes the exit code of the work, or of its error, to `report`; returns or throws as the work does. */
async function reportingExit(
  { process, deadline }: Pick<Facts, 'process' | 'deadline'>,
  work: () => Promise<number>,
  report: (exit: number, error?: unknown) => Promise<void>,
): Promise<number> {
  let exit: number;
  try {
    exit = await work();
  } catch (error) {
    await report(process.stop.aborted ? EXIT.terminated : deadline.aborted ? EXIT.unavailable : exitCodeOf(error), error);
    throw error;
  }
  await report(exit);
  return exit;
}

interface WritingFacts extends Facts {
  readonly notices: NotifyOptions;
  readonly lastRun: LastRun;
}

/** `check` and `run --dry-run`: everything but the writes, with the last report's memory and decisions.yaml as a run has them. */
async function runReading(facts: Facts, isDryRun: boolean): Promise<number> {
  const { pass, config, process, signal, passLog } = facts;
  using clients = await connectReading(config, passLog.warning, signal);
  const annotations = isDryRun ? await clients.leaseAnnotations(process.environment) : {};
  const given = await passOptions(config, clients, {
    environment: process.environment,
    leaseAnnotations: annotations,
    pass,
    signal,
  });
  const { previous, decisions } = await recall(facts, isDryRun);
  const options = withDecidedIgnores(given, decisions);
  const judgement = await judge(clients, { previous, decisions, pull: pulling(clients, options) }, options, passLog);
  const report = composeReport(judgement, previous, options);
  // A plan lists them all.
  if (!isDryRun) passLog.decisions(report.decisions, previous.decisions);
  process.out(
    isDryRun
      ? printPlan(judgement.plan, withLimits(report, judgement, config), outputOptions(config, process, judgement))
      : printCheck(report, config, process, judgement),
  );
  return exitOf(judgement, config, passLog);
}

/** With a note if a run would stop before the fixes of this plan. */
function withLimits(report: Report, { plan }: Judgement, { reportRepo }: Config): Report {
  if (reportRepo !== undefined || plan.fixes.length === 0) return report;
  return { ...report, notes: [...report.notes, 'REPORT_REPO is not set: run needs it, and ends before it fixes anything'] };
}

/** What the report repository says. A check goes on without it: where it runs, such as in CI, others may have the right to read that. */
async function recall(
  { config, process, signal, passLog }: Facts,
  isNeeded: boolean,
): Promise<{ readonly previous: PreviousReport; readonly decisions: DecisionsFile }> {
  const nothing = { previous: NO_REPORT, decisions: NO_DECISIONS };
  if (config.reportRepo === undefined) return nothing;
  try {
    await using repository = await openRepository(config, config.reportRepo, process, signal);
    return { previous: repository.previous, decisions: await decisionsOf(repository, config.cluster) };
  } catch (error) {
    throwUnless(error, UserError, signal);
    if (isNeeded) throw error;
    passLog.warning(`compared without decisions.yaml and the last report: ${error.message}`);
    return nothing;
  }
}

async function runWriting(facts: Facts, log: Logger): Promise<number> {
  const { pass, config, process, signal: stop, passLog } = facts;
  // Checked before connecting, so that a missing setting fails at once.
  const reportRepo = required(config, 'reportRepo');
  const holder = `${hostname()}/${pass}`;
  await using clients = await connectWriting(config, process.environment, holder, passLog.warning, stop);
  const { lease } = clients;
  const lastRun = startLastRun(pass, lease, () => new Date());
  const signal = lease ? AbortSignal.any([stop, lease.lost]) : stop;
  const notices = notifyOptions(facts, clients, signal);
  // Awaited here: the Lease is given back when this function is left, and takes the record of the run along.
  return await reportingExit(
    facts,
    () => writePass(reportRepo, clients, { ...facts, notices, lastRun }, log),
    async (exit, error) => {
      lastRun.noteEnd(exit);
      if (error !== undefined && !signal.aborted) await announceFailure(error, notices);
    },
  );
}

async function writePass(
  reportRepo: string,
  clients: WritingClients,
  { pass, config, process, passLog, notices, lastRun }: WritingFacts,
  log: Logger,
): Promise<number> {
  const { lease } = clients;
  const { signal } = notices;
  const given = await passOptions(config, clients, {
    environment: process.environment,
    leaseAnnotations: lease?.annotations ?? {},
    pass,
    signal,
  });
  const options = {
    ...given,
    holdsLease: lease !== undefined,
    onUnreported: (unreportedFixes: number) => lastRun.learn({ unreportedFixes }),
    keepNotes: async (notes: readonly FixNote[]) => lease?.record({ [NOTES]: printNotes(notes) }),
  };
  await using repository = await openRepository(config, reportRepo, process, signal, async () => lease?.confirm());
  const result = await runPass({ clients, repository, options, log: passLog });
  lastRun.learn({ numbers: numbersOf(result) });
  // Notified before printing: the next pass does not repeat what was pushed.
  await announce(result, repository.previous, notices);
  process.out(printReport(result.report, outputOptions(config, process, result)));
  const fixed = result.outcomes.filter((outcome) => outcome.result === 'fixed').length;
  const { commit } = result.published;
  log.info(
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
    `Pass finished: ${fixed} fixed, ${openWords(result.report.findings)}, ${commit === '' ? 'nothing to commit' : `report committed as ${commit.slice(0, 10)}`}`,
  );
  return exitOf(result, config, passLog);
}

function notifyOptions(
  { pass, config, process, passLog }: Facts,
  { kubernetes }: WritingClients,
  signal: AbortSignal,
): NotifyOptions {
  return {
    config,
    kubernetes,
    pass,
    instance: process.environment['POD_NAME'] || hostname(),
    namespace: leaseNamespace(config, process.environment),
    userAgent: USER_AGENT,
    now: new Date(),
    warn: passLog.warning,
    signal,
  };
}

function openRepository(
  config: Config,
  url: string,
  { environment }: ProcessFacts,
  signal: AbortSignal,
  mayPush: () => Promise<void> = async () => undefined,
): Promise<ReportRepository> {
  return openReportRepository({ ...reportConnection(config, url, environment, signal), cluster: config.cluster, mayPush });
}
