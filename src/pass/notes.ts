import type { FixNote } from '../stages/fix/note.ts';
import type { Pass } from './context.ts';

/** Fixes without a pair of revisions, which the Lease records until a report names them. */
export interface FixNotes {
  /** Of passes before this one. */
  readonly unreported: readonly FixNote[];
  /** Rejects where the Lease cannot be written. */
  record(notes: readonly FixNote[]): Promise<void>;
  /** All of them are reported. */
  clear(): Promise<void>;
}

export async function openNotes({ repository, options }: Pick<Pass, 'repository' | 'options'>): Promise<FixNotes> {
  const reported = new Set(repository.previous.corrections.map(({ correctionId }) => correctionId));
  let kept: readonly FixNote[] = options.notes;
  async function keep(notes: readonly FixNote[]): Promise<void> {
    if (notes.length === 0 && kept.length === 0) return;
    await options.keepNotes(notes);
    kept = notes;
  }
  const unreported = kept.filter(({ correctionId }) => !reported.has(correctionId));
  // A pass that was killed after its push did not remove them.
  if (unreported.length < kept.length) await keep(unreported);
  return {
    unreported,
    record: (notes) =>
      keep([...kept.filter(({ correctionId }) => notes.every((note) => note.correctionId !== correctionId)), ...notes]),
    // What fails here is done by the next pass, which knows them from the report.
    clear: () => keep([]).catch(() => undefined),
  };
}
