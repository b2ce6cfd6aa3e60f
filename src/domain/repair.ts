/**
 * How one finding is brought back.
 * `json-patch`: as part of one patch for its object. `create`: the object is created anew. `recreate`: the field is
 * immutable; `resize`: it changes only through that subresource of a pod. Of the last two a person has to make one.
 */
type RepairMethod = 'json-patch' | 'create' | 'recreate' | 'resize' | 'none';

export interface Repair {
  readonly method: RepairMethod;
  /** For `recreate` and `resize`: the command that would do it; empty otherwise. */
  readonly command: string;
}
