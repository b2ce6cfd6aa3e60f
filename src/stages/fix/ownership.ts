import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { ClusterError, throwUnless } from '../../domain/errors.ts';
import { valueAt } from '../../domain/field-path.ts';
import { setOf, union, without } from '../../domain/field-set.ts';
import type { Finding } from '../../domain/finding.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import type { JsonPatchOperation } from '../../domain/json-patch.ts';
import { DETECTOR_MANAGER } from '../../domain/snapshot.ts';
import { isUnanswered } from './refusals.ts';

/** Times that the patch is made again because another write came first. */
const TRIES = 5;

export interface HandBackOptions {
  /** Field managers that deliver desired state. */
  readonly desiredManagers: readonly string[];
  /** Those of our fields that belong to the manager that delivers desired state by server-side apply. */
  readonly deliveredFields: (desired: DesiredObject, live: JsonObject, fields: JsonObject) => JsonObject;
  readonly signal: AbortSignal;
}

interface Entry {
  readonly index: number;
  readonly body: JsonObject;
  readonly fields: JsonObject;
}

/**
 * Gives the fields that the pass wrote to the manager that delivers desired state, as if that had written them. It changes only
 * managedFields, so that a field that is later dropped from desired is removed by a plain apply.
 * `live` is the object as it was read or written last, `fix` of the options what was just fixed.
 */
export async function handBack(
  desired: DesiredObject,
  live: JsonObject,
  kind: ResourceKind,
  kubernetes: KubernetesClient,
  options: HandBackOptions & { readonly fix?: readonly Finding[] },
): Promise<void> {
  const { fix = [], signal } = options;
  let now: JsonObject | undefined = live;
  for (let tried = 1; now; tried++) {
    const operations = ownershipPatch(now, returnOf(desired, now, fix, options));
    if (operations.length === 0) return;
    try {
      await kubernetes.jsonPatch(kind, desired.ref, operations, { fieldManager: DETECTOR_MANAGER, dryRun: false, signal });
      return;
    } catch (error) {
      throwUnless(error, ClusterError, signal);
      if (tried === TRIES) throw error;
      // A failed test, as after a write of others: made again. Without an answer it may have succeeded or failed: the object
      // shows which, and the tests make a repetition safe.
      const isAnswered = error.code === 'invalid' || error.code === 'conflict';
      if (!isAnswered && !isUnanswered(error)) throw error;
      now = await kubernetes.get(kind, desired.ref, signal);
    }
  }
}

/** The object as `handBack` leaves it, without a request. */
export function handedBack(
  desired: DesiredObject,
  live: JsonObject,
  fix: readonly Finding[],
  options: Omit<HandBackOptions, 'signal'>,
): JsonObject {
  const { ours, deliverer, entry } = returnOf(desired, live, fix, options);
  const metadata = isJsonObject(live['metadata']) ? live['metadata'] : {};
  const gone = new Set([...ours, ...(deliverer && entry ? [deliverer] : [])].map(({ body }) => body));
  const kept = entriesOf(live).flatMap(({ body }) => (gone.has(body) ? [] : [body]));
  return { ...live, metadata: { ...metadata, managedFields: [...kept, ...(entry ? [entry] : [])] } };
}

/** What goes back to whom. */
interface Return {
  /** The entries of the pass's own writes. */
  readonly ours: readonly Entry[];
  /** The entry that the fields go to; `undefined` where there is none yet. */
  readonly deliverer: Entry | undefined;
  /** That entry as it is to be, or a new one; `undefined` where nothing goes there. */
  readonly entry: JsonObject | undefined;
}

