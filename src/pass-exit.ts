import type { Config } from './config.ts';
import { EXIT } from './exit-codes.ts';
import type { Judgement } from './pass.ts';
import type { PassLog } from './pass-log.ts';
import { isDrift } from './types/finding.ts';

/** What a pass that went through ends with. */
export function exitOf(judgement: Judgement, config: Config, log: PassLog): number {
  const { snapshot, desired, comparison, plan, decisions } = judgement;
  if (plan.guard) return EXIT.guardTripped;
  if (decisions.unreadable !== '') return EXIT.incomplete;
  const empty = nothingCompared(judgement, config);
  if (empty !== undefined && !config.allowEmpty) {
    log.warning(`${empty}, or set ALLOW_EMPTY=true`);
    return EXIT.incomplete;
  }
  if (snapshot.failedReads.length > 0 || desired.invalid.length > 0 || comparison.invalid.length + comparison.unread > 0)
    return EXIT.incomplete;
  const hasDrift = comparison.objects.some((object) => object.findings.some(isDrift));
  return config.detailedExitcode && hasDrift ? EXIT.driftFound : EXIT.ok;
}

/** Why there was nothing to compare, and what to look at; `undefined` where there was something. */
function nothingCompared({ snapshot, desired, comparison }: Judgement, config: Config): string | undefined {
  const labels = `namespaces labelled ${config.namespaceSelector}`;
  if (desired.units.length === 0) return 'no unit was found: check CONFIGHUB_SPACE and TARGET';
  if (snapshot.objects.length === 0)
    return `no workload was found in ${labels}: check the labels of the namespaces and KUBE_CONTEXT`;
  if (comparison.compared > 0 || comparison.notMonitored === 0) return undefined;
  return `none of the ${comparison.notMonitored} objects that units declare is in ${labels}: check CONFIGHUB_SPACE and KUBE_CONTEXT`;
}
