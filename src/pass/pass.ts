import type { FixOutcome } from '../domain/outcome.ts';
import { firstSeenOf, type RecordedFix, type Report } from '../domain/report.ts';
import { createCompare } from '../stages/diff/diff.ts';
import { carryOutFixes } from '../stages/fix/fix.ts';
import type { FixNote } from '../stages/fix/note.ts';
import { composeCommitMessage, type PublishedReport, renderReport } from '../stages/report/report.ts';
import { comparing } from './compare.ts';
import type { Pass } from './context.ts';
import { decisionsOf, withDecidedIgnores } from './decisions.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judgement.ts';
import { type FixNotes, openNotes } from './notes.ts';
import { recoverFixes } from './recover.ts';
import { composeReport, promotionsOf } from './reporting.ts';
import { startOfPass } from './start.ts';

export interface PassResult extends Judgement {
  readonly outcomes: readonly FixOutcome[];
  readonly report: Report;
  readonly published: PublishedReport;
}

/**
 * One pass: finish what an earlier pass left, read both sides, carry out decisions, compare, rank, plan, fix, report, publish.
 * Everything before the fix is the judgement, which `check` makes as well.
 */
export async function runPass(given: Pass): Promise<PassResult> {
  const { clients, repository, log } = given;
  const decisions = await log.phase('decisions', () => decisionsOf(repository, given.options.diff.cluster));
  const pass = { ...given, options: withDecidedIgnores(given.options, decisions) };

  const judgement = await judge(clients, startOfPass(pass, decisions), pass.options, log);
  const notes = await openNotes(pass);
  const recorded = await recover(pass, judgement, notes.unreported);
  const outcomes = await fix(pass, judgement, notes);
  const promotions = await promotionsOf(pass, judgement.desired);
  const done = { outcomes, recorded, promotions };
  const report = composeReport(judgement, repository.previous, pass.options, done);
  const published = await publish(pass, report, notes);
  return { ...judgement, outcomes, report, published };
}

/** Fixes of earlier passes that are in no report; read before this pass writes its own. */
async function recover(
  { clients, repository, options, log }: Pass,
  judgement: Judgement,
  notes: readonly FixNote[],
): Promise<readonly RecordedFix[]> {
  // Nothing is fixed that could not be reported afterwards.
  if (judgement.plan.fixes.length > 0) await repository.confirmWritable();
  log.fixing(judgement.plan);
  return recoverFixes(judgement, repository.previous, clients.confighub, {
    cluster: options.diff.cluster,
    compare: createCompare(judgement.snapshot, options.diff),
    rank: options.rank,
    now: options.now,
    notes,
    onWarning: log.warning,
    signal: options.signal,
  });
}

async function fix(
  { clients, repository, options, log }: Pass,
  { plan, snapshot, comparison }: Judgement,
  notes: FixNotes,
): Promise<readonly FixOutcome[]> {
  const outcomes = await log.phase('fix', () =>
    carryOutFixes(plan, clients, {
      cluster: options.diff.cluster,
      ...comparing(snapshot, options.diff, comparison),
      firstSeen: firstSeenOf(repository.previous, options.now),
      onOutcome: log.outcome,
      onChangeSet: log.changeSet,
      onUnhealthy: log.unhealthy,
      onWarning: log.warning,
      record: notes.record,
      publishRelease: options.publishRelease,
      waitHealthySeconds: options.waitHealthySeconds,
      signal: options.signal,
    }),
  );
  // With fixes that were reverted at once. Recorded now: if anything fails from here on, the next pass knows of them.
  const written = outcomes.filter(({ result }) => result === 'fixed' || result === 'overridden').length;
  if (written > 0) options.onUnreported(written);
  return outcomes;
}

async function publish({ repository, options, log }: Pass, report: Report, notes: FixNotes): Promise<PublishedReport> {
  log.decisions(report.decisions, repository.previous.decisions);
  const published = await log.phase('commit', () =>
    repository.publish(renderReport(report, options.reportPath, options.links), composeCommitMessage(report, options.commit)),
  );
  // Without a push it is unknown whether the server accepts one.
  if (published.commit === '') return published;
  options.onUnreported(0);
  await notes.clear();
  return published;
}
