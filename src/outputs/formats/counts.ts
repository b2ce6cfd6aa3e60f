import { CLASSES, DRIFT_CLASSES, FINDING_CLASSES, rowOf } from '../../domain/finding-classes.ts';
import type { ReportFinding } from '../../domain/report.ts';

/** Objects by what they are: `drifted`, `in_sync`, `unmanaged`. */
export type ObjectCounts = Readonly<Record<string, number>>;

const ORDER: readonly string[] = [...FINDING_CLASSES.map((found) => CLASSES[found].state), 'in_sync'];

/** `4 drifted, 2 in sync, 1 unmanaged`: those that differ first, worst first; empty for nothing. */
export function countsLine(counts: ObjectCounts): string {
  const place = (state: string): number => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);
  const states = Object.keys(counts)
    .filter((state) => (counts[state] ?? 0) > 0)
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return states.length === 0 ? '' : `${states.map((state) => `${counts[state]} ${state.replaceAll('_', ' ')}`).join(', ')}\n`;
}

/** `4 open, 1 unmanaged`: drift, and what is shown apart from it. */
export function openWords(findings: readonly Pick<ReportFinding, 'class'>[]): string {
  const others: Record<string, number> = {};
  for (const { class: found } of findings.filter((finding) => !DRIFT_CLASSES.has(finding.class)))
    others[rowOf(found).state] = (others[rowOf(found).state] ?? 0) + 1;
  const drift = findings.filter((finding) => DRIFT_CLASSES.has(finding.class)).length;
  return [`${drift} open`, countsLine(others).trimEnd()].filter((words) => words !== '').join(', ');
}
