import { type Argument, type Option, Command as Parser } from 'commander';
import { COMMON_EXITS, type Command } from '../../src/cli/command.ts';
import { flagOf, OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { COMMANDS } from '../../src/commands/commands.ts';
import { cubProgram } from '../../src/commands/cub/program.ts';
import { EXIT_CODES, type ExitName } from '../../src/domain/exit-codes.ts';
import { code, tableOf } from './markdown.ts';

// docs/cli.md, which follows from COMMANDS.

const HEAD = `# Commands

Generated from the commands under [src/commands](../src/commands/). To rewrite it after a change:
\`UPDATE=1 npm run mocha -- test/docs/generated.test.ts\`.

\`drift-detector COMMAND --help\` prints the same with every option. In a clone, \`npm run drift-detector -- COMMAND\` runs a command.
To have \`drift-detector\` and \`kubectl drift\` on the PATH: \`npm run package\`, then \`npm install -g\` with the file that it names. They
need Node 24.3 or newer, and nothing else of npm.
Options that several commands share are explained in [configuration.md](configuration.md).
`;

/** The table of some exit codes. */
function exitTable(names: readonly ExitName[]): string {
  const rows = Object.entries(EXIT_CODES).filter(([name]) => names.some((wanted) => wanted === name));
  return tableOf(
    ['code', 'meaning'],
    rows.map(([, { code: exit, meaning }]) => [String(exit), meaning]),
  );
}

function nameOf(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionRow({
  flags,
  description,
  mandatory,
  defaultValue,
  defaultValueDescription,
  argChoices,
}: Option): readonly string[] {
  const notes = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices ? [`one of ${argChoices.join(', ')}`] : []),
    ...(defaultValue === undefined ? [] : [`default ${defaultValueDescription ?? String(defaultValue)}`]),
  ];
  return [code(flags), notes.length === 0 ? description : `${description} (${notes.join('; ')})`];
}

/** What a command takes of the options that others take as well. */
function sharedOptions({ options }: Command): string {
  if (options.length === 0) return '';
  if (options.length === OPTION_NAMES.length) return 'Options: all of [configuration.md](configuration.md), and `--config`.';
  const isSecret = (name: (typeof options)[number]): boolean => 'isSecret' in OPTIONS[name];
  const flags = options.filter((name) => !isSecret(name)).map((name) => code(flagOf(name)));
  return `Options of [configuration.md](configuration.md): ${[...flags, '`--config`'].join(', ')}.`;
}

function sectionOf(command: Command): string {
  const parser = new Parser(command.name).helpOption(false);
  command.define?.(parser);
  const args = parser.registeredArguments
    .filter(({ description }) => description !== '')
    .map((argument) => [code(nameOf(argument)), argument.description]);
  const own = parser.options.map(optionRow);
  const needed = parser.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  const more = command.options.length + parser.options.length > needed.length ? ['[options]'] : [];
  const usage = [command.name, ...parser.registeredArguments.map(nameOf), ...needed, ...more].join(' ');
  const [others, exits] = [sharedOptions(command), command.exits ?? []];
  const parts = [
    `## ${command.name}`,
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    `\`\`\`\ndrift-detector ${usage}\n\`\`\``,
    ...(args.length + own.length > 0 ? [tableOf(['argument or option', 'meaning'], [...args, ...own])] : []),
    ...(others === '' ? [] : [others]),
    ...(command.epilogue === undefined ? [] : [command.epilogue.trim()]),
    ...(command.name === 'cub' ? [cubTable()] : []),
    `Example: \`drift-detector ${command.example}\``,
    ...(exits.length === 0 ? [] : [`Exit codes, besides [those of every command](#exit-codes):\n\n${exitTable(exits)}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Commands of ConfigHub's client, which has a command line of its own. */
function cubTable(): string {
  const program = cubProgram(
    () => undefined,
    () => undefined,
  );
  const rows = program.commands.flatMap((group) =>
    group.commands.map((command) => {
      const args = command.registeredArguments.map(nameOf);
      const options = command.options.map(({ long, short }) => code(long ?? short ?? ''));
      return [code(['cub', group.name(), command.name(), ...args].join(' ')), command.description(), options.join(', ')];
    }),
  );
  return tableOf(['command', 'meaning', 'options'], rows);
}

export function cliPage(): string {
  const end = `## Exit codes\n\nEvery command may end with these. What a table above names comes on top.\n\n${exitTable(COMMON_EXITS)}\n`;
  return [HEAD, ...COMMANDS.map(sectionOf), end].join('\n');
}
