import { execFile } from 'node:child_process';
import type { Environment } from '../config.ts';
import { ConfigError } from '../types/errors.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
}

/** Who decides: as the environment says, an empty value being none, else as Git is set up for them. Nobody else's name stands under a decision. */
export async function whoDecides(environment: Environment, signal: AbortSignal): Promise<Person> {
  const name = environment['GIT_AUTHOR_NAME'] || (await gitSetting('user.name', environment, signal));
  const email = environment['GIT_AUTHOR_EMAIL'] || (await gitSetting('user.email', environment, signal));
  if (name !== '' && email !== '') return { name, email };
  throw new ConfigError('a decision carries the name of who made it, and Git does not know yours', {
    code: 'configuration',
    subject: 'user.name, user.email',
    remedy: 'git config --global user.name "..." and user.email "...", or set GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL.',
  });
}

/** Empty where Git has no such setting. */
function gitSetting(key: string, environment: Environment, signal: AbortSignal): Promise<string> {
  const env = Object.fromEntries(
    ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL'].flatMap((name) =>
      environment[name] ? [[name, environment[name]]] : [],
    ),
  );
  return new Promise((resolve) => {
    execFile('git', ['config', '--get', key], { env, signal }, (_error, stdout) => resolve(stdout.trim()));
  });
}
