import type { Finding } from '../../domain/finding.ts';
import type { Correction } from '../../domain/report.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** After the first hold of a day the holds double, up to eight days. */
const MAX_DOUBLINGS = 3;

/** A field that another actor keeps reverting. */
export interface Contest {
  readonly manager: string;
  readonly corrections: number;
  /** When it is fixed next, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * The back-off: after `limit` fixes against the same manager within 24 hours the field is left alone for a day.
 * A manager that reverts the next fix as well makes that two days, then four and eight; a quiet day after a back-off ends
 * it. `undefined` if the field may be fixed.
 */
export function contestOf(finding: Finding, corrections: readonly Correction[], limit: number, now: Date): Contest | undefined {
  const manager = finding.blame?.manager;
  if (limit === 0) return undefined;
  const against = corrections.filter(
    ({ findingId, blame, result }) => findingId === finding.id && blame?.manager === manager && result !== 'no-effect',
  );
  const until = backOff(against, limit);
  return now.getTime() < until ? { manager: manager ?? 'an unknown manager', corrections: against.length, until } : undefined;
}

/** Until when a fix that the API server took and made nothing of is not tried again; `undefined` where it may be. */
export function noEffectUntil(finding: Finding, corrections: readonly Correction[], now: Date): number | undefined {
  const alike = corrections.filter(({ fingerprint, result }) => fingerprint === finding.fingerprint && result === 'no-effect');
  // Once is enough: the same write has the same effect.
  const until = backOff(alike, 1);
  return now.getTime() < until ? until : undefined;
}

/** End of the last back-off that these fixes cause, in milliseconds since 1970. */
function backOff(corrections: readonly Correction[], limit: number): number {
  const times = corrections.map(({ time }) => Date.parse(time)).sort((a, b) => a - b);
  let until = Number.NEGATIVE_INFINITY;
  let doublings = 0;
  for (const [index, time] of times.entries()) {
    const isQuiet = time - until > DAY_MS;
    if (isQuiet) doublings = 0;
    const ofTheDay = times.slice(0, index + 1).filter((earlier) => time - earlier < DAY_MS).length;
    if (isQuiet && ofTheDay < limit) continue;
    until = time + DAY_MS * 2 ** Math.min(doublings, MAX_DOUBLINGS);
    doublings++;
  }
  return until;
}
