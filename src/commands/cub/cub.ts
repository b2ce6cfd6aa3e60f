import type { Command } from '../../cli/command.ts';

export interface CubArguments {
  /** Everything behind `cub`. */
  readonly arguments: readonly string[];
}

/** ConfigHub's client has a command line of its own (`program.ts`), and its exit codes 0 and 1. */
export const cub: Command<CubArguments> = {
  name: 'cub',
  summary: "ConfigHub's client for the commands of the walk-through (cub --help)",
  options: [],
  epilogue: '\nIt ends with 1 where an operation on a unit failed.\n',
  example: "cub unit list --space '*' --where 'HeadRevisionNum > LiveRevisionNum'",
  define: (parser) => parser.argument('[ARGUMENTS...]').allowUnknownOption().passThroughOptions().helpOption(false),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
