import type { Revision, RevisionSource } from '../entities/revision.ts';
import type { Blobs } from '../storage/blobs.ts';
import type { Table } from '../storage/table.ts';
import { advanceSources, type ResourceMutation, type Sources } from './sources.ts';

/** The record of as many revisions is remembered; each is some kilobytes. */
const REMEMBERED = 1_000;

/** Upgrades overwrite what these gave, and keep what any other change gave (reference, section 6.3). */
const FROM_UPSTREAM: readonly RevisionSource[] = ['CreateUnit', 'CloneUnit', 'UpgradeUnit'];

/** `MutationSources`: worked out from the history, which holds everything that it says, so that it is nowhere stored. */
export class Mutations {
  readonly #revisions: Table<Revision>;
  readonly #blobs: Blobs;
  readonly #known = new Map<string, Sources>();

  constructor(revisions: Table<Revision>, blobs: Blobs) {
    this.#revisions = revisions;
    this.#blobs = blobs;
  }

  /** Which mutation gave each resource and path the value that it has at this revision. */
  sourcesAt(unitId: string, revisionNum: number): readonly ResourceMutation[] {
    const at = this.#revisions.last(ofUnit(unitId), { column: 'revision_num', values: [revisionNum] });
    const known = at && this.#known.get(at.RevisionID);
    if (known) return [...known.values()];
    return [...(this.#workOut(this.#revisions.find(ofUnit(unitId))).get(revisionNum) ?? new Map()).values()];
  }

  /** By revision number, for the whole history of a unit. */
  #workOut(history: readonly Revision[]): ReadonlyMap<number, Sources> {
    const byNumber = new Map<number, Sources>();
    let sources: Sources = new Map();
    let before = '';
    let hash = '';
    for (const revision of history) {
      const known = this.#known.get(revision.RevisionID);
      if (known) sources = known;
      else if (revision.RestoredRevisionNum > 0) sources = byNumber.get(revision.RestoredRevisionNum) ?? sources;
      else if (revision.DataHash !== hash) {
        if (hash !== '') before = this.#text(hash);
        sources = advanceSources(sources, {
          before,
          after: this.#text(revision.DataHash),
          index: revision.MutationNum,
          predicate: FROM_UPSTREAM.includes(revision.Source),
        });
      }
      hash = revision.DataHash;
      byNumber.set(revision.RevisionNum, sources);
      this.#remember(revision.RevisionID, sources);
    }
    return byNumber;
  }

  #remember(revisionId: string, sources: Sources): void {
    this.#known.delete(revisionId);
    this.#known.set(revisionId, sources);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) return;
      this.#known.delete(oldest);
    }
  }

  #text(hash: string): string {
    return this.#blobs.get(hash).toString('utf8');
  }
}

function ofUnit(unitId: string): { readonly column: string; readonly values: readonly string[] } {
  return { column: 'unit_id', values: [unitId] };
}
