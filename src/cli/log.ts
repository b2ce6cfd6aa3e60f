import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';
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
  const options = {
    level: config.quiet ? ('error' as const) : config.logLevel,
    format: config.logFormat,
    isTerminal: process.isTerminal,
    hasColor: hasColor(process.environment, process.isTerminal),
  };
  return createLogger(options, process.err);
}

/**
 * One JSON object a line; sentences in colour on a terminal, where the time of day is enough. `write` must return at once: a log
 * that waited until someone reads it would hold the whole process, its signals with it.
 */
export function createLogger(options: LogOptions, write: (text: string) => void): Logger {
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && options.isTerminal);
  const translateTime = options.isTerminal ? 'SYS:HH:MM:ss' : "UTC:yyyy-mm-dd'T'HH:MM:ss'Z'";
  const sentence = prettyFactory({ colorize: options.hasColor, translateTime, hideObject: true });
  const stream: DestinationStream = { write: isPretty ? (line) => write(sentence(line)) : write };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: writtenError },
      formatters: { level: (label) => ({ level: label }) },
      // A second check after `Secret` and `foreignText`, for every field.
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
