import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { displayValue } from '../../domain/describe.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { underUnusedName } from '../../domain/dry-run-check.ts';
import { ClusterError, throwUnless } from '../../domain/errors.ts';
import { type FieldPath, isWithin, locate, printPath, toJsonPointer, valueAt } from '../../domain/field-path.ts';
import { canonicalJson, type Finding } from '../../domain/finding.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, own } from '../../domain/json.ts';
import { operationsBetween } from '../../domain/json-patch.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { ObjectFix, Plan, Prediction, Refusal, UnitFix } from '../../domain/plan.ts';
import { withoutServerFields } from '../../domain/server-fields.ts';
import { DETECTOR_MANAGER } from '../../domain/snapshot.ts';
import { patchTo } from '../../domain/target-patch.ts';
import { kindOf } from './cluster-writes.ts';
import { handedBack } from './ownership.ts';
import type { FixOptions } from './progress.ts';
import { isFailedTest, refusalOf, refusedFields } from './refusals.ts';

const AT_ONCE = 8;

type PredictOptions = Pick<FixOptions, 'compare' | 'deliveredFields' | 'desiredManagers' | 'signal'>;

/**
 * Has the API server try each planned fix without keeping it: validation, admission and permissions speak up before
 * anything is written, and the answer is what the write itself would give. By object key.
 */
export async function predictFixes(
  plan: Pick<Plan, 'fixes'>,
  kubernetes: KubernetesClient,
  options: PredictOptions,
): Promise<ReadonlyMap<string, Prediction>> {
  const limit = pLimit(AT_ONCE);
  const objects = plan.fixes.flatMap((unitFix) => unitFix.objects.map((object) => ({ object, unitFix })));
  const predicted = await Promise.all(
    objects.map(({ object, unitFix }) =>
      limit(async () => ({
        key: objectKey(object.desired.ref),
        prediction: await predict(object, unitFix, kubernetes, options),
      })),
    ),
  );
  return new Map(predicted.flatMap(({ key, prediction }) => (prediction ? [[key, prediction]] : [])));
}

/** `undefined` where the server gave no answer: that is for the fix itself to meet. */
async function predict(
  object: ObjectFix,
  unitFix: UnitFix,
  kubernetes: KubernetesClient,
  options: PredictOptions,
): Promise<Prediction | undefined> {
  const { desired, live, fix } = object;
  const { signal } = options;
  try {
    const kind = await kindOf(desired, kubernetes, signal);
    return live
      ? await predictPatch(object, unitFix, kind, kubernetes, options)
      : await predictCreation(object, kind, kubernetes, options);
  } catch (error) {
    throwUnless(error, ClusterError, signal);
    // Changed since the snapshot: judged again right before the write.
    if (error.code === 'unavailable' || error.code === 'conflict') return undefined;
    // What ConfigHub applies, or a person, is done with their rights; a webhook that denies it denies it to everybody.
    const isOthers = unitFix.isStaged || unitFix.route !== 'direct';
    const isRight = error.code === 'permission' && (await lacksRight(live ? 'patch' : 'create', desired, kubernetes, signal));
    // An apply restores what is declared, and removes nothing that others added.
    const isApplied = isRight && isOthers && fix.every((finding) => finding.desired !== undefined);
    if (isApplied) return { ...CLEAN, isAppliedAlone: true };
    return { ...CLEAN, refused: refusedFor(fix, refusalOf(error, object, isRight)) };
  }
}

/** False also if it is unknown: what was refused is then not done. */
async function lacksRight(
  verb: string,
  { ref }: DesiredObject,
  kubernetes: KubernetesClient,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return !(await kubernetes.mayI(verb, ref, signal));
  } catch (error) {
    throwUnless(error, ClusterError, signal);
    return false;
  }
}

const CLEAN: Prediction = { restartsPods: false, refused: new Map(), isAppliedAlone: false, alsoChanged: [] };

async function predictCreation(
  { desired }: ObjectFix,
  kind: ResourceKind,
  kubernetes: KubernetesClient,
  { desiredManagers, signal }: PredictOptions,
): Promise<Prediction> {
  const [fieldManager = DETECTOR_MANAGER] = desiredManagers;
  await kubernetes.apply(kind, withoutServerFields(desired.document), { fieldManager, force: false, dryRun: true, signal });
  return { ...CLEAN, isAppliedAlone: true };
}

