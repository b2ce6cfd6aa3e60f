import type { DesiredObject } from './desired.ts';
import { printPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { type JsonObject, numberAt, stringAt } from './json.ts';
import { type JsonPatchOperation, operationsBetween } from './json-patch.ts';
import { type FieldOwner, ownersIn } from './snapshot.ts';
import { type Target, targetOf } from './target.ts';

/** The one write that brings an object back, and what it makes of it. */
export interface TargetPatch {
  readonly target: Target;
  readonly operations: readonly JsonPatchOperation[];
}

/**
 * One patch from live to live with these findings brought back. It holds only for the very object that was judged: its
 * uid, and its generation, which status updates leave alone. Changes of metadata move no generation, and some kinds have
 * none: there the resourceVersion is tested, `withVersion` permitting.
 */
export function patchTo(
  { ref, document }: DesiredObject,
  live: JsonObject,
  findings: readonly Finding[],
  {
    owners = ownersIn(live),
    withVersion = true,
  }: { readonly owners?: readonly FieldOwner[]; readonly withVersion?: boolean } = {},
): TargetPatch {
  const target = targetOf({ kind: ref.kind, live, desired: document, owners }, findings);
  const test = (path: string, value: string | number): JsonPatchOperation => ({ op: 'test', path, value });
  const tests: JsonPatchOperation[] = [];
  const uid = stringAt(live, 'metadata', 'uid');
  // Edited files have none.
  if (uid !== undefined) tests.push(test('/metadata/uid', uid));
  const generation = numberAt(live, 'metadata', 'generation');
  const isOfMetadata = target.changed.some((path) => printPath(path.slice(0, 1)) === '/metadata');
  if (generation !== undefined && !isOfMetadata) tests.push(test('/metadata/generation', generation));
  else if (withVersion) tests.push(test('/metadata/resourceVersion', stringAt(live, 'metadata', 'resourceVersion') ?? ''));
  return { target, operations: [...tests, ...operationsBetween(live, target.body)] };
}
