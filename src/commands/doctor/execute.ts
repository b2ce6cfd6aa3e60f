import type { Invocation } from '../../cli/command.ts';
import type { Config } from '../../cli/config.ts';
import { readIgnoreFile } from '../../cli/ignore-file.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { sanitize } from '../../domain/describe.ts';
import { EXIT, exitCodeFor } from '../../domain/exit-codes.ts';
import { groupKind } from '../../domain/object-ref.ts';
import { plural } from '../../domain/words.ts';
import { screenOf } from '../../outputs/terminal/screen.ts';
import { requireScope } from '../../pass/options.ts';
import { type Check, checking, ok, variable, warn } from './check.ts';
import { type ClusterFacts, checkCluster, labelCommand } from './cluster.ts';
import { checkHub, type HubFacts } from './hub.ts';
import { checkClaude, checkRepository, checkWebhook } from './others.ts';
import { printerOf } from './print.ts';

const CLUSTER_CHECKS = ['Kubernetes credentials', 'rights', 'monitored namespaces'];

/** Asks every server at once; prints the checks in the order of a pass. Writes nothing anywhere. */
export async function execute({ configure, signal }: Invocation, process: ProcessFacts): Promise<number> {
  const config = await configure();
  const print = printerOf(config.output);
  const { environment } = process;
  const cluster: ClusterFacts = {};
  const hub: HubFacts = {};
  const asked = [
    checking('options', signal, (until) => checkOptions(config, until)),
    checking('API server', signal, (until) => checkCluster(config, environment, cluster, until), CLUSTER_CHECKS),
    checking('ConfigHub', signal, (until) => checkHub(config, hub, until), ['ConfigHub login', 'units']),
    checking('report repository', signal, (until) => checkRepository(config, environment, until), ['right to push']),
    checking('Claude', signal, (until) => checkClaude(config, until)),
    checking('webhook', signal, (until) => checkWebhook(config, until)),
  ];
  // Told to end, each of them takes away what it made; only then the process ends.
  await Promise.allSettled(asked);
  const groups = await Promise.all(asked);
  const checks = [...groups.flat(), ...checkScope(config, cluster, hub), checkFixing(config)];
  process.out(print(checks, screenOf(process)));
  const [code] = checks.flatMap((check) => check.code ?? []);
  return code === undefined ? EXIT.ok : exitCodeFor(code);
}

/** What the values of options do not tell before they are used. */
async function checkOptions(config: Config, signal: AbortSignal): Promise<readonly Check[]> {
  requireScope(config);
  const rules = await readIgnoreFile(config, signal);
  const ignored = rules.length === 0 ? '' : `, ${plural(rules.length, 'ignore rule')}`;
  return [ok('options', `valid, for cluster ${config.cluster}, environment ${config.environment.name}${ignored}`)];
}

/** Namespaces named at most, each in a line of its own. */
const MOST_NAMESPACES = 10;

/** Namespaces that units declare compared objects in, and that are not monitored. */
function checkScope(config: Config, { namespaces }: ClusterFacts, { desired }: HubFacts): readonly Check[] {
  if (!namespaces || !desired) return [];
  const kinds = new Set(config.kinds.map(groupKind));
  const declared = [...desired.objects, ...desired.conflicts.flat()].filter(
    ({ ref }) => ref.namespace !== '' && kinds.has(groupKind(`${ref.apiVersion}/${ref.kind}`)),
  );
  const outside = [...Map.groupBy(declared, ({ ref }) => ref.namespace)]
    .filter(([name]) => !namespaces.monitored.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const check = 'namespace not monitored';
  const lines = outside.slice(0, MOST_NAMESPACES).map(([name, objects]) => {
    const what = `${sanitize(name)}: units declare ${plural(objects.length, 'object')} in it`;
    return namespaces.all.includes(name)
      ? warn(check, `${what}, and drift there is not detected`, labelCommand(sanitize(name), config.namespaceSelector))
      : warn(check, `${what}, and it does not exist`, 'Create the namespace, or correct the units.');
  });
  const more = outside.length - lines.length;
  return more > 0 ? [...lines, warn(check, `and ${plural(more, 'more namespace')}`, 'Label them as well.')] : lines;
}

function checkFixing({ autoFix, dryRun }: Config): Check {
  const [check, name] = [variable('autoFix'), 'fixing'];
  if (dryRun)
    return warn(name, `${variable('dryRun')} is on: a pass writes nothing, not even a report`, `Unset ${variable('dryRun')}.`);
  if (autoFix) return ok(name, `${check} is on`);
  const remedy = `Set ${check}=true; in a cluster, add manifests/components/auto-fix to the overlay (see docs/deployment.md).`;
  return warn(name, `${check} is off: drift is reported and not fixed, except what people decide`, remedy);
}
