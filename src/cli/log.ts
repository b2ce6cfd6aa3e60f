import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import { messageOf, traceOf } from '../domain/errors.ts';
import { hideSecrets } from '../domain/foreign-text.ts';
import { hasColor } from '../outputs/terminal/screen.ts';
import type { Config } from './config.ts';
import type { ProcessFacts } from './process-facts.ts';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'json' | 'pretty';
  readonly isTerminal: boolean;
  readonly hasColor: boolean;
}

/** The log that the configuration asks for. */
export function loggerOf(config: Pick<Config, 'quiet' | 'logLevel' | 'logFormat'>, process: ProcessFacts): Logger {
  return createLogger({
    level: config.quiet ? 'error' : config.logLevel,
    format: config.logFormat,
    isTerminal: process.isTerminal,
    hasColor: hasColor(process.environment, process.isTerminal),
  });
}

/** One JSON object a line on standard error; sentences in colour on a terminal. */
export function createLogger(options: LogOptions): Logger {
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && options.isTerminal);
  const stream: DestinationStream = isPretty
    ? pretty({
        colorize: options.hasColor,
        destination: 2,
        sync: true,
        translateTime: 'SYS:HH:MM:ss',
        hideObject: true,
      })
    : destination({ dest: 2, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: writtenError },
      formatters: { level: (label) => ({ level: label }) },
      // The second line behind `Secret` and `foreignText`, whichever field it stands in.
      hooks: { streamWrite: hideSecrets },
    },
    stream,
  );
}

/** An error in a field of the log; of its causes nothing, which are other people's words. */
function writtenError(error: unknown): object {
  const { name, frames } = traceOf(error);
  return { type: name, message: messageOf(error), stack: frames.join('\n') };
}
