import type { Invocation } from '../../cli/command.ts';
import { type Config, cacheFolder } from '../../cli/config.ts';
import { connectClusterReading, connectHub, connectHubReading } from '../../cli/connections.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import type { ConfigHubClient, Space } from '../../clients/confighub/client.ts';
import { quote } from '../../clients/confighub/where.ts';
import { createKubernetesClient } from '../../clients/kubernetes/client.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { plural } from '../../domain/words.ts';
import { pullDesired } from '../../stages/desired/desired.ts';
import { createCleanUnit } from '../../stages/fix/clean-unit.ts';
import { takeSnapshot } from '../../stages/snapshot/snapshot.ts';
import type { ImportArguments } from './import.ts';
import { type ImportPlan, planImport } from './plan.ts';

export async function execute(
  { given, configure, signal }: Invocation<ImportArguments>,
  { environment, out, err }: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const { cluster, desiredManagers, dryRun, showValues } = config;
  const say = (message: string): void => err(`${sanitize(message)}\n`);
  const confighub = await (dryRun ? connectHubReading : connectHub)(config, say, signal);
  const space = await spaceOf(given.space, confighub, signal);
  const desired = await pullDesired(confighub, {
    spaces: [...new Set([given.space, ...config.confighubSpace])],
    where: '',
    filter: '',
    target: '',
    signal,
  });
  const snapshot = await snapshotOf(given.namespace, config, cacheFolder(config, environment), signal);
  const plan = planImport(snapshot, desired, given.space, { cluster, desiredManagers, showValues });
  for (const { ref, unit } of plan.existing) say(`Exists: ${displayRef(ref)} in unit ${unit}`);
  for (const { ref, why } of plan.refused) say(`Not imported: ${displayRef(ref)}: ${why}`);
  for (const { what, namespace, error } of snapshot.failedReads)
    say(`Could not read ${what}${namespace === '' ? '' : ` in ${namespace}`}: ${error}`);
  let created = 0;
  for (const { ref, slug, text } of plan.units) {
    const name = `${given.space}/${slug}`;
    if (dryRun) {
      out(`---\n${sanitize(`# unit ${name}: ${displayRef(ref)}`)}\n${text}`);
      continue;
    }
    const description = `Imported ${displayRef(ref)} from cluster ${cluster}`;
    const unit = { spaceId: space.SpaceID, space: given.space, slug, text, description };
    const done = await createCleanUnit({ ...unit, isOurs: (last) => last === description }, confighub, signal);
    if (done.ok) created++;
    if (done.ok) out(`${sanitize(`Created unit ${name}: ${displayRef(ref)}`)}\n`);
    else say(`Not imported: ${displayRef(ref)}: ${done.why}`);
  }
  say(summaryOf(plan, dryRun ? undefined : created, given.namespace));
  const isIncomplete = snapshot.failedReads.length > 0 || (!dryRun && created < plan.units.length);
  return isIncomplete ? EXIT.incomplete : EXIT.ok;
}

/** Objects without a namespace belong to no one's import. */
async function snapshotOf(namespace: string, config: Config, cacheDir: string, signal: AbortSignal): Promise<Snapshot> {
  const kubernetes = createKubernetesClient(await connectClusterReading(config, signal));
  try {
    const { kinds, namespaceSelector } = config;
    return await takeSnapshot(kubernetes, { namespaceSelector, namespaces: [namespace], kinds, cacheDir, signal });
  } finally {
    kubernetes.close();
  }
}

async function spaceOf(slug: string, confighub: ConfigHubClient, signal: AbortSignal): Promise<Space> {
  const space = (await confighub.listSpaces(`Slug = ${quote(slug)}`, signal)).find(({ Slug }) => Slug === slug);
  const mistake = (what: string, remedy: string): ConfigHubError =>
    new ConfigHubError(what, { code: 'configuration', subject: '--space', remedy });
  if (space === undefined) throw mistake(`ConfigHub has no space ${slug}`, `Create it: cub space create ${slug}.`);
  if (space.Labels['base'] === 'true') throw mistake(`space ${slug} is a base, which no cluster runs`, 'Choose another space.');
  return space;
}

function summaryOf({ units, existing, refused, made }: ImportPlan, created: number | undefined, namespace: string): string {
  const parts = [
    created === undefined ? `${plural(units.length, 'unit')} to create` : `${plural(created, 'unit')} created`,
    existing.length > 0 ? `${existing.length} existed` : '',
    refused.length > 0 ? `${refused.length} not imported` : '',
    made > 0 ? `${made} made by controllers or the cluster` : '',
  ].filter((part) => part !== '');
  const isEmpty = units.length + existing.length + refused.length === 0;
  return isEmpty ? `Nothing to import: no object of the compared kinds is in namespace ${namespace}` : `${parts.join(', ')}`;
}
