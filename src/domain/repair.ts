/**
 * How one finding is fixed.
 * `json-patch`: as part of one patch for its object. `create`: the object is created again. `recreate`: the field is
 * immutable; `resize`: it changes only through that subresource of a pod. A person has to do the last two.
 */
type RepairMethod = 'json-patch' | 'create' | 'recreate' | 'resize' | 'none';

export interface Repair {
  readonly method: RepairMethod;
  /** For `recreate` and `resize`: the command that would do it; empty otherwise. */
  readonly command: string;
}
