import type { ReportedDecision } from '../domain/decision.ts';
import type { DesiredState } from '../domain/desired.ts';
import type { FixOutcome } from '../domain/outcome.ts';
import type { PreviousReport, RecordedFix, Report } from '../domain/report.ts';
import { reportDecisions } from '../stages/decisions/decisions.ts';
import { groupFindings } from '../stages/diff/diff.ts';
import { waitingPromotions } from '../stages/promotion/promotion.ts';
import { buildReport, wasNotRead } from '../stages/report/report.ts';
import type { Pass } from './context.ts';
import { decidedRules } from './decisions.ts';
import type { Judgement, PassOptions } from './judgement.ts';

/** What was done since the judgement. */
interface Done {
  readonly outcomes: readonly FixOutcome[];
  readonly recorded: readonly RecordedFix[];
  readonly promotions: Report['promotions'];
}

/** Units that a promotion would change. */
export async function promotionsOf(
  { clients, repository, options, log }: Pass,
  desired: DesiredState,
): Promise<Report['promotions']> {
  const { needed, behindInNumberOnly } = await log.phase('promotion', () =>
    waitingPromotions(clients.confighub, desired, repository.previous.promotions, log.warning, options.signal),
  );
  log.promotions(needed, behindInNumberOnly);
  return needed;
}

/** The report of a judgement, and of what was done about it. */
export function composeReport(
  judgement: Judgement,
  previous: PreviousReport,
  { diff, now }: Pick<PassOptions, 'diff' | 'now'>,
  done: Done = { outcomes: [], recorded: [], promotions: [] },
): Report {
  return buildReport({
    cluster: diff.cluster,
    ...judgement,
    ...done,
    decisions: reportedDecisions(judgement, previous, done.outcomes, done.recorded),
    decidedRules: new Set(decidedRules(judgement.decisions)),
    group: groupFindings,
    previous,
    now,
  });
}

/** The lines of the report about decisions, once it is known what became of them. */
function reportedDecisions(
  judgement: Judgement,
  previous: PreviousReport,
  fixes: readonly FixOutcome[],
  recorded: readonly RecordedFix[],
): readonly ReportedDecision[] {
  const { snapshot, desired, comparison, decisions: file, matched, decided, plan } = judgement;
  const unread = previous.findings.filter((finding) => wasNotRead(finding, judgement));
  return reportDecisions({
    file,
    previous: previous.decisions,
    comparison,
    matched,
    outcomes: decided,
    plan,
    fixes,
    recorded,
    unread: new Set(unread.map(({ fingerprint }) => fingerprint)),
    isComplete:
      judgement.nothingCompared === '' &&
      snapshot.failedReads.length + desired.invalid.length + comparison.invalid.length + comparison.unread === 0,
  });
}
