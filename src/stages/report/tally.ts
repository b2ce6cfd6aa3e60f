import { DRIFT_CLASSES, type FindingClass, rowOf } from '../../domain/finding-classes.ts';
import type { Correction, GoneDrift, ReportFinding, Tally } from '../../domain/report.ts';

// The counts of a pass, which add up: before + new + returned - fixed - resolved = open.

interface Tallied {
  readonly before: readonly ReportFinding[];
  readonly open: readonly ReportFinding[];
  readonly fixed: readonly Correction[];
  readonly resolved: readonly ReportFinding[];
  /** How often a drift ended before this pass. */
  readonly endedBefore: (id: string) => number;
}

/** Counts drift only, without unmanaged workloads and other findings that are not drift. */
export function tallyOf({ before, open, fixed, resolved, endedBefore }: Tallied): Tally {
  const ids = (entries: readonly (Pick<ReportFinding, 'class'> & { readonly id: string })[]): readonly string[] =>
    entries.filter(isDriftLine).map(({ id }) => id);
  const fixedIds = ids(fixed.map(({ findingId: id, class: found }) => ({ id, class: found })));
  const parts = { before: ids(before), open: ids(open), fixed: fixedIds, resolved: ids(resolved) };
  // What is there or ended now was there before or came since: a fix of a killed pass may be of what no report has.
  const arrivals = new Map<string, number>();
  const count = (counted: readonly string[], by: number): void => {
    for (const id of counted) arrivals.set(id, (arrivals.get(id) ?? 0) + by);
  };
  count(parts.before, -1);
  for (const part of [parts.open, parts.fixed, parts.resolved]) count(part, 1);
  const all = [...arrivals.values()].reduce((sum, times) => sum + times, 0);
  const fresh = [...arrivals].filter(([id, times]) => times > 0 && endedBefore(id) === 0 && !parts.before.includes(id)).length;
  return {
    before: parts.before.length,
    new: fresh,
    returned: all - fresh,
    fixed: parts.fixed.length,
    resolved: parts.resolved.length,
    open: parts.open.length,
  };
}

export function isDriftLine({ class: found }: { readonly class: FindingClass }): boolean {
  return DRIFT_CLASSES.has(found);
}

/** `2 unmanaged, 1 pending`, of findings that are no drift. */
export function classWords(findings: readonly Pick<ReportFinding, 'class'>[]): string {
  const classes = Map.groupBy(findings, ({ class: found }) => rowOf(found).state);
  return [...classes].map(([state, alike]) => `${alike.length} ${state}`).join(', ');
}

/** `4 open, 1 unmanaged`: drift, and what is shown apart from it. */
export function openWords(findings: readonly Pick<ReportFinding, 'class'>[]): string {
  const others = classWords(findings.filter((finding) => !isDriftLine(finding)));
  return `${findings.filter(isDriftLine).length} open${others === '' ? '' : `, ${others}`}`;
}

/** How often each drift was fixed or resolved, as far as the report remembers. */
export function endings(corrections: readonly Correction[], gone: readonly GoneDrift[]): (id: string) => number {
  const ended = [...corrections.filter(({ result }) => result === 'fixed'), ...gone.filter(({ became }) => became === 'gone')];
  const times = Map.groupBy(ended, ({ findingId }) => findingId);
  return (id) => times.get(id)?.length ?? 0;
}