async function predictPatch(
  object: ObjectFix,
  unitFix: UnitFix,
  kind: ResourceKind,
  kubernetes: KubernetesClient,
  options: PredictOptions,
): Promise<Prediction | undefined> {
  const { desired, live } = object;
  const { signal } = options;
  if (!live) return undefined;
  const dryRun = { fieldManager: DETECTOR_MANAGER, dryRun: true, signal };
  const tried = (findings: readonly Finding[]): ReturnType<typeof patchTo> =>
    patchTo(desired, live.body, findings, { owners: live.owners, withVersion: false });
  let refused: ReadonlyMap<string, Refusal> = new Map();
  let fix = object.fix;
  let patch = tried(fix);
  let answer: JsonObject;
  try {
    answer = await kubernetes.jsonPatch(kind, desired.ref, patch.operations, dryRun);
  } catch (error) {
    const named = error instanceof ClusterError ? refusedFields(error, object, patch.target.body) : new Map<string, Refusal>();
    if (!(error instanceof ClusterError) || named.size === 0 || named.size === fix.length) {
      // A failed test: the object is another one by now.
      if (isFailedTest(error) && !(await isAsRead(object, kind, kubernetes, signal))) return undefined;
      throw error;
    }
    // The rest is tried once without what it names.
    refused = named;
    fix = fix.filter(({ id }) => !named.has(id));
    patch = tried(fix);
    answer = await kubernetes.jsonPatch(kind, desired.ref, patch.operations, dryRun);
  }
  const fixed = handedBack(desired, answer, fix, options);
  const left = options.compare(desired, fixed).filter((finding) => finding.class !== 'informational');
  const content = contentOf(answer);
  const applied = once(() => contentOfApply(object, withoutServerFields(desired.document), kind, kubernetes, options));
  // Beside another manager's additions the apply may be refused: then the dry run of desired alone decides.
  const delivered = once(
    async () => (await applied()) ?? contentOfApply(object, underUnusedName(desired), kind, kubernetes, options),
  );
  const overruled: [string, Refusal][] = [];
  for (const finding of fix) {
    const still = left.find(({ path }) => isWithin(path, finding.path));
    if (
      !still ||
      (still.class === 'pending' &&
        (await isAsDelivered(finding.path, { live: live.body, target: patch.target.body, answer }, delivered)))
    )
      continue;
    const detail = `admission changes it to ${displayValue(still.live)} again`;
    overruled.push([finding.id, { reason: 'admission', detail }]);
  }
  const isApplied = unitFix.route !== 'direct' && fix.every((finding) => finding.desired !== undefined);
  return {
    restartsPods: canonicalJson(at(answer, 'spec', 'template')) !== canonicalJson(at(live.body, 'spec', 'template')),
    refused: new Map([...refused, ...overruled]),
    isAppliedAlone: isApplied && isDeepStrictEqual(content, await applied()),
    alsoChanged: otherChanges(patch.target, contentOf(patch.target.body), content),
  };
}

/**
 * True where the server leaves out a part of what the target has, as it does in each apply of desired: it stores no field
 * of a gate that is off. A fix that leaves the value as it is would be made in each pass.
 */
async function isAsDelivered(
  path: FieldPath,
  { live, target, answer }: Record<'live' | 'target' | 'answer', JsonObject>,
  delivered: () => Promise<JsonObject | undefined>,
): Promise<boolean> {
  const value = valueAt(answer, path);
  if (isDeepStrictEqual(value, valueAt(live, path)) || !isPartOf(value, valueAt(target, path))) return false;
  const content = await delivered();
  return content !== undefined && isDeepStrictEqual(value, valueAt(content, path));
}

/** Nothing of it has another value; what is beyond it was filled in. */
function isPartOf(value: Json | undefined, whole: Json | undefined): boolean {
  if (value === undefined) return true;
  if (isJsonArray(value) && isJsonArray(whole))
    return value.length === whole.length && value.every((element, index) => isPartOf(element, whole[index]));
  if (isJsonObject(value) && isJsonObject(whole))
    return Object.entries(whole).every(([field, entry]) => isPartOf(own(value, field), entry));
  return isDeepStrictEqual(value, whole);
}

/** Asks the first time, and knows it then. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** What an apply of this body, made as ConfigHub makes it, would give; `undefined` where it would be refused. */
async function contentOfApply(
  { live }: ObjectFix,
  body: JsonObject,
  kind: ResourceKind,
  kubernetes: KubernetesClient,
  { desiredManagers, signal }: PredictOptions,
): Promise<JsonObject | undefined> {
  const fieldManager =
    desiredManagers.find((manager) => live?.owners.some((owner) => owner.manager === manager && owner.operation === 'Apply')) ??
    desiredManagers[0] ??
    DETECTOR_MANAGER;
  try {
    return contentOf(await kubernetes.apply(kind, body, { fieldManager, force: true, dryRun: true, signal }));
  } catch (error) {
    throwUnless(error, ClusterError, signal);
    return undefined;
  }
}

/** What desired state can be about: no status, and of the metadata what people write. */
function contentOf(object: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = object;
  const people = ['labels', 'annotations', 'finalizers', 'ownerReferences'];
  return { ...rest, metadata: Object.fromEntries(people.flatMap((field) => [[field, at(metadata, field) ?? null]])) };
}

/** Pointers of what the answer has otherwise than the target, beside what was planned. */
function otherChanges(
  { changed, body }: ReturnType<typeof patchTo>['target'],
  target: JsonObject,
  answer: JsonObject,
): readonly string[] {
  const planned = changed.flatMap((path) => {
    const located = locate(body, path);
    return located ? [toJsonPointer(located)] : [printPath(path)];
  });
  return operationsBetween(target, answer).flatMap(({ path }) =>
    planned.some((place) => path === place || path.startsWith(`${place}/`)) ? [] : [path],
  );
}

async function isAsRead(
  { desired, live }: ObjectFix,
  kind: ResourceKind,
  kubernetes: KubernetesClient,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await kubernetes.get(kind, desired.ref, signal);
  return at(now, 'metadata', 'uid') === live?.uid && (at(now, 'metadata', 'generation') ?? 0) === live?.generation;
}

function refusedFor(fix: readonly Finding[], refusal: Refusal): ReadonlyMap<string, Refusal> {
  return new Map(fix.map(({ id }) => [id, refusal]));
}
