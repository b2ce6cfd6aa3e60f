/**
 * How one finding is brought back.
 * `server-side-apply`: the whole desired object is applied, which takes the field back.
 * `json-patch`: what others added is removed, each only if it still holds the judged value.
 * `create`: the object is applied anew. `recreate`: the API lets nobody change the field; a person has to act.
 */
export type RepairMethod = 'server-side-apply' | 'json-patch' | 'create' | 'recreate' | 'none';

export interface Repair {
  readonly method: RepairMethod;
  /** For `recreate`: the command that would do it; empty otherwise. */
  readonly command: string;
}
