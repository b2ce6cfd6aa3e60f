import { CommanderError, Option, type OutputConfiguration, Command as Parser } from 'commander';
import { type Command, exitHelp, usage } from './command.ts';
import type { Flags } from './config.ts';
import { flagOf, OPTION_NAMES, OPTIONS, type OptionName } from './options/options.ts';
import { variablesOf } from './options/variables.ts';
import { VERSION } from './version.ts';

/** The command of a command line, with its arguments and options. */
export interface CommandLine {
  readonly command: Command;
  /** Arguments and options of the command by name. */
  readonly given: object;
  readonly flags: Flags;
  /** Of `--config`. */
  readonly configFile: string | undefined;
}

/**
 * Reads the command line. Where help or the version was asked for, that is printed and the answer is `undefined`. Mistakes
 * are `ConfigError`s of code `usage`; a command line without a command is one, and has the help printed as well.
 */
export function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  out: (text: string) => void,
): CommandLine | undefined {
  let parsed: CommandLine | undefined;
  const program = new Parser('drift-detector')
    .description(
      'Finds drift between live Kubernetes workloads and their ConfigHub units, fixes it, and commits a report to Git.',
    )
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', configurationHelp)
    // So that a command may have a command line of its own behind its name.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(throwing(out));
  for (const command of commands)
    addCommand(program, command, (commandLine) => {
      parsed = commandLine;
    });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const [first = ''] = argv;
    // Commander would take the word after the flag for the command.
    throw usage(first.startsWith('-') ? `the command comes first, before ${first.replace(/=.*$/su, '')}` : complaintOf(error));
  }
  return parsed;
}

/** Help is printed, also where a command is missing; mistakes are not, since they are thrown. */
export function throwing(out: (text: string) => void): OutputConfiguration {
  return { writeOut: out, writeErr: out, outputError: () => undefined };
}

/** What is wrong with a command line, in one line. */
export function complaintOf({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'no command is given';
  return withoutValues(message.replace(/^error: /u, '').replace(/\n\(Did you mean (.*)\?\)$/u, ', did you mean $1?'));
}

function addCommand(program: Parser, command: Command, onParsed: (commandLine: CommandLine) => void): void {
  const parser = program.command(command.name).description(command.summary);
  command.define?.(parser);
  if (command.options.length > 0)
    parser.option(
      '--config <FILE>',
      'configuration file: YAML whose keys are option names in camel case (environment DRIFT_CONFIG)',
    );
  for (const name of command.options) addOption(parser, name);
  parser.addHelpText('after', secretsHelp(command.options) + (command.epilogue ?? '') + endOfHelp(command));
  parser.action(() => {
    const options = parser.opts<Readonly<Record<string, unknown>>>();
    const names = parser.registeredArguments.map((argument) => argument.name().toLowerCase());
    onParsed({
      command,
      given: { ...options, ...Object.fromEntries(names.map((name, index) => [name, parser.processedArgs[index]])) },
      flags: Object.fromEntries(
        command.options.flatMap((name) => (options[name] === undefined ? [] : [[name, String(options[name])]])),
      ),
      configFile: typeof options['config'] === 'string' ? options['config'] : undefined,
    });
  });
}

function endOfHelp({ example, exits = [] }: Command): string {
  return `\nExample:\n  drift-detector ${example}\n${exitHelp(exits)}`;
}

/** A secret that was given as an argument after all is not repeated in a log. */
function withoutValues(message: string): string {
  const [assigned] = /(?<![\w-])--?[\w-]+=/u.exec(message) ?? [];
  return assigned === undefined ? message : `${message.slice(0, message.indexOf(assigned))}${assigned}...'`;
}

function configurationHelp(): string {
  const all = new Parser().helpOption(false);
  for (const name of OPTION_NAMES) addOption(all, name);
  const options = all
    .helpInformation()
    .replace(/^[\s\S]*?\nOptions:/u, '')
    .trimEnd();
  return `\nConfiguration, by flag, environment or file; each command accepts the flags that its own help lists:${options}${secretsHelp(OPTION_NAMES)}${exitHelp()}`;
}

/** Secrets have no flag: an argument shows in the process list. */
function secretsHelp(names: readonly OptionName[]): string {
  const lines = names.flatMap((name) => {
    const definition = OPTIONS[name];
    return 'isSecret' in definition ? [`  ${variablesOf(name).join(' or ').padEnd(30)}${definition.help}`] : [];
  });
  if (lines.length === 0) return '';
  return `\n\nSecrets, from the environment only (NAME_FILE is the path of a file that contains NAME):\n${lines.join('\n')}\n`;
}

function addOption(parser: Parser, name: OptionName): void {
  const definition: {
    readonly value?: string;
    readonly help: string;
    readonly default?: string;
    readonly isSecret?: true;
  } = OPTIONS[name];
  // A secret in an argument shows in the process list.
  if (definition.isSecret) return;
  const argument = definition.value === undefined ? ' [true|false]' : ` <${definition.value}>`;
  const fallback = definition.default ? `, default ${definition.default}` : '';
  const short = name === 'output' ? '-o, ' : '';
  parser.addOption(
    new Option(
      `${short}${flagOf(name)}${argument}`,
      `${definition.help} (environment ${variablesOf(name).join(' or ')}${fallback})`,
    ),
  );
}
