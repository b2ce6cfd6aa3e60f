import type { ObjectComparison } from '../../src/domain/finding.ts';
import type { Ranking } from '../../src/domain/ranking.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createAskClaude, DEFAULT_PRICES, type RankOptions, rankFindings } from '../../src/stages/rank/rank.ts';
import { type CapturedRequest, type Step, startFakeClaude } from '../fake-claude/fake-claude.ts';
import { compared, comparison, finding, ref, workload } from '../types/builders.ts';

export const NOW = new Date('2026-11-23T12:00:00Z');

export function rankOptions(more: Partial<RankOptions> = {}): RankOptions {
  return {
    environment: 'dev',
    prices: DEFAULT_PRICES,
    model: 'claude-haiku-5-5',
    known: new Map(),
    now: NOW,
    signal: new AbortController().signal,
    ...more,
  };
}

export interface AskedRanking extends Ranking {
  readonly requests: readonly CapturedRequest[];
  /** Names of the objects in rank order. */
  readonly order: readonly string[];
}

/** Ranks with a fake that answers by these steps; fails where the fake itself refused a request. */
export async function rankWith(
  steps: readonly Step[],
  objects: readonly ObjectComparison[],
  more: Partial<RankOptions> = {},
): Promise<AskedRanking> {
  await using fake = await startFakeClaude(steps);
  const model = more.model ?? 'claude-haiku-5-5';
  const ask = createAskClaude({ apiKey: new Secret('test-key'), baseUrl: fake.url, model });
  const ranking = await rankFindings(comparison(objects), rankOptions({ ask, ...more }));
  if (fake.refusals.length > 0) throw new Error(`the fake refused: ${fake.refusals.join('; ')}`);
  return { ...ranking, requests: fake.requests, order: namesOf(ranking) };
}

/** The order that the rules alone give. */
export async function rankByRules(objects: readonly ObjectComparison[], more: Partial<RankOptions> = {}): Promise<Ranking> {
  return rankFindings(comparison(objects), rankOptions(more));
}

export function namesOf(ranking: Ranking): readonly string[] {
  return ranking.findings.map((ranked) => ranked.finding.ref.name);
}

/** Scaled workloads named `w-000`, `w-001`, ...: each a little more expensive than the next, so that rules keep the order. */
export function scaled(count: number): readonly ObjectComparison[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `w-${String(index).padStart(3, '0')}`;
    return compared([finding({ ref: ref(name), live: 3 + count - index })], { document: workload(ref(name), 3) });
  });
}
