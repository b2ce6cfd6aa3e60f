/** What an environment is for. It decides how findings are weighed and how long a fresh change is left alone. */
export type EnvironmentKind = 'dev' | 'staging' | 'prod';

export interface DeploymentEnvironment {
  readonly kind: EnvironmentKind;
  /** The kind, and the region where there is one: `prod-eu`. */
  readonly name: string;
}

const KINDS: Readonly<Record<string, EnvironmentKind>> = {
  dev: 'dev',
  development: 'dev',
  staging: 'staging',
  stage: 'staging',
  stg: 'staging',
  prod: 'prod',
  production: 'prod',
  prd: 'prod',
};

export const ENVIRONMENT_WORDS: readonly string[] = Object.keys(KINDS);

/** `Production-EU` is `prod-eu` of kind `prod`; `undefined` for a text whose first word is no environment. */
export function parseEnvironment(text: string): DeploymentEnvironment | undefined {
  const [, word = '', region = ''] = /^([a-z]+)((?:-[a-z0-9]+)*)$/u.exec(text.trim().toLowerCase()) ?? [];
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
  return kind && { kind, name: kind + region };
}
