import { Option, type Command as Parser } from 'commander';
import type { Deadline } from '../clients/processes/deadline.ts';
import { ConfigError } from '../domain/errors.ts';
import { EXIT, EXIT_CODES, type ExitName } from '../domain/exit-codes.ts';
import type { Config } from './config.ts';
import type { OptionName } from './options/options.ts';
import type { ProcessFacts } from './process-facts.ts';

/** One command: all that the command line, its help and the process need to know of it. */
export interface Command<Given extends object = object> {
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** The configuration that it reads. Each is also a flag of it, secrets apart. */
  readonly options: readonly OptionName[];
  /** Adds the arguments and options that no other command has. */
  readonly define?: (parser: Parser) => void;
  /** What follows the options in its help. */
  readonly epilogue?: string;
  /** What is typed behind `drift-detector`, for help and docs/cli.md. */
  readonly example: string;
  /** What it may end with beside `COMMON_EXITS`. */
  readonly exits?: readonly ExitName[];
  /** A signal ends the process at once: for a command that leaves nothing behind and is too busy to hear of the signal. */
  readonly diesBySignal?: true;
  /** Returns the exit code. Imports what only this command needs when it is called, so that others start without it. */
  run(invocation: Invocation<Given>, process: ProcessFacts): Promise<number>;
}

/** What a command is run with. */
export interface Invocation<Given extends object = object> {
  /** Its own arguments and options by name: `<FINDING>` is `finding`, `--all-clusters` is `allClusters`. */
  readonly given: Given;
  /** Reads the configuration from flags, environment and file. From then on DRIFT_TIMEOUT counts. */
  readonly configure: () => Promise<Config>;
  readonly deadline: Deadline;
  /** Aborted when the process is stopped, or by the deadline. */
  readonly signal: AbortSignal;
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The same, for values that are lists themselves: `a,b`. */
export function collectList(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',').filter((entry) => entry !== '')];
}

/** A mistake on the command line. */
export function usage(message: string, remedy = 'drift-detector --help lists commands and options.'): ConfigError {
  return new ConfigError(message, { code: 'usage', subject: 'command line', remedy });
}

/** For a command that fixes: manifests without ConfigHub are only compared. */
export function refuseManifests(parser: Parser): Parser {
  for (const flags of ['-f, --filename <FILE>', '-k, --kustomize <DIR>'])
    parser.addOption(
      new Option(flags).hideHelp().argParser((value) => {
        throw usage(
          `${parser.name()} takes no manifests: fixes are made from units of ConfigHub`,
          `Compare with drift-detector check ${flags.slice(0, 2)} ${value}; drift-detector import makes units of a namespace.`,
        );
      }),
    );
  return parser;
}

/** Exit codes that any command may end with. */
export const COMMON_EXITS: readonly ExitName[] = [
  'ok',
  'unexpected',
  'usage',
  'unavailable',
  'permission',
  'configuration',
  'terminated',
];

/** A line of help, at most 120 columns wide: every exit code, or the common ones and these. */
export function exitHelp(exits?: readonly ExitName[]): string {
  const codes = exits && [...COMMON_EXITS, ...exits].map((name) => EXIT[name]);
  const texts = Object.values(EXIT_CODES)
    .filter(({ code }) => codes?.includes(code) ?? true)
    .map(({ code, meaning }) => `${code} ${meaning}`);
  return `\nExit codes: ${texts.join(', ')}.`.replaceAll(/(.{1,119}[,.])(?: |$)/gu, '$1\n').trimEnd();
}
