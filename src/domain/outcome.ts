/**
 * Result of a planned fix. `overridden`: it was written, and managedFields show a later write that restored the
 * drift. `no-effect`: it was written, but the API server stored the old value. `conflict`: the object or
 * unit changed in the meantime; the next pass compares it again.
 */
export type OutcomeResult = 'fixed' | 'staged' | 'overridden' | 'no-effect' | 'conflict' | 'failed';

export interface FixOutcome {
  readonly findingId: string;
  readonly correctionId: string;
  readonly result: OutcomeResult;
  /** The server's message if the fix did not go as planned; otherwise empty. */
  readonly message: string;
  /** `project/slug` of the changeset that the revisions belong to; empty without one. */
  readonly changeSet: string;
  /** Number of the revision that restores desired; 0 where none was written. */
  readonly revision: number;
  /** Why a fixed workload is not healthy; empty if it is, or if the pass did not wait. */
  readonly unhealthy: string;
}
