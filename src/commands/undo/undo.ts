import type { Command } from '../../cli/command.ts';

export interface UndoArguments {
  /** `project/slug` */
  readonly changeset: string;
}

export const undo: Command<UndoArguments> = {
  name: 'undo',
  summary: 'put back what the corrections under a changeset took away',
  options: [
    'confighubUrl',
    'confighubToken',
    'confighubWorkerId',
    'confighubWorkerSecret',
    'kubeconfig',
    'context',
    'cluster',
    'desiredManagers',
    'leaseNamespace',
    'leaseDuration',
    'dryRun',
    'timeout',
  ],
  example: 'undo shop-dev/drift-2026-11-24 --dry-run',
  exits: ['incomplete', 'lockLost'],
  define: (parser) => parser.argument('<CHANGESET>', 'project/slug of the changeset whose corrections are to be taken back'),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
