import { connectClusterReading } from '../../cli/connections.ts';
import { createKubernetesClient } from '../../clients/kubernetes/client.ts';
import { NO_DECISIONS } from '../../domain/decision.ts';
import type { DesiredState } from '../../domain/desired.ts';
import { NO_REPORT } from '../../domain/report.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { exitOf } from '../../pass/exit.ts';
import { judge } from '../../pass/judge.ts';
import type { PassOptions } from '../../pass/judgement.ts';
import { passOptions } from '../../pass/options.ts';
import { composeReport } from '../../pass/reporting.ts';
import { findDeliverers } from '../../stages/diff/diff.ts';
import { inNamespaces } from '../../stages/snapshot/snapshot.ts';
import { type Facts, printCheck } from './facts.ts';
import type { RunFlags } from './flags.ts';
import { readManifests } from './sources.ts';

/** Values of Secrets are read only where the configuration names the kind. */
const SECRETS = 'v1/Secret';

/** `check -f` and `check -k`: the reading half of a pass, with files in the place of ConfigHub. */
export async function checkManifests(facts: Facts, given: RunFlags): Promise<number> {
  const { config, process, signal, passLog, pass } = facts;
  const manifests = await readManifests(given, config, process.environment, signal);
  const transport = await connectClusterReading(config, signal);
  const kubernetes = createKubernetesClient(transport);
  try {
    const namespace = given.namespace ?? transport.namespace ?? 'default';
    const desired = await inNamespaces(kubernetes, manifests.desired, namespace, signal);
    const options = ofFiles(
      await passOptions(config, {}, { environment: process.environment, leaseAnnotations: {}, pass, signal }),
      desired,
      config.kinds.includes(SECRETS),
      given.fieldManager,
    );
    const prepare = (found: DesiredState, snapshot: Snapshot): DesiredState => {
      if (given.fieldManager) return found;
      const deliverers = findDeliverers(found, snapshot, options.diff);
      passLog.deliverers(deliverers.reasons, deliverers.isKnown);
      return deliverers.desired;
    };
    if (given.fieldManager)
      passLog.deliverers(
        [`Field manager ${given.fieldManager.join(', ')} delivers the manifests, as --field-manager says`],
        true,
      );
    const start = {
      previous: NO_REPORT,
      decisions: NO_DECISIONS,
      pull: async () => desired,
      prepare,
      located: manifests.located,
    };
    const judgement = await judge({ kubernetes }, start, options, passLog);
    process.out(printCheck(composeReport(judgement, NO_REPORT, options), config, process, judgement));
    return exitOf(judgement, config, passLog);
  } finally {
    kubernetes.close();
  }
}

/** Kinds and namespaces are those of the manifests. */
function ofFiles(
  options: PassOptions,
  desired: DesiredState,
  withSecrets: boolean,
  desiredManagers: readonly string[] = options.diff.desiredManagers,
): PassOptions {
  const only = [...desired.objects, ...desired.conflicts.flat()]
    .map(({ ref }) => ref)
    .filter(({ apiVersion, kind }) => withSecrets || `${apiVersion}/${kind}` !== SECRETS);
  const kinds = [...new Set(only.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))];
  return { ...options, snapshot: { ...options.snapshot, kinds, only }, diff: { ...options.diff, desiredManagers } };
}
