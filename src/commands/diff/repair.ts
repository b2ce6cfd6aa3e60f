import type { DesiredObject } from '../../domain/desired.ts';
import { stringifyJson } from '../../domain/exact-json.ts';
import { isDrift } from '../../domain/finding.ts';
import type { Json } from '../../domain/json.ts';
import type { JsonPatchOperation } from '../../domain/json-patch.ts';
import { patchCommand } from '../../domain/kubectl.ts';
import { Secret } from '../../domain/secret.ts';
import { textsOf } from '../../domain/show/redact.ts';
import { hiddenParts } from '../../domain/show/show.ts';
import { isSecretKey } from '../../domain/show/text.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import { patchTo } from '../../domain/target-patch.ts';
import type { OfflineObject } from './offline.ts';

/** How an object is brought back, as one write. */
export interface ObjectRepair {
  readonly method: 'json-patch';
  /** The patch as a command; absent where it would show a hidden value. */
  readonly command?: string;
  readonly patch?: readonly JsonPatchOperation[];
  /** What prevents the repair, and what is not part of it. */
  readonly note?: string;
}

/** The write that a pass makes for these findings; `undefined` where none of them is brought back by one. */
export function repairOfObject({ ref, desired, live, findings }: OfflineObject): ObjectRepair | undefined {
  const fix = findings.filter((finding) => isDrift(finding) && finding.repair.method === 'json-patch');
  if (!live || !desired || fix.length === 0) return undefined;
  const { operations: patch } = patchTo(desired, live.body, fix, { owners: live.owners, withVersion: false });
  if (fix.some((finding) => finding.desired instanceof Secret) || holdsHidden(patch, desired, live))
    return { method: 'json-patch', note: 'it has hidden values: let a pass fix it, or apply the unit' };
  return { method: 'json-patch', command: patchCommand({ ...live.ref, namespace: ref.namespace }, patch), patch };
}

/** Whether a patch contains a hidden value of the object, at any place; a removed value is not in it. */
function holdsHidden(patch: readonly JsonPatchOperation[], { ref, document }: DesiredObject, { body }: LiveObject): boolean {
  const hidden = new Set([document, body].flatMap((side) => hiddenParts(ref, side).flatMap(({ value }) => textsOf(value))));
  // Keys that are secrets stand in what is only taken away, too.
  const text = stringifyJson(patch.map((operation) => ({ ...operation })));
  const written = patch.flatMap((operation): readonly Json[] => ('value' in operation ? [operation.value] : []));
  return (
    written.flatMap(textsOf).some((one) => hidden.has(one)) ||
    [...hidden].some((one) => isSecretKey(one, '') && text.includes(one))
  );
}
