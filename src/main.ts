import { parseCommandLine } from './cli/command-line.ts';
import type { Config } from './cli/config.ts';
import { OPTION_NAMES } from './cli/options/options.ts';
import { readEnvironment, warningsOf } from './cli/options/variables.ts';
import type { ProcessFacts } from './cli/process-facts.ts';
import { type Deadline, startDeadline } from './clients/processes/deadline.ts';
import { COMMANDS } from './commands/commands.ts';
import { sanitize } from './domain/describe.ts';
import { messageOf, traceOf, UserError } from './domain/errors.ts';
import { EXIT, exitCodeOf } from './domain/exit-codes.ts';
import { hideSecrets } from './domain/foreign-text.ts';
import { drained, writerOf } from './outputs/terminal/stream.ts';

/** Runs one command and returns its exit code; never throws. */
export async function main(process: ProcessFacts): Promise<number> {
  using deadline = startDeadline();
  const signal = AbortSignal.any([process.stop, deadline.signal]);
  const messageOfEnd = (error: unknown): string => (process.stop.aborted ? '' : explain(error, process.isTerminal));
  const failed = (error: unknown): number => (process.stop.aborted ? EXIT.terminated : exitCodeOf(error));
  const onEnd = (): void => process.mustEnd?.(failed(signal.reason), messageOfEnd(signal.reason));
  signal.addEventListener('abort', onEnd, { once: true });
  try {
    const code = await runCommand(process, deadline, signal);
    if (!signal.aborted) await process.drained?.(signal);
    return code;
  } catch (thrown) {
    const isOwn = thrown instanceof UserError && thrown.subject === 'DRIFT_TIMEOUT';
    const error: unknown = deadline.signal.aborted && !isOwn ? deadline.signal.reason : thrown;
    process.err(messageOfEnd(error));
    return failed(error);
  } finally {
    signal.removeEventListener('abort', onEnd);
  }
}

async function runCommand(process: ProcessFacts, deadline: Deadline, signal: AbortSignal): Promise<number> {
  const { argv, environment, out } = process;
  const commandLine = parseCommandLine(argv, COMMANDS, out);
  if (commandLine === undefined) return EXIT.ok;
  const { command, given, flags, configFile = environment['DRIFT_CONFIG'] } = commandLine;
  const configure = async (): Promise<Config> => {
    // Neither help nor the version needs it.
    const { loadConfig, timeoutOf } = await import('./cli/config.ts');
    // Files of the configuration may hang as well.
    deadline.set(timeoutOf(flags, environment));
    const config = await loadConfig(flags, environment, configFile, signal);
    deadline.set(config.timeout);
    const warnings = warningsOf(
      OPTION_NAMES.filter((name) => flags[name] === undefined),
      environment,
    );
    if (warnings.length > 0) {
      const log = (await import('./cli/log.ts')).loggerOf(config, process);
      for (const warning of warnings) log.warn({ event: 'deprecated-variable' }, warning);
    }
    return config;
  };
  return await command.run({ given, configure, deadline, signal }, process);
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

/** What is left to a command that is stopped or late: to give back its Lease, to end its programs, to take away its folders. */
const LAST_WORK_MS = 4_000;
/** Time for what is left running, such as a DNS lookup. */
const LAST_OUTPUT_MS = 200;

/** Of the log, where its reader has stopped reading. */
const MOST_UNREAD_BYTES = 2 ** 22;

/** Runs the command of this process: its arguments, environment, signals, streams and exit code. */
export async function runProcess(): Promise<void> {
  const argv = process.argv.slice(2);
  const stop = new AbortController();
  const diesBySignal = COMMANDS.some((command) => command.diesBySignal && command.name === argv[0]);
  for (const signal of diesBySignal ? [] : (['SIGTERM', 'SIGINT'] as const))
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(EXIT.terminated);
      stop.abort(new Error(`stopped by ${signal}`));
    });
  const err = writerOf(process.stderr, () => undefined, MOST_UNREAD_BYTES);
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
    drained: (signal) => drained([process.stdout, process.stderr], signal),
    mustEnd: (code, text) => {
      isEnding = true;
      setTimeout(() => {
        err(text);
        process.exit(code);
      }, LAST_WORK_MS).unref();
    },
  });
  // What could not be written may be reported by then.
  process.exitCode = exit || process.exitCode;
  if (isEnding) setTimeout(() => process.exit(), LAST_OUTPUT_MS).unref();
}

// Started by itself. Before Node 24.2 the value is undefined: better to run there than to end in silence.
if (import.meta.main !== false) await runProcess();
