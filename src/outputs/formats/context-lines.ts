import { sanitize } from '../../domain/describe.ts';
import type { Incomplete } from '../../domain/report.ts';
import { GUARD_EFFECT } from '../../domain/words.ts';
import type { ShownReport } from './entry.ts';

// What a reader must know beside a list of findings: an empty list means little if something could not be read.

export function guardLine({ name, detail }: NonNullable<ShownReport['guard']>): string {
  return `Guard ${name}: ${detail}; ${GUARD_EFFECT}`;
}

export function incompleteLine({ what, error }: Incomplete): string {
  return `Not compared: ${what}: ${error}`;
}

export function linesOf({ guard, incomplete }: Pick<ShownReport, 'guard' | 'incomplete'>): readonly string[] {
  return [...(guard ? [guardLine(guard)] : []), ...incomplete.map(incompleteLine)];
}

/** The circumstances of all reports, a line each; with the cluster's name where there are several. */
export function printContext(reports: readonly ShownReport[]): string {
  const lines = reports.flatMap((report) =>
    linesOf(report).map((line) => (reports.length > 1 ? `${report.cluster}: ${line}` : line)),
  );
  return lines.map((line) => `${sanitize(line)}\n`).join('');
}

/** `No drift.`, with its limits. */
export function withReadLimit(what: string, reports: readonly Pick<ShownReport, 'incomplete'>[]): string {
  return `${what}${reports.every(({ incomplete }) => incomplete.length === 0) ? '' : ' in what could be read'}.`;
}
