/**
 * Generation of ConfigHub's API: A of August 2025, B of October 2025 to mid 2026, C from late 2026 (0.4). They differ
 * in what a server can be asked for, not in what a unit is.
 */
export type ApiGeneration = 'A' | 'B' | 'C';

/** What a ConfigHub server can be asked to do. */
export interface ServerAbilities {
  readonly generation: ApiGeneration;
  /** Units are applied one by one or by a query; else whole spaces are released. */
  readonly appliesUnits: boolean;
  /** An apply may name a revision; else the head is applied. */
  readonly appliesRevisions: boolean;
  /** Changesets lock units and mark their revisions. */
  readonly locksUnits: boolean;
}
