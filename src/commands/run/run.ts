import type { Command } from '../../cli/command.ts';
import { OPTION_NAMES } from '../../cli/options/options.ts';
import type { ExitName } from '../../domain/exit-codes.ts';

const JUDGED = ['driftFound', 'incomplete', 'guardTripped'] as const;

function passCommand(name: 'run' | 'check', summary: string, example: string, exits: readonly ExitName[]): Command {
  return {
    name,
    summary,
    options: OPTION_NAMES,
    example,
    exits,
    run: async (invocation, process) => (await import('./execute.ts')).execute(name, invocation, process),
  };
}

export const run = passCommand('run', 'one pass: compare, rank, fix what may be fixed, commit the report', 'run --dry-run', [
  ...JUDGED,
  'lockLost',
]);

export const check = passCommand(
  'check',
  'compare and print, with decisions.yaml and the last report if REPORT_REPO can be read; writes nothing',
  'check --detailed-exitcode -o wide',
  JUDGED,
);
