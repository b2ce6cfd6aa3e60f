import { writeFile } from 'node:fs/promises';
import type { Invocation } from '../../cli/command.ts';
import type { Config, Environment } from '../../cli/config.ts';
import { clusterSource, connectHubReading, inheritedEnvironment } from '../../cli/connections.ts';
import { variablesOf } from '../../cli/options/variables.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { connectKubernetes } from '../../clients/kubernetes/transport.ts';
import { runProgram } from '../../clients/processes/run-program.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigError, messageOf, throwUnless, UserError } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { quoted } from '../../domain/shell.ts';
import { fileOf, type Setting } from './file.ts';
import type { InitArguments } from './init.ts';

/** How long ConfigHub may take before it counts as not found. */
const PATIENCE_MS = 20_000;
const SECRETS = ['confighubToken', 'confighubWorkerSecret', 'claudeApiKey'] as const;

type Found = { readonly value: string } | { readonly why: string };

export async function execute(
  { given, configure, signal }: Invocation<InitArguments>,
  { environment, out, err }: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const context = await contextOf(config, signal);
  const spaces = await spacesOf(config, (message) => err(`${sanitize(message)}\n`), signal);
  const repository = await originOf(environment, signal);
  const cluster = 'value' in context ? clusterOf(context.value) : context;
  const url: Found = 'isReached' in spaces ? { value: config.confighubUrl ?? '' } : { why: spaces.why };
  const rows = [
    row('context', 'context', context, 'Context of the kubeconfig; kubectl config get-contexts lists them.', 'prod-eu'),
    row('cluster', 'cluster name', cluster, 'Name of the cluster in reports, guessed from the context.', 'prod-eu'),
    row('confighubUrl', 'ConfigHub', url, 'Address of ConfigHub.', 'https://hub.example.com'),
    row(
      'confighubSpace',
      'spaces',
      spaces,
      'Spaces of the desired units, without bases; keep those of this cluster.',
      'shop-dev',
    ),
    row('reportRepo', 'report repository', repository, 'Git repository of the reports.', 'https://git.example.com/reports.git'),
  ];
  const secrets = SECRETS.map((name) => variablesOf(name)[0]);
  await write(
    given,
    fileOf(
      rows.map(({ setting }) => setting),
      secrets,
    ),
    signal,
  );
  const path = quoted(sanitize(given.file));
  out(`${[...rows.map(({ line }) => line), `Wrote ${path}.`, `Next: drift-detector check --config ${path}`].join('\n')}\n`);
  return EXIT.ok;
}

function row(
  key: Setting['key'],
  name: string,
  found: Found,
  help: string,
  example: string,
): { readonly setting: Setting; readonly line: string } {
  const value = 'value' in found ? found.value : undefined;
  const line = 'value' in found ? `Found ${name}: ${sanitize(found.value)}` : `No ${name}: ${foreignText(found.why)}`;
  return { setting: { key, help, value, example }, line };
}

async function contextOf(config: Config, signal: AbortSignal): Promise<Found> {
  try {
    const transport = await connectKubernetes(clusterSource(config, config.context, signal));
    transport.close();
    return transport.context ? { value: transport.context } : { why: 'the service account of the pod needs none' };
  } catch (error) {
    throwUnless(error, UserError, signal);
    return { why: error.message };
  }
}

/** `arn:aws:eks:eu-west-1:1:cluster/Prod` is `prod`: the last part, in the letters of a cluster's name. */
function clusterOf(context: string): Found {
  const [last = ''] = context.split(/[/@:]/u).slice(-1);
  const value = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .slice(0, 32)
    .replaceAll(/^-|-$/gu, '');
  return value === '' ? { why: 'the context has no letter of such a name' } : { value };
}

type Spaces = { readonly why: string } | ({ readonly isReached: true } & Found);

async function spacesOf(config: Config, warn: (message: string) => void, signal: AbortSignal): Promise<Spaces> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const either = AbortSignal.any([signal, patience]);
  try {
    const hub = await connectHubReading(config, warn, either);
    const slugs = (await hub.listSpaces('', either)).flatMap(({ Slug, Labels }) => (Labels['base'] === 'true' ? [] : [Slug]));
    // A comma would make two names of one.
    const value = slugs
      .filter((slug) => /^[^\s,]+$/u.test(slug))
      .toSorted()
      .join(',');
    return { isReached: true, ...(value === '' ? { why: 'ConfigHub shows none that is no base' } : { value }) };
  } catch (error) {
    if (patience.aborted && !signal.aborted) return { why: `no answer within ${PATIENCE_MS / 1000} s` };
    throwUnless(error, UserError, signal);
    return { why: error.message };
  }
}

async function originOf(environment: Environment, signal: AbortSignal): Promise<Found> {
  try {
    const options = { environment: inheritedEnvironment(environment), signal };
    const url = (await runProgram('git', ['config', '--get', 'remote.origin.url'], options)).stdout.trim();
    return url === '' ? { why: 'this folder is no Git working tree with an origin' } : { value: withoutPassword(url) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { why: `git: ${messageOf(error)}` };
  }
}

/** The user stays in an address of ssh, where it is no secret. */
function withoutPassword(text: string): string {
  if (!text.includes('://') || !URL.canParse(text)) return text;
  const url = new URL(text);
  url.password = '';
  if (url.protocol !== 'ssh:') url.username = '';
  [url.search, url.hash] = ['', ''];
  return url.href;
}

async function write({ file, force }: InitArguments, text: string, signal: AbortSignal): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx', signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const what = isThere ? 'it exists' : messageOf(error);
    throw new ConfigError(`cannot write ${sanitize(file)}: ${what}`, {
      code: isThere ? 'usage' : 'configuration',
      subject: sanitize(file),
      remedy: isThere ? 'Name another file, or replace it with --force.' : 'Name a file in a folder that you may write to.',
    });
  }
}
