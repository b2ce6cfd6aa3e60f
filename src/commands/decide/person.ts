import type { Environment } from '../../cli/config.ts';
import { runProgram } from '../../clients/processes/run-program.ts';
import { ConfigError } from '../../domain/errors.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
}

/** Who decides: from the environment (an empty value counts as unset), else from the person's Git configuration. */
export async function whoDecides(environment: Environment, signal: AbortSignal): Promise<Person> {
  const name = environment['GIT_AUTHOR_NAME'] || (await gitSetting('user.name', environment, signal));
  const email = environment['GIT_AUTHOR_EMAIL'] || (await gitSetting('user.email', environment, signal));
  if (name !== '' && email !== '') return { name, email };
  throw new ConfigError('a decision needs the name of its author, and Git has none configured', {
    code: 'configuration',
    subject: 'user.name, user.email',
    remedy: 'git config --global user.name "..." and user.email "...", or set GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL.',
  });
}

/** Empty where Git has no such setting. */
async function gitSetting(key: string, environment: Environment, signal: AbortSignal): Promise<string> {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL'].flatMap((name) =>
      environment[name] ? [[name, environment[name]]] : [],
    ),
  );
  try {
    return (await runProgram('git', ['config', '--get', key], { environment: inherited, signal })).stdout.trim();
  } catch (error) {
    if (signal.aborted) throw error;
    return '';
  }
}
