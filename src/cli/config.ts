import { join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { readTextFile } from '../clients/files/read-file.ts';
import { parseManifest } from '../clients/kubernetes/manifest.ts';
import { ConfigError, messageOf } from '../domain/errors.ts';
import { ownSecret, passwordsOf } from '../domain/secret.ts';
import { flagOf, OPTION_NAMES, OPTIONS, type OptionName } from './options/options.ts';
import type { Option } from './options/values.ts';
import { type Environment, settingOf, variablesOf } from './options/variables.ts';

type Parsed = { readonly [K in OptionName]: z.output<(typeof OPTIONS)[K]['schema']> };
/** Without a default there may be no value; the command that needs one asks for it by `required`. */
type Defaultless = { [K in OptionName]: (typeof OPTIONS)[K] extends { readonly default: string } ? never : K }[OptionName];
export type Config = Omit<Parsed, Defaultless> & { readonly [K in Defaultless]: Parsed[K] | undefined };

export type { Environment } from './options/variables.ts';

const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];

/** Values from the command line, as text. */
export type Flags = Readonly<Partial<Record<OptionName, string>>>;

/** The timeout in seconds, as far as it is known before any file is read. */
export function timeoutOf(flags: Flags, environment: Environment): number {
  const { schema, default: usual } = OPTIONS.timeout;
  const given = flags.timeout ?? settingOf('timeout', environment)?.text ?? usual;
  return schema.safeParse(given).data ?? schema.parse(usual);
}

/** Reads the configuration: flag over environment over file over default. All errors come back at once. */
export async function loadConfig(
  flags: Flags,
  environment: Environment,
  file: string | undefined,
  signal: AbortSignal,
): Promise<Config> {
  const errors: string[] = [];
  let wrongFlags = 0;
  // Git and others take proxies from the environment, and name them where they fail.
  for (const name of PROXIES)
    for (const variable of [name, name.toLowerCase()]) passwordsOf(environment[variable]).forEach(ownSecret);
  const fromFile = file === undefined ? {} : await readConfigFile(file, errors, signal);
  const config: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const definition: Option = OPTIONS[name];
    const found = await findValue(name, definition, { flags, environment, fromFile, signal }, errors);
    if (found.value === undefined) continue;
    const result = definition.schema.safeParse(found.value);
    if (result.success) config[name] = result.data;
    else {
      errors.push(`${found.source}: ${complaint(definition, found.value, result.error.issues[0])}`);
      if (flags[name] !== undefined) wrongFlags++;
    }
  }
  if (errors.length > 0) {
    // A flag was typed a moment ago; anything else was set up.
    const isUsage = wrongFlags === errors.length;
    throw new ConfigError(
      `the ${isUsage ? 'command line' : 'configuration'} has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}: ${errors.join('; ')}`,
      {
        code: isUsage ? 'usage' : 'configuration',
        subject: isUsage ? 'flags' : (file ?? 'environment and flags'),
        remedy: 'Correct it; drift-detector --help lists all options.',
      },
    );
  }
  // Each name was parsed by its own schema above.
  return config as Config;
}

/** What is wrong with a value. Of a secret only what was written for it here: a message of the library may repeat the value. */
function complaint({ isSecret }: Option, value: unknown, issue: z.core.$ZodIssue | undefined): string {
  if (isSecret && issue?.code !== 'custom') return 'is empty';
  if (issue?.code === 'invalid_value') {
    const names = issue.values.map(String);
    return `${JSON.stringify(String(value).slice(0, 50))} must be one of ${names.join(', ')}${suggestion(String(value), names)}`;
  }
  return issue?.message ?? 'is not valid';
}

/** The folder of `cacheDir` (XDG Base Directory Specification); empty for none, as where there is no home. */
export function cacheFolder(config: Pick<Config, 'cacheDir'>, environment: Environment): string {
  if (config.cacheDir === 'none') return '';
  if (config.cacheDir !== 'auto') return config.cacheDir;
  const { XDG_CACHE_HOME, HOME } = environment;
  const base = XDG_CACHE_HOME || (HOME ? join(HOME, '.cache') : '');
  return base === '' ? '' : join(base, 'drift-detector');
}

/** The value of an option that a command cannot do without. */
export function required<K extends Defaultless>(config: Config, name: K): NonNullable<Config[K]> {
  const value = config[name];
  if (value !== undefined) return value;
  const [variable] = variablesOf(name);
  throw new ConfigError(`${variable} is not set`, {
    code: 'configuration',
    subject: variable,
    remedy: 'isSecret' in OPTIONS[name] ? `Set ${variable} or ${variable}_FILE.` : `Set ${variable} or ${flagOf(name)}.`,
  });
}

interface Sources {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly fromFile: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

async function findValue(
  name: OptionName,
  definition: Option,
  { flags, environment, fromFile, signal }: Sources,
  errors: string[],
): Promise<{ readonly value: unknown; readonly source: string }> {
  if (flags[name] !== undefined) return { value: flags[name], source: flagOf(name) };
  const setting = settingOf(name, environment);
  if (setting !== undefined) {
    const { variable, text, isFile, renamed } = setting;
    const source = renamed === undefined ? variable : `${variable} (now ${renamed})`;
    return { value: isFile ? await readSetting(text, `${source}: `, errors, signal) : text, source };
  }
  if (Object.hasOwn(fromFile, name)) return { value: fromFile[name], source: `${name} in the configuration file` };
  return { value: definition.default, source: name };
}

/** `undefined` where it cannot be read, which is then among the errors. */
async function readSetting(path: string, where: string, errors: string[], signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readTextFile(path, { subject: '', remedy: '', signal });
  } catch (error) {
    if (signal.aborted) throw error;
    errors.push(where + messageOf(error));
    return undefined;
  }
}

async function readConfigFile(path: string, errors: string[], signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const text = await readSetting(path, 'the configuration file ', errors, signal);
  if (text === undefined) return {};
  const manifest = parseManifest(text);
  if (!manifest.ok) {
    errors.push(`${path} is ${manifest.error}`);
    return {};
  }
  const [entries = {}, ...others] = manifest.documents;
  if (others.length > 0) errors.push(`${path} contains more than one document`);
  for (const key of Object.keys(entries)) {
    const definition: Option | undefined = Object.hasOwn(OPTIONS, key) ? OPTIONS[key as OptionName] : undefined;
    if (!definition) errors.push(`unknown key ${JSON.stringify(key)} in ${path}${suggestion(key, OPTION_NAMES)}`);
    else if (definition.isSecret)
      errors.push(`${key} is a secret and must not be in ${path}; use ${variablesOf(key as OptionName)[0]}_FILE`);
  }
  return entries;
}

function suggestion(key: string, names: readonly string[]): string {
  const [nearest] = names
    .map((name) => ({ name, far: distance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return nearest && nearest.far <= Math.max(2, key.length / 3) ? `, did you mean ${nearest.name}?` : '';
}
