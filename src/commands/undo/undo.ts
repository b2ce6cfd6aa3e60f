import type { Command } from '../../cli/command.ts';

export interface UndoArguments {
  /** `project/slug` */
  readonly changeset: string;
}

export const undo: Command<UndoArguments> = {
  name: 'undo',
  summary: 'revert the fixes of a changeset',
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
  define: (parser) => parser.argument('<CHANGESET>', 'project/slug of the changeset whose fixes are reverted'),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
