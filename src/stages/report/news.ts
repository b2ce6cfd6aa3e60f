import { displayEffect, type ReportedDecision } from '../../domain/decision.ts';
import type { Pause, Plan } from '../../domain/plan.ts';
import type { FindingNews, PreviousReport, PromotionNeed, Report, ReportFinding } from '../../domain/report.ts';
import { minute } from '../../domain/words.ts';

// What a pass brought: the commit tells it before what was known.

/** What of the open findings is not as in the last report, by id. */
export function newsOf(
  open: readonly ReportFinding[],
  before: ReadonlyMap<string, ReportFinding>,
): ReadonlyMap<string, FindingNews> {
  return new Map(
    open.flatMap((finding) => {
      const news = newsIn(finding, before.get(finding.id));
      return news === undefined ? [] : [[finding.id, news]];
    }),
  );
}

function newsIn(now: ReportFinding, then: ReportFinding | undefined): FindingNews | undefined {
  if (!then) return now.returned > 0 ? 'returned' : 'new';
  if (then.fingerprint !== now.fingerprint) return 'changed';
  return hasOtherOutcome(now, then) ? 'restated' : undefined;
}

/** Something else was decided about it, or became of it. */
export function hasOtherOutcome(now: ReportFinding, then: ReportFinding): boolean {
  return then.action !== now.action || then.reason !== now.reason || then.result !== now.result;
}

/** Promotions, holds and decisions that the last report does not have, a line each. */
export function otherNews({
  plan,
  promotions,
  decisions,
  previous,
}: {
  readonly plan: Pick<Plan, 'pauses'>;
  readonly promotions: readonly PromotionNeed[];
  readonly decisions: readonly ReportedDecision[];
  readonly previous: Pick<PreviousReport, 'pauses' | 'promotions' | 'decisions'>;
}): Report['otherNews'] {
  return [
    ...added('decisions', decisions.map(decided), previous.decisions.map(decided)),
    ...added('pauses', plan.pauses.map(held), previous.pauses.map(held)),
    ...added('promotions', promotions.map(needed), previous.promotions.map(needed)),
  ];
}

function added(part: string, now: readonly string[], then: readonly string[]): Report['otherNews'] {
  const known = new Set(then);
  return now.filter((line) => !known.has(line)).map((line) => ({ part, line }));
}

function decided({ kind, what, by, effect }: ReportedDecision): string {
  // The mail address is on the cluster's page.
  const who = by.replace(/ <[^<>]*>$/u, '');
  return `Decided: ${kind === '' ? '' : `${kind} `}${what}${who === '' ? '' : ` by ${who}`}: ${displayEffect(effect)}`;
}

function held({ what, until }: Pause): string {
  return `Paused until ${minute(until)}: ${what}`;
}

function needed({ unit, upstream }: PromotionNeed): string {
  return `Promotion needed: ${unit} from ${upstream}`;
}
