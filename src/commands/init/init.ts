import type { Command } from '../../cli/command.ts';

export interface InitArguments {
  /** Path of the new configuration file. */
  readonly file: string;
  readonly force?: true;
}

export const init: Command<InitArguments> = {
  name: 'init',
  summary: 'write a commented configuration file with what is found: context, spaces, report repository; no secrets',
  options: [
    'kubeconfig',
    'context',
    'confighubUrl',
    'confighubPlaintext',
    'confighubToken',
    'confighubWorkerId',
    'confighubWorkerSecret',
    'timeout',
  ],
  example: 'init --context prod-eu',
  define: (parser) =>
    parser
      .argument('[FILE]', 'configuration file to write', 'drift-detector.yaml')
      .option('--force', 'replace a file that exists'),
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
