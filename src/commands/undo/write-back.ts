import { isDeepStrictEqual } from 'node:util';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { readManifest } from '../../clients/kubernetes/manifest.ts';
import { type DesiredObject, NO_UNIT } from '../../domain/desired.ts';
import { ClusterError } from '../../domain/errors.ts';
import { type FieldPath, withValueAt } from '../../domain/field-path.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, numberAt, own, stringAt } from '../../domain/json.ts';
import { type JsonPatchOperation, operationsBetween } from '../../domain/json-patch.ts';
import { objectKey, refOf } from '../../domain/object-ref.ts';
import { DETECTOR_MANAGER } from '../../domain/snapshot.ts';
import { kindOf } from '../../stages/fix/cluster-writes.ts';
import { handBack } from '../../stages/fix/ownership.ts';

interface FieldEdit {
  readonly path: FieldPath;
  /** `undefined` where the field goes. */
  readonly value: Json | undefined;
}

interface Options {
  /** Field managers that deliver desired state, the usual one first. */
  readonly desiredManagers: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Writes to the cluster what one text declares otherwise than another: those fields alone, in one patch an object. All
 * of the patches are tried before the first is made.
 */
export async function writeBack(kubernetes: KubernetesClient, before: string, after: string, options: Options): Promise<void> {
  const { signal } = options;
  const earlier = new Map(objectsOf(before).map(({ key, document }) => [key, document]));
  const patches = [];
  for (const { key, document } of objectsOf(after)) {
    const edits = editsBetween(earlier.get(key) ?? {}, document, []);
    const ref = refOf(document);
    if (!ref || edits.length === 0) continue;
    const desired: DesiredObject = { ref, document, documentIndex: 0, unit: NO_UNIT };
    const kind = await kindOf(desired, kubernetes, signal);
    const live = await kubernetes.get(kind, ref, signal);
    if (!live) throw gone(ref.kind, ref.name);
    patches.push({ desired, kind, operations: patchOf(live, edits) });
  }
  for (const dryRun of [true, false])
    for (const { desired, kind, operations } of patches) {
      const written = await kubernetes.jsonPatch(kind, desired.ref, operations, {
        fieldManager: DETECTOR_MANAGER,
        dryRun,
        signal,
      });
      // All of it is declared by the unit's new head.
      const deliveredFields = (_: DesiredObject, __: JsonObject, fields: JsonObject): JsonObject => fields;
      if (!dryRun) await handBack(desired, written, kind, kubernetes, { ...options, deliveredFields });
    }
}

function gone(kind: string, name: string): ClusterError {
  return new ClusterError(`${kind} ${name} is not in the cluster any more`, {
    code: 'not-found',
    subject: name,
    remedy: 'Create it first, or apply the unit.',
  });
}

function objectsOf(text: string): readonly { readonly key: string; readonly document: JsonObject }[] {
  return readManifest(text).documents.flatMap(({ document }) => {
    const ref = refOf(document);
    return ref ? [{ key: objectKey(ref), document }] : [];
  });
}

function patchOf(live: JsonObject, edits: readonly FieldEdit[]): readonly JsonPatchOperation[] {
  const body = edits.reduce<Json | undefined>((now, { path, value }) => withValueAt(now, path, value), live);
  const generation = numberAt(live, 'metadata', 'generation');
  return [
    { op: 'test', path: '/metadata/uid', value: stringAt(live, 'metadata', 'uid') ?? '' },
    ...(generation === undefined ? [] : [{ op: 'test' as const, path: '/metadata/generation', value: generation }]),
    ...operationsBetween(live, isJsonObject(body) ? body : live),
  ];
}

/** Fields that differ; elements of a list are identified by the first of these that all of them have. */
const KEYS = ['name', 'containerPort', 'port', 'mountPath', 'devicePath', 'ip', 'topologyKey'];

function editsBetween(before: Json | undefined, after: Json | undefined, path: FieldPath): readonly FieldEdit[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((field) => editsBetween(own(before, field), own(after, field), [...path, { field }]));
  }
  const key = isJsonArray(before) && isJsonArray(after) ? keyOf(before, after) : undefined;
  if (key !== undefined && isJsonArray(before) && isJsonArray(after)) {
    const elements = (list: readonly Json[]): Map<string | number, Json> =>
      new Map(list.flatMap((element) => (isKey(own(element, key)) ? [[own(element, key) as string | number, element]] : [])));
    const [earlier, later] = [elements(before), elements(after)];
    return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((value) =>
      editsBetween(earlier.get(value), later.get(value), [...path, { key: { [key]: value } }]),
    );
  }
  return isDeepStrictEqual(before, after) ? [] : [{ path, value: after }];
}

function isKey(value: Json | undefined): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function keyOf(...lists: readonly (readonly Json[])[]): string | undefined {
  return KEYS.find((key) =>
    lists.every((list) => {
      const values = list.map((element) => own(element, key));
      return values.every(isKey) && new Set(values).size === values.length;
    }),
  );
}
