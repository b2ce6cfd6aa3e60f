import type { Finding } from './finding.ts';

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Position of a severity: 0 is the worst. */
export function severityOrder(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The model's words on a finding. Display text only: nothing acts on it. */
export interface Advice {
  readonly cause: string;
  readonly advice: string;
  readonly confidence: 'high' | 'medium' | 'low';
}

export interface RankedFinding {
  readonly finding: Finding;
  readonly severity: Severity;
  /** Live minus desired, US dollars a month of 730 hours; `undefined` where requests are not declared. */
  readonly costUsdPerMonth: number | undefined;
  readonly advice: Advice | undefined;
  /** The model asks to look before this is fixed; the plan decides what that means. */
  readonly isHeld: boolean;
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
