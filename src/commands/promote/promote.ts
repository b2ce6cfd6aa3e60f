import { type Command, collect } from '../../cli/command.ts';

export interface PromoteArguments {
  /** Slugs of spaces. */
  readonly to: readonly string[];
  /** Also the spaces whose slug is one of these with a dash and a region behind it. */
  readonly regions?: boolean;
  /** Apply what was upgraded, through ConfigHub. */
  readonly apply?: boolean;
}

export const promote: Command<PromoteArguments> = {
  name: 'promote',
  summary: 'push-upgrade: units take the changes of their upstream and keep their own values',
  options: ['confighubUrl', 'confighubToken', 'confighubWorkerId', 'confighubWorkerSecret', 'dryRun', 'timeout'],
  example: 'promote --to shop-prod --regions --dry-run',
  exits: ['incomplete'],
  define: (parser) =>
    parser
      .requiredOption('--to <SPACE>', 'space to promote to, may be given several times', collect)
      .option('--regions', 'also the spaces named SPACE-REGION')
      .option('--apply', 'apply what was promoted, through ConfigHub'),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
