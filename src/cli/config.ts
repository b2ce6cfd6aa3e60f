import { join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { DEFAULT_MAX_MB, MOST_MB, readTextFile } from '../clients/files/read-file.ts';
import { parseManifest } from '../clients/kubernetes/manifest.ts';
import { parseDuration } from '../domain/duration.ts';
import { ConfigError, messageOf } from '../domain/errors.ts';
import { faultOfCredential, ownSecret, passwordsOf } from '../domain/secret.ts';
import { SHOW_VALUES } from '../domain/show/show-values.ts';
import { mayTakeCredentials } from '../domain/this-machine.ts';
import { FORMS } from '../outputs/formats/form-names.ts';
import { isSafeWebhook } from '../outputs/notify/address.ts';

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

/** Every source gives text; a configuration file may give the real type as well. */
const boolean = z.preprocess(
  (value) => (typeof value === 'string' ? (BOOLEANS[value.toLowerCase()] ?? value) : value),
  z.boolean(),
);
const whole = (min: number, max: number): z.ZodType<number> =>
  z.preprocess(
    // Digits only: an empty text would otherwise be read as 0.
    (value) => (typeof value === 'string' && /^\d+$/u.test(value.trim()) ? Number(value) : value),
    z.number().int().min(min).max(max),
  );
const list = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== '')
      : value,
  z.array(z.string().min(1)),
);
const address = z
  .string()
  .refine((value) => /^https?:\/\/[^/\s@]+(\/[^\s@]*)?$/u.test(value), 'is no http(s) address without a user in it');
