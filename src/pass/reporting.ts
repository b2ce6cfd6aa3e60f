import type { ReportedDecision } from '../domain/decision.ts';
import type { DesiredState, DesiredUnit } from '../domain/desired.ts';
import type { FixOutcome } from '../domain/outcome.ts';
import type { PreviousReport, RecordedCorrection, Report } from '../domain/report.ts';
import { showDescription } from '../domain/show/show.ts';
import { reportDecisions } from '../stages/decisions/decisions.ts';
import { readHistories } from '../stages/desired/desired.ts';
import { groupFindings } from '../stages/diff/diff.ts';
import { waitingPromotions } from '../stages/promotion/promotion.ts';
import { buildReport, unitsWithNews, wasNotRead, withHistories } from '../stages/report/report.ts';
import type { Pass } from './context.ts';
import { decidedRules } from './decisions.ts';
import type { Judgement } from './judgement.ts';

/** What was done since the judgement. */
interface Done {
  readonly outcomes: readonly FixOutcome[];
  readonly recorded: readonly RecordedCorrection[];
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

/** The report, with the history of each unit whose drift is news. */
export async function composeReport(
  { clients, repository, options, log }: Pass,
  judgement: Judgement,
  done: Done,
): Promise<Report> {
  const { previous } = repository;
  return log.phase('report', async () => {
    const built = buildReport({
      cluster: options.diff.cluster,
      ...judgement,
      ...done,
      decisions: reportedDecisions(judgement, previous, done.outcomes, done.recorded),
      decidedRules: new Set(decidedRules(judgement.decisions)),
      group: groupFindings,
      previous,
      now: options.now,
    });
    const units = namedUnits(unitsWithNews(built, previous), judgement.desired);
    const histories = await readHistories(clients.confighub, units, showDescription, log.warning, options.signal);
    return withHistories(built, previous, histories);
  });
}

/** The lines of the report about decisions, once it is known what became of them. */
export function reportedDecisions(
  judgement: Judgement,
  previous: PreviousReport,
  fixes: readonly FixOutcome[],
  recorded: readonly RecordedCorrection[],
): readonly ReportedDecision[] {
  const { snapshot, desired, comparison, decisions: file, standing, decided, plan } = judgement;
  const unread = previous.findings.filter((finding) => wasNotRead(finding, judgement));
  return reportDecisions({
    file,
    previous: previous.decisions,
    comparison,
    standing,
    outcomes: decided,
    plan,
    fixes,
    recorded,
    unread: new Set(unread.map(({ fingerprint }) => fingerprint)),
    isWhole:
      judgement.nothingCompared === '' &&
      snapshot.failedReads.length + desired.invalid.length + comparison.invalid.length + comparison.unread === 0,
  });
}

function namedUnits(names: readonly string[], { units }: DesiredState): readonly DesiredUnit[] {
  const wanted = new Set(names);
  return units.filter(({ space, slug }) => wanted.has(`${space}/${slug}`));
}
