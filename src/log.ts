import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'json' | 'pretty';
  readonly isTerminal: boolean;
  readonly hasColor: boolean;
}

/** What no log line may carry, whichever field it stands in: the second line behind `Secret`. */
const SECRETS: readonly RegExp[] = [
  /\bBearer\s+[\w.~+/-]+=*/giu,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gu,
  /\b(sk|gh[pousr]|github_pat|glpat|xox[abprs])[-_][\w-]{10,}/gu,
  /\bAKIA[0-9A-Z]{16}\b/gu,
  // To the end of the JSON text that it stands in, so that the line stays JSON when the key is cut.
  /-----BEGIN [A-Z ]+-----(?:\\[nr]|[^"\\])*/gu,
  /(?<=:\/\/)[^\s/:@]+:[^\s/@]+@/gu,
];

/** A text with `***` in place of what has the shape of a secret. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((rest, pattern) => rest.replaceAll(pattern, '***'), text);
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
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: withoutSecrets },
    },
    stream,
  );
}