/** Prompts go to a host that is known to be it, or to one on this machine. */
const safeAddress = address.refine(mayTakeCredentials, 'must be https, or a server on this machine');
/** A Go duration such as `30m` or `1h30m`, in seconds. */
const duration = z.string().transform((text, context) => {
  const nanoseconds = parseDuration(text.trim());
  if (nanoseconds !== undefined && nanoseconds >= 0) return nanoseconds / 1e9;
  context.addIssue({ code: 'custom', message: 'is no duration such as 30m or 1h30m' });
  return z.NEVER;
});
/** One line and nothing that cannot be seen: an error never holds the value. */
const credential = z
  .string()
  .trim()
  .superRefine((text, context) => {
    const fault = faultOfCredential(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });
/** The receiver learns what drifts where: only a host that is known to be it, or one on this machine. */
const secretAddress = credential
  .refine((text) => isSafeWebhook(text), 'must be an https address without a user in it, or one on this machine')
  .transform((text) => {
    // Errors of others name the path alone, which is often all that keeps others from posting there.
    if (URL.canParse(text)) ownSecret(new URL(text).pathname);
    return ownSecret(text);
  });
const secret = credential.transform(ownSecret);
/** A private key has lines; what else it must be is told where it is used. */
const secretKey = z
  .string()
  .trim()
  .superRefine((text, context) => {
    const fault = faultOfCredential(text.replaceAll(/\r?\n/gu, ''));
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .transform(ownSecret);

interface Option<S extends z.ZodType> {
  readonly schema: S;
  /** Environment variables, the first that is set wins. */
  readonly env: readonly string[];
  readonly help: string;
  /** What the value is called in help; absent for switches. */
  readonly value?: string;
  /** As text, the way a user would write it. */
  readonly default?: string;
  /** Never a flag or a file entry: a secret in an argument shows in the process list. `NAME_FILE` names a file instead. */
  readonly isSecret?: true;
}

/** Keeps the exact type, by which a missing default is known at compile time. */
function option<const O extends Option<z.ZodType>>(definition: O): O {
  return definition;
}

/** Configuration's only truth: flags, environment, file, defaults and help all come from this table. */
export const OPTIONS = {
  cluster: option({
    schema: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/u, 'must be 1 to 32 lower-case letters, digits or dashes'),
    env: ['CLUSTER'],
    value: 'NAME',
    default: 'default',
    help: 'name of this cluster in reports and changesets',
  }),
  environment: option({
    schema: z.string(),
    env: ['ENVIRONMENT'],
    value: 'NAME',
    default: 'dev',
    help: 'dev, staging or prod: weighs findings',
  }),
  kubeconfig: option({
    schema: z.string(),
    env: ['KUBECONFIG'],
    value: 'FILE',
    default: '',
    help: 'kubeconfig file; without it the pod service account',
  }),
  context: option({ schema: z.string(), env: ['KUBE_CONTEXT'], value: 'NAME', default: '', help: 'context of the kubeconfig' }),
  namespaceSelector: option({
    schema: z.string().min(1),
    env: ['NAMESPACE_SELECTOR'],
    value: 'SELECTOR',
    default: 'monitored=true',
    help: 'label selector of the namespaces to watch',
  }),
  kinds: option({
    schema: list.pipe(
      z.array(z.string().regex(/^([a-z0-9.-]+\/)?v[a-z0-9]+\/[A-Z][A-Za-z0-9]*$/u, 'must look like apps/v1/Deployment')).min(1),
    ),
    env: ['KINDS'],
    value: 'LIST',
    default: 'apps/v1/Deployment,apps/v1/StatefulSet,apps/v1/DaemonSet',
    help: 'kinds to compare, as apiVersion/Kind',
  }),
  maxFileMb: option({
    schema: whole(1, MOST_MB),
    env: ['MAX_FILE_MB'],
    value: 'MB',
    default: String(DEFAULT_MAX_MB),
    help: `largest file or standard input that is read, in MB, at most ${MOST_MB}`,
  }),
  ignoreFile: option({
    schema: z.string(),
    env: ['IGNORE_FILE'],
    value: 'FILE',
    default: '',
    help: 'YAML file of rules for drift to live with, each with a reason (ignore: [{kind, name, path, reason}])',
  }),
  cacheDir: option({
    schema: z.string(),
    env: ['CACHE_DIR'],
    value: 'DIRECTORY',
    default: 'auto',
    help: 'where schemas of the API server are kept between passes: a folder, none, or auto for the user cache',
  }),
  desiredManagers: option({
    schema: list,
    env: ['DESIRED_MANAGERS'],
    value: 'LIST',
    default: 'confighub,confighub-bridge-worker',
    help: 'field managers that deliver desired state, the usual one first; add argocd-controller, kustomize-controller, helm where these do',
  }),
  confighubUrl: option({ schema: address, env: ['CONFIGHUB_URL'], value: 'URL', help: 'address of ConfigHub' }),
  confighubToken: option({ schema: secret, env: ['CUB_TOKEN', 'CONFIGHUB_TOKEN'], isSecret: true, help: 'token for ConfigHub' }),
  confighubWorkerId: option({
    schema: z.guid('is no UUID'),
    env: ['CONFIGHUB_WORKER_ID'],
    value: 'UUID',
    help: 'worker to log in as, in place of a token: the login that needs no renewal',
  }),
  confighubWorkerSecret: option({
    schema: secret,
    env: ['CONFIGHUB_WORKER_SECRET'],
    isSecret: true,
    help: 'secret of that worker',
  }),
  confighubSpace: option({
    schema: list,
    env: ['CONFIGHUB_SPACE'],
    value: 'LIST',
    default: '',
    help: 'spaces with the desired units',
  }),
  confighubWhere: option({
    schema: z.string(),
    env: ['CONFIGHUB_WHERE'],
    value: 'QUERY',
    default: '',
    help: 'units by a ConfigHub query',
  }),
  confighubFilter: option({
    schema: z.string(),
    env: ['CONFIGHUB_FILTER'],
    value: 'PROJECT/FILTER',
    default: '',
    help: 'units by a ConfigHub filter',
  }),
  target: option({
    schema: z.string(),
    env: ['TARGET'],
    value: 'SLUG',
    default: '',
    help: 'target that this cluster is; units of others are left out',
  }),
  showValues: option({
    schema: z.enum(SHOW_VALUES),
    env: ['SHOW_VALUES'],
    value: 'WHICH',
    default: 'safe',
    help: 'values that logs, reports, revisions and messages show: safe (only those known to be harmless) or none',
  }),
  autoFix: option({
    schema: boolean,
    env: ['AUTO_FIX'],
    default: 'false',
    help: 'bring drift back instead of only reporting it',
  }),
  createMissing: option({
    schema: boolean,
    env: ['CREATE_MISSING'],
    default: 'false',
    help: 'create declared objects that are missing',
  }),
  changeset: option({
    schema: z.string(),
    env: ['CHANGESET'],
    value: 'PROJECT/SLUG',
    default: '',
    help: 'changeset for corrections',
  }),
  changesetApply: option({
    schema: boolean,
    env: ['CHANGESET_APPLY'],
    default: 'false',
    help: "apply what was written under a person's changeset",
  }),
  publishRelease: option({
    schema: boolean,
    env: ['PUBLISH_RELEASE'],
    default: 'false',
    help: 'publish the space of a corrected unit, where ConfigHub releases spaces (API from late 2026)',
  }),
  auditRevisions: option({
    schema: boolean,
    env: ['AUDIT_REVISIONS'],
    default: 'true',
    help: 'write each correction as a pair of revisions',
  }),
  maxFixes: option({
    schema: whole(0, 100_000),
    env: ['MAX_FIXES'],
    value: 'N',
    default: '25',
    help: 'objects that one pass may change',
  }),
  maxFixPercent: option({
    schema: whole(0, 100),
    env: ['MAX_FIX_PERCENT'],
    value: 'N',
    default: '20',
    help: 'share of compared objects that one pass may change',
  }),
  maxShrinkPercent: option({
    schema: whole(0, 100),
    env: ['MAX_SHRINK_PERCENT'],
    value: 'N',
    default: '49',
    help: 'by how much fewer objects units may declare than at the last report: the default stops at half',
  }),
  maxToZero: option({
    schema: whole(0, 100_000),
    env: ['MAX_TO_ZERO'],
    value: 'N',
    default: '1',
    help: 'running workloads that one pass may scale to no replica',
  }),
  fixGrace: option({
    schema: duration,
    env: ['FIX_GRACE'],
    value: 'DURATION',
    help: 'time that a fresh change is left alone, such as 30m (0 in dev, 30m elsewhere)',
  }),
  contestedAfter: option({
    schema: whole(0, 20),
    env: ['CONTESTED_AFTER'],
    value: 'N',
    default: '3',
    help: 'corrections of a field within 24 h after which it is left to whoever takes it back; 0 for no limit',
  }),
  waitHealthy: option({
    schema: duration,
    env: ['WAIT_HEALTHY'],
    value: 'DURATION',
    default: '1m',
    help: 'how long corrected workloads are waited for until they are rolled out and healthy; 0 for not at all',
  }),
  dryRun: option({ schema: boolean, env: ['DRY_RUN'], default: 'false', help: 'plan and print, write nothing' }),
  claudeApiKey: option({
    schema: secret,
    env: ['CLAUDE_API_KEY'],
    isSecret: true,
    help: 'key for Claude; without it a heuristic ranks',
  }),
  claudeBaseUrl: option({
    schema: safeAddress,
    env: ['CLAUDE_BASE_URL'],
    value: 'URL',
    default: 'https://api.anthropic.com',
    help: 'address of the Claude API',
  }),
  claudeModel: option({
    schema: z.string().min(1),
    env: ['CLAUDE_MODEL'],
    value: 'ID',
    default: 'claude-haiku-5-5',
    help: 'model that ranks',
  }),
  reportRepo: option({
    schema: z.string().min(1),
    env: ['REPORT_REPO'],
    value: 'URL',
    help: 'Git repository that the report is committed to',
  }),
  reportBranch: option({
    schema: z.string().min(1),
    env: ['REPORT_BRANCH'],
    value: 'NAME',
    default: 'main',
    help: 'branch of the report repository',
  }),
  reportPath: option({
    schema: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/u, 'must be one plain folder name'),
    env: ['REPORT_PATH'],
    value: 'FOLDER',
    default: 'reports',
    help: 'folder of the reports in the repository',
  }),
  gitToken: option({ schema: secret, env: ['GIT_TOKEN'], isSecret: true, help: 'password for an https report repository' }),
  gitCaFile: option({
    schema: z.string(),
    env: ['GIT_CA_FILE'],
    value: 'FILE',
    default: '',
    help: "PEM file of the authorities to trust for an https report repository, in place of the system's",
  }),
  gitSshKey: option({
    schema: secretKey,
    env: ['GIT_SSH_KEY'],
    isSecret: true,
    help: 'private key for an ssh report repository, without a passphrase',
  }),
  gitSshKnownHostsFile: option({
    schema: z.string(),
    env: ['GIT_SSH_KNOWN_HOSTS_FILE'],
    value: 'FILE',
    default: '',
    help: 'known_hosts file with the keys of the ssh host; an unknown host is always refused',
  }),
  gitSigningKey: option({
    schema: secretKey,
    env: ['GIT_SIGNING_KEY'],
    isSecret: true,
    help: 'private ssh key that signs report commits, without a passphrase',
  }),
  gitAuthorName: option({
    schema: z.string().min(1),
    env: ['GIT_AUTHOR_NAME'],
    value: 'NAME',
    default: 'drift-detector',
    help: 'author of report commits',
  }),
  gitAuthorEmail: option({
    schema: z.string().min(1),
    env: ['GIT_AUTHOR_EMAIL'],
    value: 'ADDRESS',
    default: 'drift-detector@noreply.invalid',
    help: 'address of that author',
  }),
  commitUrl: option({
    schema: z
      .string()
      .refine(
        (text) => text === '' || (/^https:\/\/[^\s@{][^\s@]*$/u.test(text) && text.includes('{commit}')),
        'must be an https address without a user in it, with {commit} in its path',
      ),
    env: ['COMMIT_URL'],
    value: 'TEMPLATE',
    default: '',
    help: 'page of a report commit, with {commit} for its hash; without it derived from an https report repository',
  }),
  webhookUrl: option({
    schema: secretAddress,
    env: ['WEBHOOK_URL'],
    isSecret: true,
    help: 'address that news in the report is announced to',
  }),
  webhookSecret: option({
    schema: secret,
    env: ['WEBHOOK_SECRET'],
    isSecret: true,
    help: 'key that announcements are signed with (HMAC-SHA256)',
  }),
  webhookFormat: option({
    schema: z.enum(['json', 'slack']),
    env: ['WEBHOOK_FORMAT'],
    value: 'FORMAT',
    default: 'json',
    help: 'json, or slack for what takes messages as Slack does',
  }),
  events: option({
    schema: boolean,
    env: ['EVENTS'],
    default: 'false',
    help: 'write Kubernetes events on workloads whose drift begins, ends or is held, and on the CronJob',
  }),
  cronjob: option({
    schema: z.string(),
    env: ['CRONJOB'],
    value: 'NAME',
    default: '',
    help: 'CronJob that runs the passes, for events on a tripped guard or a failed pass',
  }),
  metricsFile: option({
    schema: z.string(),
    env: ['METRICS_FILE'],
    value: 'FILE',
    default: '',
    help: 'file that each pass writes its metrics to (OpenMetrics text)',
  }),
  allowEmpty: option({
    schema: boolean,
    env: ['ALLOW_EMPTY'],
    default: 'false',
    help: 'accept zero units, workloads or declared objects',
  }),
  leaseNamespace: option({
    schema: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$|^$/u, 'must be the name of a namespace'),
    env: ['LEASE_NAMESPACE'],
    value: 'NAME',
    default: '',
    help: "namespace of the Lease that keeps passes apart; without it the pod's own, else default",
  }),
  leaseSeconds: option({
    schema: whole(1, 3_600),
    env: ['LEASE_SECONDS'],
    value: 'SECONDS',
    default: '30',
    help: 'how long a killed pass holds the Lease',
  }),
  detailedExitcode: option({
    schema: boolean,
    env: ['DETAILED_EXITCODE'],
    default: 'false',
    help: 'exit 2 where drift was found',
  }),
  timeout: option({
    schema: whole(1, 86_400),
    env: ['TIMEOUT'],
    value: 'SECONDS',
    default: '600',
    help: 'deadline of the whole pass',
  }),
  logLevel: option({
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    env: ['LOG_LEVEL'],
    value: 'LEVEL',
    default: 'info',
    help: 'debug, info, warn or error',
  }),
  logFormat: option({
    schema: z.enum(['auto', 'json', 'pretty']),
    env: ['LOG_FORMAT'],
    value: 'FORMAT',
    default: 'auto',
    help: 'json in a pod, pretty on a terminal',
  }),
  output: option({
    schema: z.enum(FORMS),
    env: ['OUTPUT'],
    value: 'FORM',
    default: 'table',
    help: `form of the result: ${FORMS.slice(0, -1).join(', ')} or ${FORMS.at(-1)}`,
  }),
  quiet: option({
    schema: boolean,
    env: ['QUIET'],
    default: 'false',
    help: 'only the result, and errors: no progress, no log below LOG_LEVEL=error',
  }),
} as const;

export type OptionName = keyof typeof OPTIONS;
type Parsed = { readonly [K in OptionName]: z.output<(typeof OPTIONS)[K]['schema']> };
/** Without a default there may be no value; the command that needs one asks for it by `required`. */
type Defaultless = { [K in OptionName]: (typeof OPTIONS)[K] extends { readonly default: string } ? never : K }[OptionName];
export type Config = Omit<Parsed, Defaultless> & { readonly [K in Defaultless]: Parsed[K] | undefined };

export type Environment = Readonly<Record<string, string | undefined>>;

const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];

