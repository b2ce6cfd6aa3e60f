import type { Config } from '../cli/config.ts';
import { EXIT } from '../domain/exit-codes.ts';
import { isDrift } from '../domain/finding.ts';
import type { Judgement } from './judgement.ts';
import type { PassLog } from './log.ts';

/** What a pass that went through ends with. */
export function exitOf(judgement: Judgement, config: Config, log: PassLog): number {
  const { snapshot, desired, comparison, plan, decisions } = judgement;
  if (plan.guard) return EXIT.guardTripped;
  if (decisions.unreadable !== '') return EXIT.incomplete;
  if (judgement.nothingCompared !== '') {
    log.warning(judgement.nothingCompared);
    return EXIT.incomplete;
  }
  if (snapshot.failedReads.length > 0 || desired.invalid.length > 0 || comparison.invalid.length + comparison.unread > 0)
    return EXIT.incomplete;
  const hasDrift = comparison.objects.some((object) => object.findings.some(isDrift));
  return config.detailedExitcode && hasDrift ? EXIT.driftFound : EXIT.ok;
}
