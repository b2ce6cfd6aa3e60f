import { Command, CommanderError, Option } from 'commander';
import { flagOf, OPTION_NAMES, OPTIONS, type OptionName } from '../cli/config.ts';
import type { DecisionKind } from '../domain/decision.ts';
import { ConfigError } from '../domain/errors.ts';
import type { DecideArguments } from './decide/entries.ts';
import type { PromoteArguments } from './promote/command.ts';
import type { ReportArguments } from './report/stored.ts';
import type { UndoArguments } from './undo/undo.ts';

export type CommandName = 'run' | 'check' | 'diff' | 'report' | 'promote' | 'undo' | 'hub' | 'cub' | 'schema';

export interface HubArguments {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly tokenFile: string | undefined;
  readonly apiGeneration: 'all' | 'A' | 'B' | 'C';
}

export interface DiffInvocation {
  readonly desired: readonly string[];
  readonly live: readonly string[];
  readonly schemas: readonly string[];
  readonly form: 'json' | 'yaml' | 'table';
  /** Path whose judgement is to be explained. */
  readonly explain: string | undefined;
}

export type Invocation =
  | {
      readonly command: 'run' | 'check';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: string | undefined;
    }
  | {
      readonly command: 'diff';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: undefined;
      readonly diff: DiffInvocation;
    }
  | {
      readonly command: 'report';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: string | undefined;
      readonly report: ReportArguments;
    }
  | {
      readonly command: 'hub';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: undefined;
      readonly hub: HubArguments;
    }
  | {
      readonly command: 'cub';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: undefined;
      /** Everything behind `cub`; it has a command line of its own. */
      readonly arguments: readonly string[];
    }
  | {
      readonly command: 'promote';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: undefined;
      readonly promote: PromoteArguments;
    }
  | {
      readonly command: 'undo';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: undefined;
      readonly undo: UndoArguments;
    }
  | {
      readonly command: 'decide';
      readonly flags: Readonly<Partial<Record<OptionName, string>>>;
      readonly configFile: string | undefined;
      readonly decide: DecideArguments;
    }
  | { readonly command: 'schema' }
  /** Help or version was printed. */
  | { readonly command: 'none' };

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const EXIT_HELP = `
Exit codes: 0 complete, 2 drift found (--detailed-exitcode), 20 incomplete, 21 guard tripped,
22 another pass is at work, 64 usage, 75 dependency unavailable, 77 permission, 78 configuration, 143 terminated.`;

const REPORT_EXIT_HELP = `
It ends with 0 once a report was shown, whatever that holds; with --detailed-exitcode by what is in it: with 21 where
a guard had tripped, else with 20 where it is incomplete, else with 2 where drift is open.`;

