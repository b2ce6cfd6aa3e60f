import type { Correction, Report, ReportedDrift, ReportFinding } from './report.ts';

// Words of the report, for pages, commit and terminal.

/** `+$29.27`, `-$3.00`, `$0`; `unknown` if requests are not declared. */
export function dollars(amount: number | null): string {
  if (amount === null) return 'unknown';
  if (amount === 0) return '$0';
  return `${amount > 0 ? '+' : '-'}$${Math.abs(amount).toFixed(2)}`;
}

/** Action and result of a finding, as a short text. */
export function state(finding: ReportFinding): string {
  if (finding.result === 'staged') return `staged, revision ${finding.revision}`;
  if (finding.result !== null) return finding.result;
  switch (finding.action) {
    case 'fix':
      return 'would be fixed';
    case 'stage':
      return 'would be staged';
    case 'blocked':
      return `blocked (${finding.reason})`;
    case 'report':
      return `report only (${finding.reason})`;
  }
}

/** The same for a report: a finding that this pass could not read has the state of the last report. */
export function stateIn({ unread }: Pick<Report, 'unread'>, finding: ReportFinding): string {
  return unread.has(finding.id) ? 'not read now; as of the last report' : state(finding);
}

/** What a tripped guard means for the pass. */
export const GUARD_EFFECT = 'only fixes that a person approved are made';

/** Result and revision of a fix. */
export function fixState({
  result,
  revision,
  unhealthy,
  note,
}: Pick<Correction, 'result' | 'revision' | 'unhealthy' | 'note'>): string {
  const parts = [result, revision === 0 ? '' : `revision ${revision}`, unhealthy === '' ? '' : 'not healthy', note];
  return parts.filter((part) => part !== '').join(', ');
}

/** `kubectl via scale`, `kubectl-set`, or `unknown`; not escaped. */
export function writer({ blame }: Pick<ReportedDrift, 'blame'>): string {
  if (!blame) return 'unknown';
  return `${blame.manager}${blame.subresource === '' ? '' : ` via ${blame.subresource}`}`;
}

/** `11-23 03:12Z`: for cells and lines without room for a year. */
export function day(time: string): string {
  return minute(time).replace(/^\d{4}-(?=\d{2}-\d{2} )/u, '');
}

/** A time to the minute, `2026-11-23 03:12Z`; other texts than RFC 3339 times in UTC are unchanged. */
export function minute(time: string): string {
  return time.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2}(\.\d+)?)?Z$/u, '$1 $2Z');
}

/** `back`, `back for the 2nd time`: how often a drift has come back; empty for one that never ended. */
export function returnedWords(times: number): string {
  if (times <= 1) return times === 1 ? 'back' : '';
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' }[ORDINALS.select(times)];
  return `back for the ${times}${ending} time`;
}

const ORDINALS = new Intl.PluralRules('en', { type: 'ordinal' });

/** Without lines that another line includes in its summary (`shownWith`), in the same pass. */
export function withoutRepeated<T extends Pick<ReportedDrift, 'shownWith'>>(
  entries: readonly T[],
  idOf: (entry: T) => string,
  passOf: (entry: T) => string = () => '',
): readonly T[] {
  const ids = new Set(entries.map((entry) => `${passOf(entry)} ${idOf(entry)}`));
  return entries.filter((entry) => entry.shownWith === '' || !ids.has(`${passOf(entry)} ${entry.shownWith}`));
}

/** `1 field`, `3 fields`, `2 fixes`, `0 entities` */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.replace(/x$/u, 'xe').replace(/([^aeiou])y$/u, '$1ie')}s`;
}

export interface CostSum {
  /** Sum of the known costs, US dollars a month. */
  readonly known: number;
  readonly unknown: number;
}

/** Summed in cents, so that the order does not matter. */
export function sumCosts(entries: readonly Pick<ReportedDrift, 'costUsdPerMonth'>[]): CostSum {
  const known = entries.map((entry) => entry.costUsdPerMonth).filter((cost) => cost !== null);
  const cents = known.reduce((sum, cost) => sum + Math.round(cost * 100), 0);
  return { known: cents / 100, unknown: entries.length - known.length };
}

/** `+$29.27 a month, 1 of unknown cost` */
export function costWords(entries: readonly Pick<ReportedDrift, 'costUsdPerMonth'>[]): string {
  const { known, unknown } = sumCosts(entries);
  if (unknown === entries.length) return 'of unknown cost';
  return `${dollars(known)} a month${unknown > 0 ? `, ${unknown} of unknown cost` : ''}`;
}
