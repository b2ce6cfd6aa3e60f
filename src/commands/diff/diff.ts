import { Option } from 'commander';
import { type Command, collect, collectList } from '../../cli/command.ts';

/** Names of files and folders, `-` is standard input. */
export interface DiffArguments {
  readonly desired: readonly string[];
  readonly live: readonly string[];
  readonly schema?: readonly string[];
  readonly fieldManager?: readonly string[];
  readonly output: 'json' | 'yaml' | 'table';
  /** Path whose judgement is to be explained. */
  readonly explain?: string;
}

export const diff: Command<DiffArguments> = {
  name: 'diff',
  summary: 'compare manifests with live objects from files; asks no server',
  options: ['ignoreFile', 'detailedExitcode', 'allowEmpty', 'maxFileMb', 'timeout'],
  epilogue: '\nThe options --desired, --live, --field-manager and --schema may be given several times.\n',
  example: 'diff --desired web.yaml --live live.yaml',
  exits: ['driftFound', 'incomplete'],
  diesBySignal: true,
  define: (parser) =>
    parser
      .requiredOption(
        '--desired <FILE>',
        'desired state: a file of YAML or JSON, a folder with those below it, or - for standard input',
        collect,
      )
      .requiredOption(
        '--live <FILE>',
        'live state, as kubectl get -o yaml --show-managed-fields prints it; omitted or empty: no live object',
        collect,
      )
      .option(
        '--field-manager <NAME>',
        'field manager that applies desired state (environment DRIFT_DESIRED_MANAGERS, default confighub)',
        collectList,
      )
      .option('--schema <FILE>', 'OpenAPI v3 document or CustomResourceDefinitions; built-in kinds are known', collect)
      .option('--explain <PATH>', 'show which rule decided about this field, and on what evidence')
      .addOption(
        new Option('-o, --output <FORMAT>', 'format of the result').choices(['table', 'diff', 'json', 'yaml']).default('table'),
      ),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
