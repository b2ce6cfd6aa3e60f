import type { Clients } from '../clients/clients.ts';
import type { DecisionsFile, ReportedDecision } from '../domain/decision.ts';
import type { DesiredState, DesiredUnit } from '../domain/desired.ts';
import type { Comparison, Finding } from '../domain/finding.ts';
import type { FixOutcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import type { Ranking } from '../domain/ranking.ts';
import { firstSeenOf, type PreviousReport, type RecordedCorrection, type Report } from '../domain/report.ts';
import { showDescription } from '../domain/show/show.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { planDecisions, reportDecisions, type Standing, weighDecisions } from '../stages/decisions/decisions.ts';
import { type DesiredOptions, pullDesired, readHistories } from '../stages/desired/desired.ts';
import {
  comparerOf,
  createCompare,
  type DiffOptions,
  diff,
  groupFindings,
  likeSettled,
  settleSuspects,
  suspectsOf,
  withoutStrayNamespaces,
} from '../stages/diff/diff.ts';
import { carryOutFixes, type FixOptions } from '../stages/fix/fix.ts';
import { predictFixes } from '../stages/fix/predict.ts';
import { finishPredecessor } from '../stages/fix/resume.ts';
import { guardSides, type PlanOptions, planFixes } from '../stages/plan/plan.ts';
import { waitingPromotions } from '../stages/promotion/promotion.ts';
import { type RankOptions, rankFindings } from '../stages/rank/rank.ts';
import {
  buildReport,
  type CommitFacts,
  composeCommitMessage,
  type PublishedReport,
  type ReportRepository,
  renderReport,
  unitsWithNews,
  wasNotRead,
  withHistories,
  withKnownWords,
} from '../stages/report/report.ts';
import { probeObjects } from '../stages/snapshot/probe.ts';
import { projectLive, readDeclaredVersions, type SnapshotOptions, takeSnapshot } from '../stages/snapshot/snapshot.ts';
import { carryOutDecisions, type DecisionOutcomes, decidedRules, decisionsOf, withDecidedIgnores } from './decisions.ts';
import type { PassLog } from './log.ts';
import { nothingCompared } from './nothing-compared.ts';
import { recoverCorrections } from './recover.ts';

export interface PassOptions {
  /** Without the Lease another pass may be at work, so nothing that people decided is carried out. */
  readonly holdsLease: boolean;
  readonly snapshot: Omit<SnapshotOptions, 'signal'>;
  readonly desired: Omit<DesiredOptions, 'signal'>;
  readonly diff: DiffOptions;
  readonly rank: Omit<RankOptions, 'now' | 'signal' | 'known'>;
  readonly plan: PlanOptions;
  /** Told before and after a report of fixes is pushed, with how many are in no report just then. */
  readonly onUnreported: (fixes: number) => void;
  readonly publishRelease: boolean;
  readonly waitHealthySeconds: number;
  /** Folder of the reports inside the report repository. */
  readonly reportPath: string;
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
  /** Decisions by commit: the file, where they stood before anything was carried out, and what became of those that were. */
  readonly decisions: DecisionsFile;
  readonly standing: Standing;
  readonly decided: DecisionOutcomes;
  /** Why there was nothing to compare; empty where there was. */
  readonly nothingCompared: string;
}

/** What a judgement starts from besides the two sides, and what of it may write. */
export interface JudgeInput {
  readonly previous: PreviousReport;
  readonly decisions: DecisionsFile;
  /** Pulls the desired side; the writing pass finishes first what another one left. */
  readonly pull: () => Promise<DesiredState>;
  /** Carries out what was decided about ConfigHub; absent where nothing is written. */
  readonly carryOut?: (standing: Standing, snapshot: Snapshot, desired: DesiredState) => Promise<DecisionOutcomes>;
}

export interface PassResult extends Judgement {
  readonly outcomes: readonly FixOutcome[];
  readonly report: Report;
  readonly published: PublishedReport;
}

/** Pulls the desired side as it stands. */
export function pulling(clients: Clients, options: PassOptions): () => Promise<DesiredState> {
  return () => pullDesired(clients.confighub, { ...options.desired, signal: options.signal });
}

/** The reading half of a pass: but for the decisions that `carryOut` takes up it writes nothing anywhere. */
export async function judge(clients: Clients, start: JudgeInput, given: PassOptions, log: PassLog): Promise<Judgement> {
  const { signal, now } = given;
  const { previous, decisions, carryOut } = start;
  const options = { ...given, diff: withDecidedIgnores(given.diff, decisions) };
  for (const { file, fault } of previous.faults) log.warning(`the last report is broken: ${file}: ${fault}`);
  const [taken, pulled] = await Promise.all([
    log.phase('snapshot', () => takeSnapshot(clients.kubernetes, { ...options.snapshot, signal })),
    log.phase('desired', start.pull),
  ]);
  let desired = withoutStrayNamespaces(pulled, taken.clusterScoped);
  const read = await readDeclaredVersions(clients.kubernetes, taken, desired, { ...options.snapshot, signal });
  const snapshot = { ...read, failedReads: withKnownWords(read.failedReads, previous.incomplete) };
  let comparison = await compareAll(clients, snapshot, desired, options, log);
  const weigh = (): Standing =>
    weighDecisions({ file: decisions, previous: previous.decisions, comparison, units: desired.units });
  const standing = weigh();
  let decided: DecisionOutcomes = new Map(standing.outcomes.map((outcome) => [outcome.id, outcome]));
  if (carryOut && standing.open.length > 0) {
    decided = await log.phase('decisions', () => carryOut(standing, snapshot, desired));
    if (standing.open.some(({ decision }) => decided.get(decision.id)?.effect === 'spent')) {
      // What was accepted or adopted is desired now, and the rest is judged by that.
      desired = withoutStrayNamespaces(await log.phase('desired', start.pull), taken.clusterScoped);
      comparison = await compareAll(clients, snapshot, desired, options, log);
    }
  }
  log.comparison(read, desired, comparison);

  const known = new Map(previous.findings.flatMap(({ fingerprint, opinion }) => (opinion ? [[fingerprint, opinion]] : [])));
  const unanswered = new Map(previous.findings.map(({ fingerprint, unanswered: prompt }) => [fingerprint, prompt]));
  const ranking = await log.phase('rank', () => rankFindings(comparison, { ...options.rank, known, unanswered, now, signal }));
  log.ranking(ranking);

  const input = {
    snapshot,
    desired,
    comparison,
    ranking,
    previous,
    now,
    decided: planDecisions(decisions, weigh(), decided),
  };
  const plan = await log.phase('plan', async () => {
    const draft = planFixes(input, options.plan);
    if (draft.corrections.length === 0) return draft;
    // What the API server would refuse is blocked before anything is written.
    const predictions = await predictFixes(draft, clients.kubernetes, {
      ...comparing(snapshot, options.diff, comparison),
      signal,
    });
    return planFixes({ ...input, predictions }, options.plan);
  });
  log.plan(plan);
  const { namespaceSelector } = options.snapshot;
  const empty = nothingCompared({ snapshot, desired, comparison }, { namespaceSelector, allowEmpty: options.plan.allowEmpty });
  return { snapshot, desired, comparison, ranking, plan, decisions, standing, decided, nothingCompared: empty };
}

/** How single objects are compared while they are fixed, as the API server answers them; `settled` is the pass's comparison. */
export function comparing(
  snapshot: Snapshot,
  options: DiffOptions,
  settled?: Comparison,
): Pick<FixOptions, 'compare' | 'deliveredFields' | 'desiredManagers'> {
  const comparer = comparerOf(snapshot, options);
  const like = settled ? likeSettled(settled) : (findings: readonly Finding[]) => findings;
  return {
    desiredManagers: options.desiredManagers,
    compare: (object, live) => like(comparer.compare(object, live && projectLive(live, object.ref))),
    deliveredFields: (object, live, written) => {
      const projected = projectLive(live, object.ref);
      return projected ? comparer.deliveredFields(object, projected, written) : {};
    },
  };
}

async function compareAll(
  { kubernetes }: Clients,
  snapshot: Snapshot,
  desired: DesiredState,
  { diff: options, signal }: PassOptions,
  log: PassLog,
): Promise<Comparison> {
  const found = await log.phase('diff', async () => diff(snapshot, desired, options));
  const suspects = suspectsOf(found, options);
  const probes = await log.phase('dry-run', () =>
    probeObjects(kubernetes, suspects, { fieldManager: options.desiredManagers[0] ?? '', signal }),
  );
  log.probes(suspects.length, probes);
  return settleSuspects(found, probes, options);
}

/** One pass, from snapshot to pushed commit. */
export async function runPass(
  clients: Clients,
  repository: ReportRepository,
  given: PassOptions,
  log: PassLog,
): Promise<PassResult> {
  const { signal, now } = given;
  const { previous } = repository;
  const { cluster } = given.diff;
  const decisions = await log.phase('decisions', () => decisionsOf(repository, cluster));
  const options = { ...given, diff: withDecidedIgnores(given.diff, decisions) };
  const pull = pulling(clients, options);
  const judgement = await judge(
    clients,
    {
      previous,
      decisions,
      pull: async () => {
        const found = await pull();
        // What is unfinished may be a living pass at work, which holds the Lease.
        if (!options.holdsLease) return found;
        const isFinished = await finishPredecessor(found.units, clients.confighub, cluster, log.warning, signal);
        return isFinished ? found : pull();
      },
      carryOut: async (standing, snapshot, desired) => {
        await repository.confirmWritable();
        return carryOutDecisions(standing, snapshot, clients, {
          cluster,
          changeSet: options.plan.changeSet,
          diff: options.diff,
          previous: previous.decisions,
          spaces: options.desired.spaces,
          held: options.holdsLease ? '' : NO_LEASE,
          guarded:
            guardSides({ decided: planDecisions(decisions, standing, new Map()), snapshot, desired, previous }, options.plan)
              ?.detail ?? '',
          onChangeSet: log.changeSet,
          onWarning: log.warning,
          signal,
        });
      },
    },
    given,
    log,
  );
  const { snapshot, desired, comparison, ranking, plan } = judgement;

  // What could not be told afterwards is not done.
  if (plan.corrections.length > 0) await repository.confirmWritable();
  log.fixing(plan);
  const compare = createCompare(snapshot, options.diff);
  // Before this pass writes: what its predecessors had written is told apart from its own.
  const recorded = await recoverCorrections(judgement, previous, clients.confighub, {
    cluster,
    compare,
    rank: options.rank,
    now,
    onWarning: log.warning,
    signal,
  });
  const outcomes = await log.phase('fix', () =>
    carryOutFixes(plan, clients, {
      cluster,
      ...comparing(snapshot, options.diff, comparison),
      firstSeen: firstSeenOf(previous, now),
      onOutcome: log.outcome,
      onChangeSet: log.changeSet,
      onUnhealthy: log.unhealthy,
      onWarning: log.warning,
      publishRelease: options.publishRelease,
      waitHealthySeconds: options.waitHealthySeconds,
      signal,
    }),
  );
  // Told right away: whatever fails from here on, the next pass knows of it.
  if (written(outcomes) > 0) options.onUnreported(written(outcomes));

  const { needed: promotions, behindInNumberOnly } = await log.phase('promotion', () =>
    waitingPromotions(clients.confighub, desired, previous.promotions, log.warning, signal),
  );
  log.promotions(promotions, behindInNumberOnly);
  const decided = reportedDecisions(judgement, previous, outcomes, recorded);
  const report = await log.phase('report', async () => {
    const facts = {
      cluster,
      snapshot,
      desired,
      comparison,
      nothingCompared: judgement.nothingCompared,
      ranking,
      plan,
      outcomes,
      recorded,
      promotions,
      decisions: decided,
      decidedRules: new Set(decidedRules(decisions)),
      previous,
      now,
    };
    const built = buildReport({ ...facts, group: groupFindings });
    const units = namedUnits(unitsWithNews(built, previous), desired);
    return withHistories(built, previous, await readHistories(clients.confighub, units, showDescription, log.warning, signal));
  });
  log.decisions(report.decisions, previous.decisions);
  const published = await log.phase('commit', () =>
    repository.publish(renderReport(report, options.reportPath), composeCommitMessage(report, options.commit)),
  );
  // Where there was nothing to push nobody knows whether a push is taken.
  if (published.commit !== '') options.onUnreported(0);
  return { ...judgement, outcomes, report, published };
}

/** Fixes that were made, also those that somebody took back right after. */
function written(outcomes: readonly FixOutcome[]): number {
  return outcomes.filter(({ result }) => result === 'fixed' || result === 'overridden').length;
}

const NO_LEASE = 'this pass may take no Lease, and without one nothing is written; give its account the right to one';

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
