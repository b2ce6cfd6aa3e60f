import type { Option, Command as Parser } from 'commander';
import * as z from 'zod';
import { flagOf, OPTION_NAMES, OPTIONS } from '../../cli/options/options.ts';

/** The values that each option of the configuration is limited to, by flag: they are checked there and not by the parser. */
const CHOICES: ReadonlyMap<string, readonly string[]> = new Map(
  OPTION_NAMES.flatMap((name) => {
    const { schema } = OPTIONS[name];
    return schema instanceof z.ZodEnum ? [[flagOf(name), schema.options.map(String)]] : [];
  }),
);

/** A script for bash alone, without the package bash-completion. Where nothing is known, bash completes names of files. */
export function bashCompletion(program: Parser): string {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  return `# Completion of drift-detector for bash.
_drift_detector() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" words=''
  # bash takes --option=value for three words.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then words=${list([...names, ...flags(visibleOptions(program))])}
  else
    case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valueCases).join('\n')}
    *)
      case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(wordCases).join('\n')}
      esac ;;
    esac
  fi
  # Words of this script alone, without a space or a sign of the shell in any.
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
complete -o default -F _drift_detector drift-detector
`;
}

/** What follows an option that takes a value: one of its choices, or else, with no words, a file. */
function valueCases(command: Parser): readonly string[] {
  return visibleOptions(command)
    .filter(({ required }) => required)
    .map((option) => {
      const choices = option.argChoices ?? CHOICES.get(option.long ?? '') ?? [];
      const patterns = flags([option]).map((flag) => `'${command.name()} ${flag}'`);
      return `    ${patterns.join(' | ')}) words=${list(choices)} ;;`;
    });
}

/** What else a command takes: options behind a dash, or else the choices of its arguments. */
function wordCases(command: Parser): readonly string[] {
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return [
    `      '${command.name()} -'*) words=${list(flags(visibleOptions(command)))} ;;`,
    `      '${command.name()} '*) words=${list(choices)} ;;`,
  ];
}

function visibleOptions(command: Parser): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function flags(options: readonly Option[]): readonly string[] {
  return options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
}

/** One word of the shell: what the code names, never what a user gave. */
function list(words: readonly string[]): string {
  const strange = words.find((word) => !/^[\w.,-]+$/u.test(word));
  if (strange !== undefined) throw new Error(`not a word for completion: ${strange}`);
  return `'${words.join(' ')}'`;
}
