/**
 * How one finding is brought back.
 * `json-patch`: as part of one patch for its object. `create`: the object is created anew. `recreate`: the API lets nobody
 * change the field in place; a person has to act.
 */
export type RepairMethod = 'json-patch' | 'create' | 'recreate' | 'none';

export interface Repair {
  readonly method: RepairMethod;
  /** For `recreate`: the command that would do it; empty otherwise. */
  readonly command: string;
}
