import { type Command, EXIT_HELP } from '../../cli/command.ts';
import { OPTION_NAMES } from '../../cli/options/options.ts';

function passCommand(name: 'run' | 'check', summary: string): Command {
  return {
    name,
    summary,
    options: OPTION_NAMES,
    epilogue: EXIT_HELP,
    run: async (invocation, process) => (await import('./execute.ts')).execute(name, invocation, process),
  };
}

export const run = passCommand('run', 'one pass: compare, rank, fix what may be fixed, commit the report');

export const check = passCommand(
  'check',
  'compare and print, by decisions.yaml and the last report where REPORT_REPO can be read; never writes anything anywhere',
);
