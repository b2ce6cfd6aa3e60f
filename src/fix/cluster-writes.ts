import jsonPatch from 'fast-json-patch';
import type { JsonPatchOperation } from '../kubernetes/client.ts';
import { locate, toJsonPointer, valueAt, withValueAt } from '../types/field-path.ts';
import { type Finding, revealValue } from '../types/finding.ts';
import type { Json, JsonObject } from '../types/json.ts';
import { isJsonObject } from '../types/json.ts';
import type { ObjectCorrection } from '../types/plan.ts';

/**
 * What the pass applies itself: the desired object, without the fields that the plan leaves alone. Those are not ours
 * any more, so leaving them out keeps them as they are; what is still ours and no longer declared is sent with its live
 * value, since leaving that out would take it away. `resourceVersion` is that of the judged object.
 */
export function applyBody(correction: ObjectCorrection, resourceVersion: string | undefined): JsonObject {
  let body: Json = correction.desired.document;
  for (const finding of correction.leave) {
    const kept = finding.class === 'to_remove' ? revealValue(finding.live) : undefined;
    if (finding.desired !== undefined || kept !== undefined) body = withValueAt(body, finding.path, kept) ?? body;
  }
  const { status: _status, metadata, ...rest } = isJsonObject(body) ? body : {};
  const { creationTimestamp: _time, ...kept } = isJsonObject(metadata) ? metadata : {};
  return { ...rest, metadata: { ...kept, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}

/** Fields that an apply cannot take away, since others own them: whoever added them keeps them until they are removed. */
export function needsRemoval(finding: Finding): boolean {
  return finding.class === 'added' || (finding.class === 'to_remove' && finding.blame !== undefined);
}

/**
 * Removes what others added, each only if it still holds the judged value. Indexes are those of the object with this
 * resourceVersion, which the first test pins; later ones in a list go first, so that the others keep their place.
 */
export function removalPatch(
  live: JsonObject,
  resourceVersion: string,
  findings: readonly Finding[],
): readonly JsonPatchOperation[] {
  const located = findings.flatMap((finding) => {
    const path = locate(live, finding.path);
    const value = valueAt(live, finding.path);
    return path === undefined || value === undefined ? [] : [{ pointer: toJsonPointer(path), path, value }];
  });
  located.sort((a, b) => (isBefore(a.path, b.path) ? 1 : -1));
  const operations: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    ...located.flatMap(({ pointer, value }): JsonPatchOperation[] => [
      { op: 'test', path: pointer, value },
      { op: 'remove', path: pointer },
    ]),
  ];
  // Refused here, with the operation's number, rather than by the server with none.
  const invalid = jsonPatch.validate(
    structuredClone(operations) as Parameters<typeof jsonPatch.validate>[0],
    structuredClone(live),
  );
  if (invalid) throw invalid;
  return operations;
}

function isBefore(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  for (const [position, part] of a.entries()) {
    const other = b[position];
    if (part === other) continue;
    return typeof part === 'number' && typeof other === 'number' ? part < other : String(part) < String(other);
  }
  return a.length < b.length;
}
