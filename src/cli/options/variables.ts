import { OPTIONS, type OptionName, snakeOf } from './options.ts';
import type { Option } from './values.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's environment; read here and nowhere else. */
export function readEnvironment(): Environment {
  return process.env;
}

/** An option's value from the environment. */
export interface Setting {
  /** The variable, `CUB_TOKEN_FILE` where a file holds the value. */
  readonly variable: string;
  /** The value, or the path of its file. */
  readonly text: string;
  readonly isFile: boolean;
  /** The last name of a variable that was found under its former one. */
  readonly renamed: string | undefined;
}

/** `DRIFT_MAX_FIXES` of `maxFixes`; those of the walk-through have names of their own. The first that is set wins. */
export function variablesOf(name: OptionName): readonly [string, ...string[]] {
  return definitionOf(name).env ?? [`DRIFT_${snakeOf(name).toUpperCase()}`];
}

/**
 * The name without the prefix, which is read for one release; `undefined` where the name stays, or the option is younger. Then go
 * with it: `former`, `formerUnit` and `clash` of options, `renamed` and `warningsOf`.
 */
export function formerVariableOf(name: OptionName): string | undefined {
  const { env, former = snakeOf(name).toUpperCase() } = definitionOf(name);
  return env || former === false ? undefined : former;
}

/** `undefined` where no variable of the option is set; an empty one counts as not set. */
export function settingOf(name: OptionName, environment: Environment): Setting | undefined {
  const { isSecret, formerUnit = '' } = definitionOf(name);
  const former = formerVariableOf(name);
  const [last, ...others] = variablesOf(name);
  for (const base of [last, ...others, ...(former === undefined ? [] : [former])])
    for (const suffix of isSecret ? ['', '_FILE'] : ['']) {
      const variable = base + suffix;
      const text = environment[variable];
      if (text === undefined || text === '') continue;
      const isFile = suffix !== '';
      if (base !== former) return { variable, text, isFile, renamed: undefined };
      return { variable, text: /^\d+$/u.test(text) ? text + formerUnit : text, isFile, renamed: last + suffix };
    }
  return undefined;
}

/** A sentence for each former name that is read. */
export function warningsOf(names: readonly OptionName[], environment: Environment): readonly string[] {
  return names.flatMap((name) => {
    const { variable, renamed } = settingOf(name, environment) ?? {};
    if (renamed === undefined) return [];
    const { clash } = definitionOf(name);
    const risk = clash ? ` CI systems and images set ${variable} for their own purposes: ${clash}.` : '';
    return [`${variable} is deprecated, and the next release ignores it: rename it to ${renamed}.${risk}`];
  });
}

function definitionOf(name: OptionName): Option {
  return OPTIONS[name];
}
