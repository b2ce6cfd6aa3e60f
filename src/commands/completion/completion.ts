import { Argument } from 'commander';
import { type Command, usage } from '../../cli/command.ts';
import { bashCompletion } from './bash.ts';

interface CompletionArguments {
  /** The script for the shell that was named. */
  readonly shell: string;
}

export const completion: Command<CompletionArguments> = {
  name: 'completion',
  summary: 'print a script by which bash completes commands, options and their values',
  options: [],
  epilogue: '\nFor one shell: source <(drift-detector completion bash)\n',
  example: 'completion bash',
  define: (parser) =>
    parser.addArgument(
      new Argument('<SHELL>', 'the shell').choices(['bash']).argParser((shell) => {
        if (shell !== 'bash') throw usage('completion is made for bash only', 'drift-detector completion bash');
        // By now the parser above has every command with its options: what the command line takes is what is completed.
        return bashCompletion(parser.parent ?? parser);
      }),
    ),
  run: ({ given }, process) => {
    process.out(given.shell);
    return Promise.resolve(0);
  },
};