/** Reads the command line; help and version go to standard output, mistakes are `ConfigError`s of code `usage`. */
export function parseCommandLine(argv: readonly string[], version: string, terminal: Terminal): Invocation {
  if (argv[0] === 'cub') return { command: 'cub', flags: {}, configFile: undefined, arguments: argv.slice(1) };
  let invocation: Invocation = { command: 'none' };
  const program = new Command('drift-detector')
    .description(
      'Finds drift between live Kubernetes workloads and their ConfigHub units, fixes it, and commits a report to Git.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', () => `\nOptions of run and check:${optionsHelp(run)}${secretsHelp()}${EXIT_HELP}`)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: () => undefined });

  const passCommand = (name: 'run' | 'check', description: string, isDefault: boolean): Command => {
    const command = program.command(name, { isDefault }).description(description).exitOverride();
    command.addOption(
      new Option('--config <FILE>', 'configuration file, YAML with the names below in camel case (environment DRIFT_CONFIG)'),
    );
    for (const option of OPTION_NAMES) addOption(command, option);
    command.addHelpText('after', secretsHelp() + EXIT_HELP);
    command.action(({ config, ...given }: Record<string, string | true | undefined>) => {
      invocation = { command: name, flags: flagsOf(given), configFile: typeof config === 'string' ? config : undefined };
    });
    return command;
  };
  const run = passCommand('run', 'one pass: compare, rank, fix what may be fixed, commit the report (default)', true);
  passCommand(
    'check',
    'compare and print, by decisions.yaml and the last report where REPORT_REPO can be read; never writes anything anywhere',
    false,
  );

  const diff = program
    .command('diff')
    .description('compare manifests with live objects from files; asks no server')
    .exitOverride();
  diff.requiredOption(
    '--desired <FILE>',
    'what is wanted: YAML or JSON, one document, several or a List; - for standard input',
    collect,
  );
  diff.requiredOption(
    '--live <FILE>',
    'what is there, as kubectl get -o yaml --show-managed-fields prints it; absent or empty: nothing is there',
    collect,
  );
  diff.option(
    '--field-manager <NAME>',
    'field manager that carries desired state (environment DESIRED_MANAGERS, default confighub)',
    collect,
  );
  diff.option('--schema <FILE>', 'OpenAPI v3 document or CustomResourceDefinitions; built-in kinds are known', collect);
  diff.option('--explain <PATH>', 'tell which rule judged this field, and from what evidence');
  diff.addOption(new Option('-o, --output <FORM>', 'form of the result').choices(['json', 'yaml', 'table']).default('table'));
  for (const option of ['ignoreFile', 'detailedExitcode', 'allowEmpty', 'maxFileMb', 'timeout'] as const) addOption(diff, option);
  diff.addHelpText('after', '\nThe options --desired, --live, --field-manager and --schema may be given several times.');
  diff.action((given: DiffFlags) => {
    const { desired, live, schema: schemas = [], fieldManager, output: form, explain, ...others } = given;
    const flags = { ...flagsOf(others), ...(fieldManager ? { desiredManagers: fieldManager.join(',') } : {}) };
    invocation = { command: 'diff', flags, configFile: undefined, diff: { desired, live, schemas, form, explain } };
  });

  const report = program
    .command('report')
    .description('what the report repository holds, in another form; writes nothing')
    .exitOverride();
  report.option(
    '--since <REVISION>',
    'only what changed since a commit, a tag, a branch such as main~3, or for an age such as 24h or 7d',
  );
  report.option('--all-clusters', 'every cluster that reports there, and not only the one of --cluster');
  report.addOption(new Option('--config <FILE>', 'configuration file, as for run (environment DRIFT_CONFIG)'));
  for (const option of [
    'cluster',
    'reportRepo',
    'reportBranch',
    'reportPath',
    'output',
    'detailedExitcode',
    'timeout',
    'gitSshKnownHostsFile',
    'gitCaFile',
  ] as const)
    addOption(report, option);
  report.addHelpText('after', REPORT_EXIT_HELP + secretsHelp() + EXIT_HELP);
  report.action(({ since, allClusters, config, ...given }: Given) => {
    invocation = {
      command: 'report',
      flags: flagsOf(given),
      configFile: typeof config === 'string' ? config : undefined,
      report: { since: typeof since === 'string' ? since : undefined, allClusters: allClusters === true },
    };
  });

  const promote = program
    .command('promote')
    .description('push-upgrade: units take what their upstream changed and keep their own values')
    .exitOverride();
  promote.requiredOption('--to <SPACE>', 'space to promote to, may be given several times', collect);
  promote.option('--regions', 'also the spaces whose name is that one with a dash and a region behind it');
  promote.option('--apply', 'apply what was promoted, through ConfigHub');
  for (const option of ['confighubUrl', 'confighubWorkerId', 'dryRun', 'timeout'] as const) addOption(promote, option);
  promote.addHelpText('after', secretsHelp());
  promote.action(({ to, regions, apply, ...given }: PromoteFlags) => {
    invocation = {
      command: 'promote',
      flags: flagsOf(given),
      configFile: undefined,
      promote: { to, regions: regions === true, apply: apply === true, dryRun: false },
    };
  });

  const undo = program
    .command('undo')
    .argument('<CHANGESET>', 'project/slug of the changeset whose corrections are to be taken back')
    .description('put back what the corrections under a changeset took away')
    .exitOverride();
  for (const option of [
    'confighubUrl',
    'confighubWorkerId',
    'kubeconfig',
    'context',
    'cluster',
    'desiredManagers',
    'leaseNamespace',
    'leaseSeconds',
    'dryRun',
    'timeout',
  ] as const)
    addOption(undo, option);
  undo.addHelpText('after', secretsHelp());
  undo.action((changeSet: string, given: Given) => {
    invocation = { command: 'undo', flags: flagsOf(given), configFile: undefined, undo: { changeSet, dryRun: false } };
  });

  const decideCommand = (kind: DecisionKind, description: string): void => {
    const command = program
      .command(kind)
      .argument('<FINDING>', 'fingerprint, the beginning of one, or a workload such as web, deployment/web, shop/deployment/web')
      .description(`${description}; writes it into decisions.yaml of the report repository and pushes that`)
      .exitOverride();
    const reason = new Option('--reason <TEXT>', 'why; it stands in the report');
    command.addOption(kind === 'ignore' ? reason.makeOptionMandatory() : reason);
    if (kind === 'ignore') command.option('--until <DATE>', 'date or RFC 3339 time at which it ends');
    if (kind === 'adopt') {
      command.option('--space <SPACE>', 'space of the new unit; left out where CONFIGHUB_SPACE names one alone');
      command.option('--unit <NAME>', "slug of the new unit, the workload's name unless given");
    }
    command.addOption(new Option('--config <FILE>', 'configuration file, as for run (environment DRIFT_CONFIG)'));
    for (const option of DECIDE_OPTIONS) addOption(command, option);
    command.addHelpText(
      'after',
      `\nThe commit is yours: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or what Git is set up with.${secretsHelp()}`,
    );
    command.action((finding: string, { reason: why = '', until = '', space = '', unit = '', config, ...given }: Given) => {
      const decide = { kind, finding, reason: String(why), until: String(until), space: String(space), unit: String(unit) };
      const configFile = typeof config === 'string' ? config : undefined;
      invocation = { command: 'decide', flags: flagsOf(given), configFile, decide };
    });
  };
  decideCommand('accept', 'make what is live desired');
  decideCommand('ignore', 'live with a drift');
  decideCommand('fix', 'bring a drift back, though AUTO_FIX is off');
  decideCommand('adopt', 'make a unit of an unmanaged workload');

  const hub = program.command('hub').description('start the embedded ConfigHub').exitOverride();
  hub.requiredOption('--data-dir <DIRECTORY>', 'where it keeps its data; made where it is missing');
  hub.option('--port <N>', 'port; 0 takes a free one', '8090');
  hub.option('--host <ADDRESS>', 'address to listen on; other machines reach it only by another one', '127.0.0.1');
  hub.option('--allow-host <HOST[:PORT]>', 'another host that clients may reach it by; may be repeated', collect, []);
  hub.option('--token-file <FILE>', 'file with the token of admin, instead of admin.token in the data directory');
  hub.addOption(
    new Option('--api-generation <GENERATION>', "speak exactly one generation of ConfigHub's API: A (2025-08), B or C (2026-09)")
      .choices(['all', 'A', 'B', 'C'])
      .default('all'),
  );
  for (const option of ['kubeconfig', 'context', 'logLevel', 'logFormat'] as const) addOption(hub, option);
  hub.action((flags: HubFlags) => {
    const { dataDir, port, host, allowHost, tokenFile, apiGeneration, ...given } = flags;
    const number = Number(port);
    if (!Number.isInteger(number) || number < 0 || number > 65_535) throw usage(`--port ${String(port)} is no port`);
    const noHost = allowHost.find((name) => !isHost(name));
    if (noHost !== undefined) throw usage(`--allow-host ${noHost} is not a host name or address with an optional port`);
    invocation = {
      command: 'hub',
      flags: flagsOf(given),
      configFile: undefined,
      hub: {
        dataDir: String(dataDir),
        port: number,
        host: String(host),
        allowedHosts: allowHost,
        tokenFile: typeof tokenFile === 'string' ? tokenFile : undefined,
        apiGeneration,
      },
    };
  });

  program
    .command('schema')
    .description("print the JSON Schema of a report's data")
    .exitOverride()
    .action(() => {
      invocation = { command: 'schema' };
    });

  program.command('cub').description("ConfigHub's client for the commands of the walk-through (cub --help)").exitOverride();

  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usage(withoutValues(error.message.replace(/^error: /u, '')));
  }
  return invocation;
}

