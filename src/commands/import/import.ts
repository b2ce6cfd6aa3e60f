import type { Command } from '../../cli/command.ts';

export interface ImportArguments {
  readonly namespace: string;
  /** Slug of the space of the new units. */
  readonly space: string;
}

export const importCommand: Command<ImportArguments> = {
  name: 'import',
  summary: 'create a clean unit for each object of a namespace; --dry-run prints them; units that exist are left as they are',
  options: [
    'cluster',
    'kubeconfig',
    'context',
    'kinds',
    'desiredManagers',
    'cacheDir',
    'confighubUrl',
    'confighubPlaintext',
    'confighubToken',
    'confighubWorkerId',
    'confighubWorkerSecret',
    'confighubSpace',
    'showValues',
    'dryRun',
    'timeout',
  ],
  example: 'import shop --space shop-dev --dry-run',
  exits: ['incomplete'],
  define: (parser) =>
    parser
      .argument('<NAMESPACE>', 'namespace of the cluster')
      .requiredOption('--space <SPACE>', 'space of the new units; it must exist'),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
