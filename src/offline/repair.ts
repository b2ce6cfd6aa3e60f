import { type Finding, isDrift } from '../types/finding.ts';
import type { JsonPatchOperation } from '../types/json-patch.ts';
import { patchCommand } from '../types/kubectl.ts';
import { Secret } from '../types/secret.ts';
import { patchTo } from '../types/target-patch.ts';
import type { OfflineObject } from './offline.ts';

/** How an object is brought back, as one write. */
export interface ObjectRepair {
  readonly method: 'json-patch';
  /** The patch as a command; absent where it would show a hidden value. */
  readonly command?: string;
  readonly patch?: readonly JsonPatchOperation[];
  /** What stands in the way, and what is not part of it. */
  readonly note?: string;
}

/** The write that a pass makes for these findings; `undefined` where none of them is brought back by one. */
export function repairOfObject({ ref, desired, live, findings }: OfflineObject): ObjectRepair | undefined {
  const fix = findings.filter((finding) => isDrift(finding) && finding.repair.method === 'json-patch');
  if (!live || !desired || fix.length === 0) return undefined;
  if (fix.some(isHidden))
    return { method: 'json-patch', note: 'it holds values that are not shown: have a pass fix it, or apply the unit' };
  const { operations: patch } = patchTo(desired, live.body, fix, { owners: live.owners, withVersion: false });
  return { method: 'json-patch', command: patchCommand({ ...live.ref, namespace: ref.namespace }, patch), patch };
}

/** The patch would hold the desired value; what is only taken away is not in it. */
function isHidden({ desired }: Finding): boolean {
  return desired instanceof Secret;
}
