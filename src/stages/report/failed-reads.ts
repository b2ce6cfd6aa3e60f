import { differOnlyInNumbers } from '../../domain/describe.ts';
import type { Incomplete } from '../../domain/report.ts';
import type { FailedRead } from '../../domain/snapshot.ts';

/** What was not read, as the report names it. */
export function nameOfRead({ what, namespace }: Pick<FailedRead, 'what' | 'namespace'>): string {
  return `${what}${namespace === '' ? '' : ` in namespace ${namespace}`}`;
}

/**
 * Reads that failed, in the words of the last report where they failed in the same way then: guards and pages repeat these
 * words, and other numbers in them are no change.
 */
export function keepErrorText(reads: readonly FailedRead[], before: readonly Incomplete[]): readonly FailedRead[] {
  const known = new Map(before.map(({ what, error }) => [what, error]));
  return reads.map((read) => {
    const earlier = known.get(nameOfRead(read));
    return earlier !== undefined && differOnlyInNumbers(earlier, read.error) ? { ...read, error: earlier } : read;
  });
}
