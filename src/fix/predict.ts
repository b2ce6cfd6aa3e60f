import pLimit from 'p-limit';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ClusterError } from '../types/errors.ts';
import { canonicalJson } from '../types/finding.ts';
import { at, type JsonObject } from '../types/json.ts';
import { removeValues } from '../types/json-patch.ts';
import { objectKey } from '../types/object-ref.ts';
import type { ObjectCorrection, Plan, Prediction, UnitCorrection } from '../types/plan.ts';
import { applyBody, kindOf, needsRemoval } from './cluster-writes.ts';
import { withoutMaskedValues } from './masked.ts';

const AT_ONCE = 8;

interface PredictOptions {
  readonly fieldManager: string;
  readonly signal: AbortSignal;
}

/**
 * Has the API server try each planned correction without keeping it: validation, admission and permissions speak up
 * before anything is written, and the pod template of the answer tells whether pods restart. By object key.
 */
export async function predictFixes(
  plan: Pick<Plan, 'corrections'>,
  kubernetes: KubernetesClient,
  options: PredictOptions,
): Promise<ReadonlyMap<string, Prediction>> {
  const limit = pLimit(AT_ONCE);
  const objects = plan.corrections.flatMap((correction) => correction.objects.map((object) => ({ object, correction })));
  const predicted = await Promise.all(
    objects.map(({ object, correction }) =>
      limit(async () => ({
        key: objectKey(object.desired.ref),
        prediction: await predict(object, correction, kubernetes, options),
      })),
    ),
  );
  return new Map(predicted.flatMap(({ key, prediction }) => (prediction ? [[key, prediction]] : [])));
}

/** `undefined` where the server gave no answer: that is for the correction itself to meet. */
async function predict(
  object: ObjectCorrection,
  { route, isStaged }: Pick<UnitCorrection, 'route' | 'isStaged'>,
  kubernetes: KubernetesClient,
  { fieldManager, signal }: PredictOptions,
): Promise<Prediction | undefined> {
  const { desired, live, fix } = object;
  const options = { fieldManager, dryRun: true, signal };
  try {
    const kind = await kindOf(desired, kubernetes, signal);
    const answers: JsonObject[] = [];
    const removed = fix.filter(needsRemoval);
    if (live && removed.length > 0) {
      const operations = removeValues(
        live.body,
        removed.map(({ path }) => path),
      );
      answers.push(await kubernetes.jsonPatch(kind, desired.ref, operations, options));
    }
    if (removed.length < fix.length)
      answers.push(await kubernetes.apply(kind, applyBody(object, undefined, fieldManager), { ...options, force: true }));
    const template = canonicalJson(at(live?.body, 'spec', 'template'));
    return {
      restartsPods: live !== undefined && answers.some((answer) => canonicalJson(at(answer, 'spec', 'template')) !== template),
      refusal: '',
    };
  } catch (error) {
    if (signal.aborted || !(error instanceof ClusterError)) throw error;
    // Changed since the snapshot: judged again right before the write.
    if (error.code === 'unavailable' || error.code === 'conflict') return undefined;
    // What ConfigHub applies, or a person, is done with their rights; a webhook that denies it denies it to everybody.
    const isOthers = (isStaged || route === 'confighub') && !fix.some(needsRemoval);
    const isRight =
      error.code === 'permission' && isOthers && !(await kubernetes.mayI(live ? 'patch' : 'create', desired.ref, signal));
    return isRight ? undefined : { restartsPods: false, refusal: withoutMaskedValues(error.message, [object]) };
  }
}