/** The process's environment; read here and nowhere else. */
export function readEnvironment(): Environment {
  return process.env;
}

/** What the command line says, as text. */
export type Flags = Readonly<Partial<Record<OptionName, string>>>;

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** `--namespace-selector` of `namespaceSelector`. */
export function flagOf(name: OptionName): string {
  return `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** TIMEOUT in seconds, as far as it is known before any file is read. */
export function timeoutOf(flags: Flags, environment: Environment): number {
  const { schema, env, default: usual } = OPTIONS.timeout;
  const given = flags.timeout ?? (environment[env[0]] || usual);
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
    const definition: Option<z.ZodType> = OPTIONS[name];
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
        remedy: 'Correct it; drift-detector --help lists every option.',
      },
    );
  }
  // Each name was parsed by its own schema above.
  return config as Config;
}

/** What is wrong with a value. Of a secret only what was written for it here: a message of the library may repeat the value. */
function complaint({ isSecret }: Option<z.ZodType>, value: unknown, issue: z.core.$ZodIssue | undefined): string {
  if (isSecret && issue?.code !== 'custom') return 'is empty';
  if (issue?.code === 'invalid_value') {
    const names = issue.values.map(String);
    return `${JSON.stringify(String(value).slice(0, 50))} is none of ${names.join(', ')}${suggestion(String(value), names)}`;
  }
  return issue?.message ?? 'is not valid';
}

/** The folder of CACHE_DIR (XDG Base Directory Specification); empty for none, as where there is no home. */
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
  const variable = OPTIONS[name].env[0] ?? name;
  throw new ConfigError(`${variable} is not set: ${OPTIONS[name].help}`, {
    code: 'configuration',
    subject: variable,
    remedy:
      'isSecret' in OPTIONS[name]
        ? `Set ${variable}, or ${variable}_FILE to a file that holds it.`
        : `Set ${variable}, or pass ${flagOf(name)}.`,
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
  definition: Option<z.ZodType>,
  { flags, environment, fromFile, signal }: Sources,
  errors: string[],
): Promise<{ readonly value: unknown; readonly source: string }> {
  if (flags[name] !== undefined) return { value: flags[name], source: flagOf(name) };
  for (const variable of definition.env) {
    if (environment[variable] !== undefined && environment[variable] !== '')
      return { value: environment[variable], source: variable };
    const path = definition.isSecret ? environment[`${variable}_FILE`] : undefined;
    if (path) {
      const source = `${variable}_FILE`;
      return { value: await readSetting(path, `${source}: `, errors, signal), source };
    }
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
  if (others.length > 0) errors.push(`${path} holds more than one document`);
  for (const key of Object.keys(entries)) {
    const definition: Option<z.ZodType> | undefined = Object.hasOwn(OPTIONS, key) ? OPTIONS[key as OptionName] : undefined;
    if (!definition) errors.push(`unknown key ${JSON.stringify(key)} in ${path}${suggestion(key, OPTION_NAMES)}`);
    else if (definition.isSecret) errors.push(`${key} is a secret and may not stand in ${path}; use ${definition.env[0]}_FILE`);
  }
  return entries;
}

function suggestion(key: string, names: readonly string[]): string {
  const [nearest] = names
    .map((name) => ({ name, far: distance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return nearest && nearest.far <= Math.max(2, key.length / 3) ? `, did you mean ${nearest.name}?` : '';
}