/** What reaches the report repository. */
const DECIDE_OPTIONS = OPTION_NAMES.filter(
  (name) => name === 'cluster' || name === 'timeout' || (/^(report|git)/u.test(name) && !name.startsWith('gitAuthor')),
);

type Given = Readonly<Record<string, string | true | undefined>>;
type PromoteFlags = Given & { readonly to: readonly string[]; readonly regions?: true; readonly apply?: true };

type DiffFlags = Readonly<Record<string, string | true | undefined>> & {
  readonly desired: readonly string[];
  readonly live: readonly string[];
  readonly schema?: readonly string[];
  readonly fieldManager?: readonly string[];
  readonly output: DiffInvocation['form'];
  readonly explain?: string;
};

type HubFlags = Readonly<Record<string, string | true | undefined>> & {
  readonly apiGeneration: HubArguments['apiGeneration'];
  readonly allowHost: readonly string[];
};

/** As a Host header has it. */
function isHost(text: string): boolean {
  const { host } = URL.parse(`http://${text}`) ?? {};
  return host !== undefined && (host === text.toLowerCase() || `${host}:80` === text.toLowerCase());
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A secret that was given as an argument after all is not repeated in a log. */
function withoutValues(message: string): string {
  const [assigned] = /(?<![\w-])--?[\w-]+=/u.exec(message) ?? [];
  return assigned === undefined ? message : `${message.slice(0, message.indexOf(assigned))}${assigned}...'`;
}

function optionsHelp(command: Command): string {
  return command
    .helpInformation()
    .replace(/^[\s\S]*?\nOptions:/u, '')
    .trimEnd();
}

/** Secrets have no flag: an argument shows in the process list. */
function secretsHelp(): string {
  const definitions: readonly { readonly env: readonly string[]; readonly help: string; readonly isSecret?: true }[] =
    Object.values(OPTIONS);
  const lines = definitions
    .filter((definition) => definition.isSecret)
    .map(({ env, help }) => `  ${env.join(' or ').padEnd(30)}${help}`);
  return `\n\nSecrets, from the environment only (NAME_FILE names a file that holds NAME):\n${lines.join('\n')}\n`;
}

function usage(message: string): ConfigError {
  return new ConfigError(message, {
    code: 'usage',
    subject: 'command line',
    remedy: 'drift-detector --help lists commands and options.',
  });
}

function addOption(command: Command, name: OptionName): void {
  const definition: {
    readonly value?: string;
    readonly env: readonly string[];
    readonly help: string;
    readonly default?: string;
    readonly isSecret?: true;
  } = OPTIONS[name];
  // A secret in an argument shows in the process list.
  if (definition.isSecret) return;
  const argument = definition.value === undefined ? ' [true|false]' : ` <${definition.value}>`;
  const fallback = definition.default ? `, default ${definition.default}` : '';
  const short = name === 'output' ? '-o, ' : '';
  command.addOption(
    new Option(
      `${short}${flagOf(name)}${argument}`,
      `${definition.help} (environment ${definition.env.join(' or ')}${fallback})`,
    ),
  );
}

function flagsOf(given: Readonly<Record<string, string | true | undefined>>): Partial<Record<OptionName, string>> {
  const flags: Partial<Record<OptionName, string>> = {};
  for (const name of OPTION_NAMES) {
    const value = given[name];
    if (value !== undefined) flags[name] = String(value);
  }
  return flags;
}
