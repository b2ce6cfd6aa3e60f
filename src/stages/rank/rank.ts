import type { EnvironmentKind } from '../../domain/environment.ts';
import { printPath } from '../../domain/field-path.ts';
import { type Comparison, type Finding, isDrift, type ObjectComparison } from '../../domain/finding.ts';
import { at } from '../../domain/json.ts';
import { objectKey } from '../../domain/object-ref.ts';
import {
  byUrgency,
  type Listed,
  type Opinion,
  type RankedFinding,
  type Ranking,
  type RankingSource,
  severityOrder,
} from '../../domain/ranking.ts';
import type { PodUsage } from '../../domain/usage.ts';
import { checkAnswer } from './answer.ts';
import type { AskClaude } from './ask.ts';
import { findingCostUsd } from './cost.ts';
import { buildFacts, type RankInput } from './facts.ts';
import { scoreFinding, severityFloor, severityOfScore } from './heuristic.ts';
import { boundHolds } from './holds.ts';
import type { PriceTable } from './prices.ts';
import { PROMPT_VERSION } from './prompt.ts';
import { usageOf } from './usage.ts';

export { type AskClaude, createAskClaude } from './ask.ts';
export { DEFAULT_PRICES, PRICES_REMEDY, type PriceTable, pricesSchema } from './prices.ts';

