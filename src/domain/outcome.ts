/**
 * What became of a planned fix. `overridden`: it was written, and managedFields show another write after it that put the
 * drift back. `no-effect`: it was written, and the API server made of it what was there before. `conflict`: the object or
 * unit changed meanwhile; the next pass judges it anew.
 */
export type OutcomeResult = 'fixed' | 'staged' | 'overridden' | 'no-effect' | 'conflict' | 'failed';

export interface FixOutcome {
  readonly findingId: string;
  readonly correctionId: string;
  readonly result: OutcomeResult;
  /** The server's own words where it did not go as planned; empty otherwise. */
  readonly message: string;
  /** `project/slug` of the changeset that the revisions belong to; empty without one. */
  readonly changeSet: string;
  /** Number of the revision that restores desired; 0 where none was written. */
  readonly revision: number;
  /** Why a fixed workload is not rolled out and healthy; empty where it is, or was not waited for. */
  readonly unhealthy: string;
}
