import type { Clients } from '../clients/clients.ts';
import { isDrift } from '../domain/finding.ts';
import type { PreviousReport } from '../domain/report.ts';
import { type MatchedDecisions, matchDecisions, planDecisions } from '../stages/decisions/decisions.ts';
import { withoutStrayNamespaces } from '../stages/diff/diff.ts';
import { predictFixes } from '../stages/fix/predict.ts';
import { type PlanInput, planFixes } from '../stages/plan/plan.ts';
import { rankFindings } from '../stages/rank/rank.ts';
import { keepErrorText } from '../stages/report/report.ts';
import { readDeclaredVersions, readUsage, takeSnapshot } from '../stages/snapshot/snapshot.ts';
import { compareAll, comparing } from './compare.ts';
import type { DecisionOutcomes } from './decisions.ts';
import type { ComparedSides, JudgeInput, Judgement, PassOptions } from './judgement.ts';
import type { PassLog } from './log.ts';
import { nothingCompared } from './nothing-compared.ts';

/** What a judgement asks; what is desired is pulled by whoever starts it. */
type Reading = Pick<Clients, 'kubernetes'>;

/**
 * The reading half of a pass: but for the decisions that `carryOut` takes up it writes nothing anywhere. What people decided
 * to ignore is among the options already.
 */
export async function judge(clients: Reading, start: JudgeInput, options: PassOptions, log: PassLog): Promise<Judgement> {
  const { previous, decisions } = start;
  for (const { file, fault } of previous.faults) log.warning(`the last report is broken: ${file}: ${fault}`);

  const compared = await compareSides(clients, start, options, log);
  const { snapshot, desired, comparison, matched, decided } = compared;
  const ranking = await rank(clients, compared, previous, options, log);
  const now = matchNow(start, compared);
  const input = {
    snapshot,
    desired,
    comparison,
    ranking,
    previous,
    now: options.now,
    decided: planDecisions(decisions, now, decided),
  };
  const plan = await planWithPredictions(clients, input, options, log);

  const { namespaceSelector, only } = options.snapshot;
  // Files name what is compared, and no label has a say in it.
  const allowEmpty = options.plan.allowEmpty || only !== undefined;
  const empty = nothingCompared({ snapshot, desired, comparison }, { namespaceSelector, allowEmpty });
  return { snapshot, desired, comparison, ranking, plan, decisions, matched, decided, nothingCompared: empty };
}

function matchNow(start: JudgeInput, { comparison, desired }: Pick<ComparedSides, 'comparison' | 'desired'>): MatchedDecisions {
  return matchDecisions({ file: start.decisions, previous: start.previous.decisions, comparison, units: desired.units });
}

/** Reads both sides and compares them; once more where what people accepted or adopted is desired now. */
async function compareSides(clients: Reading, start: JudgeInput, options: PassOptions, log: PassLog): Promise<ComparedSides> {
  const reading = { ...options.snapshot, signal: options.signal };
  const [taken, pulled] = await Promise.all([
    log.phase('snapshot', () => takeSnapshot(clients.kubernetes, reading)),
    log.phase('desired', start.pull),
  ]);
  let desired = withoutStrayNamespaces(pulled, taken.clusterScoped);
  const read = await readDeclaredVersions(clients.kubernetes, taken, desired, reading);
  const snapshot = { ...read, failedReads: keepErrorText(read.failedReads, start.previous.incomplete) };
  desired = start.prepare?.(desired, snapshot) ?? desired;
  let comparison = await compareAll(clients, snapshot, desired, options, log);
  const { located } = start;
  if (located) comparison = { ...comparison, invalid: comparison.invalid.map(located) };

  const matched = matchNow(start, { comparison, desired });
  let decided: DecisionOutcomes = new Map(matched.outcomes.map((outcome) => [outcome.id, outcome]));
  const { carryOut } = start;
  if (carryOut && matched.open.length > 0) {
    decided = await log.phase('decisions', () => carryOut(matched, snapshot, desired));
    if (matched.open.some(({ decision }) => decided.get(decision.id)?.effect === 'spent')) {
      desired = withoutStrayNamespaces(await log.phase('desired', start.pull), taken.clusterScoped);
      comparison = await compareAll(clients, snapshot, desired, options, log);
    }
  }
  log.comparison(read, desired, comparison);
  return { snapshot, desired, comparison, matched, decided };
}

async function rank(
  { kubernetes }: Reading,
  { comparison }: ComparedSides,
  { findings }: PreviousReport,
  { rank: options, now, signal }: PassOptions,
  log: PassLog,
): Promise<Judgement['ranking']> {
  const known = new Map(findings.flatMap(({ fingerprint, opinion }) => (opinion ? [[fingerprint, opinion]] : [])));
  const unanswered = new Map(findings.map(({ fingerprint, unanswered: prompt }) => [fingerprint, prompt]));
  const drifted = comparison.objects.filter((object) => object.findings.some(isDrift)).flatMap(({ live }) => live ?? []);
  const ranking = await log.phase('rank', async () => {
    const { usage, reason } = await readUsage(kubernetes, drifted, signal);
    log.usage(reason);
    return rankFindings(comparison, { ...options, known, unanswered, usage, now, signal });
  });
  log.ranking(ranking);
  return ranking;
}

/** What the API server would refuse is blocked before anything is written. */
async function planWithPredictions(
  { kubernetes }: Reading,
  input: PlanInput & Pick<ComparedSides, 'snapshot'>,
  options: PassOptions,
  log: PassLog,
): Promise<Judgement['plan']> {
  const { snapshot, comparison } = input;
  const plan = await log.phase('plan', async () => {
    const draft = planFixes(input, options.plan);
    if (draft.fixes.length === 0) return draft;
    const tried = { ...comparing(snapshot, options.diff, comparison), signal: options.signal };
    return planFixes({ ...input, predictions: await predictFixes(draft, kubernetes, tried) }, options.plan);
  });
  log.plan(plan);
  return plan;
}
