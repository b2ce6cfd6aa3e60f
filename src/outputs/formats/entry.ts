import type { ObjectRef } from '../../domain/object-ref.ts';
import { type Correction, type Incomplete, inOrder, type ReportedDrift, type ReportFinding } from '../../domain/report.ts';
import { state } from '../../domain/words.ts';

/** `open` and `corrected` tell a state; where two reports are compared, the others tell what became of a finding. */
export type Change = 'open' | 'new' | 'changed' | 'resolved' | 'corrected';

/** One line of a report in whatever form. */
export interface Entry {
  readonly cluster: string;
  readonly change: Change;
  /** Of the finding, also where it was corrected. */
  readonly id: string;
  /** Empty for a correction, which keeps none. */
  readonly fingerprint: string;
  readonly drift: ReportedDrift;
  /** What was decided and became of it, in a few words. */
  readonly state: string;
  readonly detail: string;
  /** The line of findings.jsonl or corrections.jsonl. */
  readonly line: ReportFinding | Correction;
}

/** The report of one cluster, from a pass or from the report repository. */
export interface ShownReport {
  readonly cluster: string;
  /** sha256 in hexadecimal. */
  readonly digest: string;
  /** Open findings, worst first. */
  readonly findings: readonly ReportFinding[];
  readonly corrections: readonly Correction[];
  readonly guard: { readonly name: string; readonly detail: string } | null;
  readonly incomplete: readonly Incomplete[];
  /** The cluster's page, Markdown. */
  readonly page: string;
  /** Path in the report repository of the file that tells most about an object. */
  readonly pathOf: (ref: ObjectRef) => string;
}

export function openEntry(cluster: string, finding: ReportFinding, change: Change = 'open'): Entry {
  const { id, fingerprint, detail, message } = finding;
  return {
    cluster,
    change,
    id,
    fingerprint,
    drift: finding,
    state: state(finding),
    detail: [detail, message].filter((text) => text !== '').join('. '),
    line: finding,
  };
}

export function correctedEntry(cluster: string, correction: Correction): Entry {
  return {
    cluster,
    change: 'corrected',
    id: correction.findingId,
    fingerprint: '',
    drift: correction,
    state: correction.revision === 0 ? correction.result : `${correction.result}, revision ${correction.revision}`,
    detail: correction.changeSet === '' ? '' : `changeset ${correction.changeSet}`,
    line: correction,
  };
}

/** In the one order of all lists. */
export function worstFirst(entries: readonly Entry[]): readonly Entry[] {
  return inOrder(entries, ({ drift }) => drift);
}
