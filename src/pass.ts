import type { ConfigHubClient } from './confighub/client.ts';
import { type DesiredOptions, pullDesired } from './desired/desired.ts';
import { createCompare, type DiffOptions, diff, settleSuspects, suspectsOf } from './diff/diff.ts';
import { carryOutFixes } from './fix/fix.ts';
import { predictFixes } from './fix/predict.ts';
import { finishPredecessor } from './fix/resume.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import type { PassLog } from './pass-log.ts';
import { type PlanOptions, planFixes } from './plan/plan.ts';
import { waitingPromotions } from './promote/promotion.ts';
import { type RankOptions, rankFindings } from './rank/rank.ts';
import {
  buildReport,
  type CommitFacts,
  composeCommitMessage,
  type PublishedReport,
  type ReportRepository,
  renderReport,
} from './report/report.ts';
import { probeObjects } from './snapshot/probe.ts';
import { projectLive, type SnapshotOptions, takeSnapshot } from './snapshot/snapshot.ts';
import type { DesiredState } from './types/desired.ts';
import type { Comparison } from './types/finding.ts';
import type { FixOutcome } from './types/outcome.ts';
import type { Plan } from './types/plan.ts';
import type { Ranking } from './types/ranking.ts';
import { firstSeenOf, type PreviousReport, type Report } from './types/report.ts';
import type { Snapshot } from './types/snapshot.ts';

/** The world as a pass meets it; made in main.ts and nowhere else. */
export interface PassClients {
  readonly kubernetes: KubernetesClient;
  readonly confighub: ConfigHubClient;
}

export interface PassOptions {
  readonly snapshot: Omit<SnapshotOptions, 'signal'>;
  readonly desired: Omit<DesiredOptions, 'signal'>;
  readonly diff: DiffOptions;
  readonly rank: Omit<RankOptions, 'now' | 'signal' | 'known'>;
  readonly plan: PlanOptions;
  readonly fieldManager: string;
  readonly publishRelease: boolean;
  readonly waitHealthySeconds: number;
  readonly commit: CommitFacts;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What a pass saw and decided before anything was written. */
export interface Judgement {
  readonly snapshot: Snapshot;
  readonly desired: DesiredState;
  readonly comparison: Comparison;
  readonly ranking: Ranking;
  readonly plan: Plan;
}

export interface PassResult extends Judgement {
  readonly outcomes: readonly FixOutcome[];
  readonly report: Report;
  readonly published: PublishedReport;
}

/** The reading half of a pass: it writes nothing anywhere. */
export async function judge(
  clients: PassClients,
  previous: PreviousReport,
  options: PassOptions,
  log: PassLog,
  pull: () => Promise<DesiredState> = () => pullDesired(clients.confighub, { ...options.desired, signal: options.signal }),
): Promise<Judgement> {
  const { signal, now } = options;
  const [snapshot, desired] = await Promise.all([
    log.phase('snapshot', () => takeSnapshot(clients.kubernetes, { ...options.snapshot, signal })),
    log.phase('desired', pull),
  ]);
  const found = await log.phase('diff', async () => diff(snapshot, desired, options.diff));
  const suspects = suspectsOf(found, options.diff);
  const { fieldManager } = options;
  const probes = await log.phase('dry-run', () => probeObjects(clients.kubernetes, suspects, { fieldManager, signal }));
  const comparison = settleSuspects(found, probes, options.diff);
  log.probes(suspects.length, probes);
  log.comparison(snapshot, desired, comparison);

  const known = new Map(previous.findings.flatMap(({ fingerprint, opinion }) => (opinion ? [[fingerprint, opinion]] : [])));
  const ranking = await log.phase('rank', () => rankFindings(comparison, { ...options.rank, known, now, signal }));
  log.ranking(ranking);

  const input = { snapshot, desired, comparison, ranking, previous, now };
  const plan = await log.phase('plan', async () => {
    const draft = planFixes(input, options.plan);
    if (draft.corrections.length === 0) return draft;
    // What the API server would refuse is blocked before anything is written.
    const predictions = await predictFixes(draft, clients.kubernetes, { fieldManager, signal });
    return planFixes({ ...input, predictions }, options.plan);
  });
  log.plan(plan);
  return { snapshot, desired, comparison, ranking, plan };
}

/** One pass, from snapshot to pushed commit. */
export async function runPass(
  clients: PassClients,
  repository: ReportRepository,
  options: PassOptions,
  log: PassLog,
): Promise<PassResult> {
  const { signal, now } = options;
  const { previous } = repository;
  const pull = (): Promise<DesiredState> => pullDesired(clients.confighub, { ...options.desired, signal });
  const judgement = await judge(clients, previous, options, log, async () => {
    const found = await pull();
    const isFinished = await finishPredecessor(found.units, clients.confighub, options.diff.cluster, log.warning, signal);
    return isFinished ? found : pull();
  });
  const { snapshot, desired, comparison, ranking, plan } = judgement;

  log.fixing(plan);
  const compare = createCompare(snapshot, options.diff);
  const outcomes = await log.phase('fix', () =>
    carryOutFixes(plan, clients, {
      cluster: options.diff.cluster,
      fieldManager: options.fieldManager,
      firstSeen: firstSeenOf(previous, now),
      compare: (object, live) => compare(object, live && projectLive(live, object.ref)),
      onOutcome: log.outcome,
      onChangeSet: log.changeSet,
      onUnhealthy: log.unhealthy,
      onWarning: log.warning,
      publishRelease: options.publishRelease,
      waitHealthySeconds: options.waitHealthySeconds,
      signal,
    }),
  );

  const { needed: promotions, behindInNumberOnly } = await log.phase('promotion', () =>
    waitingPromotions(clients.confighub, desired, log.warning, signal),
  );
  log.promotions(promotions, behindInNumberOnly);
  const { cluster } = options.diff;
  const report = await log.phase('report', async () =>
    buildReport({ cluster, snapshot, desired, comparison, ranking, plan, outcomes, promotions, previous, now }),
  );
  const published = await log.phase('commit', () =>
    repository.publish(renderReport(report), composeCommitMessage(report, options.commit)),
  );
  return { ...judgement, outcomes, report, published };
}