export interface RankOptions {
  readonly environment: EnvironmentKind;
  readonly prices: PriceTable;
  /** Absent without a key: then the heuristic alone ranks. */
  readonly ask?: AskClaude;
  readonly model: string;
  /** Opinions of the last report by fingerprint: what has not changed is not asked again. */
  readonly known: ReadonlyMap<string, Opinion>;
  /** Findings that the model left out when it was asked, and by which prompt: nor are these asked again. */
  readonly unanswered?: ReadonlyMap<string, string>;
  /** For all requests of a pass together, in milliseconds: ranking may delay a pass, never fail it. Default 45 s. */
  readonly deadlineMs?: number;
  /** What the pods of workloads use, by `objectKey`. */
  readonly usage?: ReadonlyMap<string, PodUsage>;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Findings a request: about 6,600 tokens in and 1,900 out (measured at 165 and 46 a finding). */
const CHUNK = 40;
/** Findings that the model is asked about; the tail is left to the heuristic. */
const MAX_ASKED = 200;
const RANKING_DEADLINE_MS = 45_000;
/** After so many requests without a usable answer the rest of the pass is left to the heuristic. */
const MAX_FAILED = 2;
/** Pods that a DaemonSet counts as: it is everywhere, and nodes that come and go do not change its place in the report. */
const DAEMON_PODS = 100;

/** Orders the findings worst first: by computed cost and simple rules, and by Claude where it can be asked. */
export async function rankFindings(comparison: Comparison, options: RankOptions): Promise<Ranking> {
  const inputs = comparison.objects.flatMap((object) => object.findings.map((finding) => toInput(finding, object, options)));
  inputs.sort(byHeuristic);
  const drift = inputs.filter((input) => isDrift(input.finding));
  const { opinions, leftOut, source: asked } = await askOpinions(drift, options);
  const held = boundHolds(drift, opinions, ({ finding }) => options.known.has(finding.fingerprint));
  const isRefused = ([input, { isHeld }]: readonly [RankInput, Opinion]): boolean => isHeld && !held.has(input);
  const source = { ...asked, refused: asked.refused + [...opinions].filter(isRefused).length };
  const ranked = inputs.map((input) => {
    const given = opinions.get(input);
    const opinion = given && { ...given, isHeld: given.isHeld && held.has(input) };
    return merge(input, opinion, leftOut.has(input));
  });
  const listed = ({ finding, severity, costUsdPerMonth, opinion }: RankedFinding): Listed => ({
    severity,
    rank: opinion?.rank,
    costUsdPerMonth,
    object: finding.ref,
    path: printPath(finding.path),
  });
  return { findings: ranked.toSorted((a, b) => byUrgency(listed(a), listed(b))), source };
}

function toInput(finding: Finding, object: ObjectComparison, options: RankOptions): RankInput {
  const desired = object.desired?.document;
  const scheduledPods = object.live?.scheduledPods;
  const replicas = scheduledPods ?? at(desired ?? object.live?.body, 'spec', 'replicas');
  const pods = typeof replicas === 'number' ? replicas : 1;
  const costUsdPerMonth = findingCostUsd(finding, desired, object.live?.body, options.prices, scheduledPods);
  const weight =
    scheduledPods === undefined
      ? { costUsdPerMonth, pods }
      : { costUsdPerMonth: findingCostUsd(finding, desired, object.live?.body, options.prices, DAEMON_PODS), pods: DAEMON_PODS };
  const score = scoreFinding(finding, { environment: options.environment, ...weight });
  const floor = severityFloor(finding);
  const byScore = severityOfScore(score);
  const severity = severityOrder(byScore) > severityOrder(floor) ? floor : byScore;
  const usage = usageOf(object, options.usage?.get(objectKey(object.ref)));
  return { finding, severity, floor, score, costUsdPerMonth, pods, ...(usage ? { usage } : {}) };
}

/** A total order: no two findings tie, so that equal input gives equal output. */
function byHeuristic(a: RankInput, b: RankInput): number {
  if (a.score !== b.score) return b.score - a.score;
  const [left, right] = [`${objectKey(a.finding.ref)} ${a.finding.id}`, `${objectKey(b.finding.ref)} ${b.finding.id}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function merge(input: RankInput, opinion: Opinion | undefined, isLeftOut: boolean): RankedFinding {
  const { finding, floor, costUsdPerMonth, usage: known } = input;
  const usage = known ? { usage: known } : {};
  const unanswered = isLeftOut ? PROMPT_VERSION : '';
  if (!opinion) return { finding, severity: input.severity, costUsdPerMonth, opinion, unanswered, ...usage };
  // A stored opinion may be older than the unit's tier: the bounds of today hold.
  const severity = severityOrder(opinion.severity) > severityOrder(floor) ? floor : opinion.severity;
  return { finding, severity, costUsdPerMonth, opinion, unanswered, ...usage };
}

interface Opinions {
  readonly opinions: ReadonlyMap<RankInput, Opinion>;
  /** Asked about, now or before, and not answered. */
  readonly leftOut: ReadonlySet<RankInput>;
  readonly source: RankingSource;
}

async function askOpinions(drift: readonly RankInput[], options: RankOptions): Promise<Opinions> {
  const opinions = new Map<RankInput, Opinion>();
  const leftOut = new Set(drift.filter(({ finding }) => options.unanswered?.get(finding.fingerprint) === PROMPT_VERSION));
  const source = {
    ranker: 'heuristic' as const,
    reason: '',
    model: '',
    promptVersion: '',
    requestIds: [] as string[],
    inputTokens: 0,
    outputTokens: 0,
    refused: 0,
    summary: '',
    prices: options.prices.name,
  };
  if (!options.ask) return { opinions, leftOut, source: { ...source, reason: 'no CLAUDE_API_KEY' } };
  if (drift.length === 0) return { opinions, leftOut, source: { ...source, reason: 'nothing to rank' } };

  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.deadlineMs ?? RANKING_DEADLINE_MS)]);
  for (const input of drift) {
    const opinion = options.known.get(input.finding.fingerprint);
    if (opinion?.promptVersion === PROMPT_VERSION) opinions.set(input, opinion);
  }
  const places = new Map(drift.map((input, index) => [input, index + 1]));
  const unknown = drift.filter((input) => !opinions.has(input) && !leftOut.has(input));
  const asked = unknown.slice(0, MAX_ASKED);
  const reasons: string[] = [];
  if (unknown.length > asked.length) reasons.push(`${unknown.length - asked.length} findings beyond ${MAX_ASKED} were not sent`);
  const requests = chunksOf(asked, CHUNK);
  let failures = 0;
  for (let request = requests.shift(); request; request = requests.shift()) {
    const { inputs, isHalf } = request;
    const reply = await options.ask(buildFacts(inputs, options.now), signal);
    const answer = reply.ok ? checkAnswer(reply.text, inputs) : reply;
    if (reply.ok) {
      source.requestIds.push(reply.requestId);
      source.inputTokens += reply.inputTokens;
      source.outputTokens += reply.outputTokens;
    }
    if (!answer.ok) {
      if (!reply.ok && reply.isTooLong && !isHalf && inputs.length > 1) {
        requests.unshift(...chunksOf(inputs, Math.ceil(inputs.length / 2)).map((half) => ({ ...half, isHalf: true })));
        continue;
      }
      reasons.push(answer.reason);
      if ((!reply.ok && reply.isFinal) || ++failures === MAX_FAILED) break;
      continue;
    }
    source.refused += answer.refused;
    source.summary ||= answer.summary;
    for (const [input, opinion] of placed(inputs, answer.opinions, places)) opinions.set(input, opinion);
    for (const input of inputs) if (!opinions.has(input)) leftOut.add(input);
  }
  options.signal.throwIfAborted();
  const reason = [...new Set(reasons)].join('; ');
  if (opinions.size === 0) return { opinions, leftOut, source: { ...source, reason } };
  return {
    opinions,
    leftOut,
    source: { ...source, ranker: 'claude', reason, model: options.model, promptVersion: PROMPT_VERSION },
  };
}

interface Request {
  readonly inputs: readonly RankInput[];
  /** Half of a request that was too long; it is not halved again. */
  readonly isHalf: boolean;
}

function chunksOf(inputs: readonly RankInput[], size: number): Request[] {
  const count = Math.ceil(inputs.length / size);
  return Array.from({ length: count }, (_, chunk) => ({
    inputs: inputs.slice(chunk * size, (chunk + 1) * size),
    isHalf: false,
  }));
}

/**
 * The model's ranks compare only within one request. Its order is laid over the places that the answered findings hold
 * by the heuristic, so that stored opinions, other requests and findings without an opinion still sort with each other.
 */
function placed(
  inputs: readonly RankInput[],
  opinions: ReadonlyMap<number, Opinion>,
  places: ReadonlyMap<RankInput, number>,
): readonly (readonly [RankInput, Opinion])[] {
  const answered = [...opinions]
    .flatMap(([position, opinion]) => {
      const input = inputs[position];
      return input ? [{ input, opinion, position }] : [];
    })
    .sort((a, b) => a.position - b.position);
  const free = answered.map(({ input }) => places.get(input) ?? 0);
  return answered
    .toSorted((a, b) => a.opinion.rank - b.opinion.rank || a.position - b.position)
    .map(({ input, opinion }, index) => [input, { ...opinion, rank: free[index] ?? opinion.rank }]);
}
