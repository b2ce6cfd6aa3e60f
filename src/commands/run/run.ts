import type { Command as Parser } from 'commander';
import { type Command, collect, collectList, refuseManifests } from '../../cli/command.ts';
import { OPTION_NAMES } from '../../cli/options/options.ts';
import type { ExitName } from '../../domain/exit-codes.ts';
import type { RunFlags } from './flags.ts';

const JUDGED = ['driftFound', 'incomplete', 'guardTripped'] as const;

function defineManifests(parser: Parser): void {
  parser
    .option(
      '-f, --filename <FILE>',
      'compare the cluster with manifests instead of ConfigHub: a file, a folder with those below it, or - for standard input',
      collect,
    )
    .option('-k, --kustomize <DIR>', 'the same with what kubectl or kustomize renders from a folder', collect)
    .option('-n, --namespace <NAME>', 'namespace of manifests that name none (default: that of the context)')
    .option(
      '--field-manager <NAME>',
      'field manager that applies the manifests (default: who owns most of their fields in the cluster)',
      collectList,
    );
}

function passCommand(
  name: 'run' | 'check',
  summary: string,
  example: string,
  exits: readonly ExitName[],
  define: (parser: Parser) => void,
): Command<RunFlags> {
  return {
    name,
    summary,
    options: OPTION_NAMES,
    define,
    example,
    exits,
    run: async (invocation, process) => (await import('./execute.ts')).execute(name, invocation, process),
  };
}

export const run = passCommand(
  'run',
  'one pass: compare, rank, fix what may be fixed, commit the report',
  'run --dry-run',
  [...JUDGED, 'lockLost'],
  refuseManifests,
);

export const check = passCommand(
  'check',
  'compare and print, with decisions.yaml and the last report if REPORT_REPO can be read; writes nothing',
  'check --detailed-exitcode -f deploy/',
  JUDGED,
  defineManifests,
);