function returnOf(
  desired: DesiredObject,
  live: JsonObject,
  fix: readonly Finding[],
  { desiredManagers, deliveredFields }: Omit<HandBackOptions, 'signal'>,
): Return {
  const entries = entriesOf(live);
  const ours = entries.filter(({ body }) => isOf(body, DETECTOR_MANAGER, 'Update'));
  const deliverer = delivererOf(entries, desiredManagers);
  const written = ours.map(({ fields }) => fields).reduce(union, {});
  // Who delivers by Update owns the defaults of what it writes as well, and nothing that is not stored.
  const isUpdate = stringAt(deliverer?.body, 'operation') === 'Update';
  // Zero values that the server stores nowhere: an apply owns them all the same, which tells that they were asked for.
  const unstored = fix.filter(
    (finding) => finding.desired !== undefined && !finding.isReordered && valueAt(live, finding.path) === undefined,
  );
  // What the server filled in where an addition was taken away is its default: nothing that the unit had and dropped.
  const undeclared = fix.filter((finding) => finding.desired === undefined && !isSecondOfItsKey(finding));
  const delivered = undeclared.reduce((fields, { path }) => without(fields, path), written);
  const moved = isUpdate
    ? written
    : deliveredFields(
        desired,
        live,
        unstored.reduce((fields, { path }) => union(fields, setOf(path)), delivered),
      );
  const base = deliverer?.body ?? newEntry(desired, live, desiredManagers);
  const isNothing = Object.keys(moved).length === 0 || base === undefined;
  return { ours, deliverer, entry: isNothing ? undefined : { ...base, fieldsV1: union(deliverer?.fields ?? {}, moved) } };
}

/** Of a second element with the same key: managedFields have one name for both. */
function isSecondOfItsKey({ path }: Finding): boolean {
  return path.some((step) => 'duplicate' in step && step.duplicate > 0);
}

/** Empty where there is nothing to give back. */
function ownershipPatch(live: JsonObject, { ours, deliverer, entry }: Return): readonly JsonPatchOperation[] {
  if (ours.length === 0 && !entry) return [];
  const operations: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: stringAt(live, 'metadata', 'uid') ?? '' },
    ...[...ours, ...(deliverer ? [deliverer] : [])].flatMap(testsOf),
  ];
  const path = '/metadata/managedFields';
  if (entry && deliverer)
    operations.push({ op: 'replace', path: `${path}/${deliverer.index}/fieldsV1`, value: entry['fieldsV1'] ?? {} });
  else if (entry) operations.push({ op: 'add', path: `${path}/-`, value: entry });
  // The server takes an empty list for none at all and keeps what it had.
  else if (ours.length === entriesOf(live).length) return [];
  for (const { index } of ours.toReversed()) operations.push({ op: 'remove', path: `${path}/${index}` });
  return operations;
}

function entriesOf(live: JsonObject): readonly Entry[] {
  const list = at(live, 'metadata', 'managedFields');
  return (isJsonArray(list) ? list : []).flatMap((body, index) => {
    const fields = at(body, 'fieldsV1');
    return isJsonObject(body) && isJsonObject(fields) ? [{ index, body, fields }] : [];
  });
}

function isOf(body: JsonObject, manager: string, operation: string): boolean {
  return body['manager'] === manager && body['operation'] === operation && (body['subresource'] ?? '') === '';
}

/** Managers that apply come before those that update; then the last writer. */
function delivererOf(entries: readonly Entry[], desiredManagers: readonly string[]): Entry | undefined {
  for (const operation of ['Apply', 'Update']) {
    const found = entries.filter(({ body }) => desiredManagers.some((manager) => isOf(body, manager, operation)));
    const [last] = found.toSorted((one, other) =>
      (stringAt(one.body, 'time') ?? '') < (stringAt(other.body, 'time') ?? '') ? 1 : -1,
    );
    if (last) return last;
  }
  return undefined;
}

/** An entry that had vanished because it owned nothing any more. Where the unit was never applied there was none. */
function newEntry({ unit, ref }: DesiredObject, live: JsonObject, desiredManagers: readonly string[]): JsonObject | undefined {
  const [manager] = desiredManagers;
  if (manager === undefined || unit.liveRevision === 0) return undefined;
  const time = entriesOf(live)
    .flatMap(({ body }) => stringAt(body, 'time') ?? [])
    .sort()
    .at(-1);
  return {
    manager,
    operation: 'Apply',
    apiVersion: ref.apiVersion,
    fieldsType: 'FieldsV1',
    ...(time === undefined ? {} : { time }),
  };
}

/** The entry is still the one that the patch was made from. */
function testsOf({ index, body }: Entry): readonly JsonPatchOperation[] {
  const test = (field: string, value: Json): JsonPatchOperation => ({
    op: 'test',
    path: `/metadata/managedFields/${index}/${field}`,
    value,
  });
  return ['manager', 'operation', 'apiVersion', 'subresource', 'fieldsV1'].map((field) => test(field, body[field] ?? null));
}
