import type { Finding } from './finding.ts';
import { type ObjectRef, objectKey } from './object-ref.ts';
import type { Usage } from './usage.ts';

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Position of a severity: 0 is the worst. */
export function severityOrder(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** What the place of a drift in a list depends on; `rank` is the model's, absent where it gave none. */
export interface Listed {
  readonly severity: Severity;
  readonly rank: number | undefined;
  readonly costUsdPerMonth: number | null | undefined;
  readonly object: ObjectRef;
  readonly path: string;
}

/** The one order of every list of drift: the worst first, then as the model ranked it, then what costs most, then by name. */
export function byUrgency(a: Listed, b: Listed): number {
  const cost = ({ costUsdPerMonth }: Listed): number => Math.abs(costUsdPerMonth ?? 0);
  const rank = (listed: Listed): number => listed.rank ?? Number.MAX_SAFE_INTEGER;
  const [one, other] = [a, b].map(({ object, path }) => `${objectKey(object)} ${path}`) as [string, string];
  return (
    severityOrder(a.severity) - severityOrder(b.severity) ||
    rank(a) - rank(b) ||
    cost(b) - cost(a) ||
    (one < other ? -1 : one > other ? 1 : 0)
  );
}

/** The model's words on a finding. Display text only: nothing acts on it. */
interface Advice {
  readonly cause: string;
  readonly advice: string;
  readonly confidence: 'high' | 'medium' | 'low';
}

/** A model's answer on a finding, as the report keeps it: an unchanged finding is not asked about again. */
export interface Opinion {
  readonly severity: Severity;
  /** 1 for what deserves attention first, among all findings of the pass that asked. */
  readonly rank: number;
  readonly isHeld: boolean;
  readonly advice: Advice;
  readonly promptVersion: string;
}

export interface RankedFinding {
  readonly finding: Finding;
  readonly severity: Severity;
  /** Live minus desired, US dollars a month of 730 hours; `undefined` where requests are not declared. */
  readonly costUsdPerMonth: number | undefined;
  /** The model's answer; `undefined` if only the heuristic ranked. */
  readonly opinion: Opinion | undefined;
  /** Version of the prompt by which the model was asked and left this finding out of its answer; empty otherwise. */
  readonly unanswered: string;
  /** Of the workload, as it is now; absent where it is not known. */
  readonly usage?: Usage;
}

/** Why the order is what it is. */
export interface RankingSource {
  readonly ranker: 'heuristic' | 'claude';
  /** Why the heuristic was used, or which part the model did not rank; empty where all went as asked. */
  readonly reason: string;
  readonly model: string;
  readonly promptVersion: string;
  readonly requestIds: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Answers that were refused: unknown ids, severities under the floor and the like. */
  readonly refused: number;
  /** The model's summary of the pass; empty without one. */
  readonly summary: string;
  /** Name of the price table that the costs were computed with. */
  readonly prices: string;
}

/** All findings, worst first, in a total order. */
export interface Ranking {
  readonly findings: readonly RankedFinding[];
  readonly source: RankingSource;
}
