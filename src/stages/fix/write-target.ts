import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { ClusterError, messageOf, throwUnless } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ObjectFix } from '../../domain/plan.ts';
import { withoutServerFields } from '../../domain/server-fields.ts';
import { DETECTOR_MANAGER, ownersIn } from '../../domain/snapshot.ts';
import { patchTo } from '../../domain/target-patch.ts';
import { kindOf } from './cluster-writes.ts';
import { readJudged } from './judged.ts';
import { handBack } from './ownership.ts';
import type { FixOptions } from './progress.ts';
import { isFailedTest, isUnanswered } from './refusals.ts';

/** Times that a write is repeated because only the object's status changed meanwhile. */
const WRITE_TRIES = 5;

/** What a fix made of an object. */
export interface WrittenObject {
  /** The object as the write left it. */
  readonly body: JsonObject;
  /** Why the fields that it wrote are not returned to their deliverer; empty if they are. */
  readonly ownership: string;
}

/**
 * Brings an object to its target with one write, and returns the ownership of what it wrote with another. The write
 * is valid only for the object that was judged: after another write it is read and judged again, and if it now differs in
 * another way, it is left to the next pass.
 */
export async function writeTarget(
  object: ObjectFix,
  judged: JsonObject | undefined,
  kubernetes: KubernetesClient,
  options: FixOptions,
): Promise<WrittenObject> {
  const { desired, fix } = object;
  const kind = await kindOf(desired, kubernetes, options.signal);
  const body = await write({ object, kind, kubernetes, options }, judged);
  if (!object.live) return { body, ownership: '' };
  try {
    await handBack(desired, body, kind, kubernetes, { ...options, fix });
    return { body, ownership: '' };
  } catch (error) {
    throwUnless(error, ClusterError, options.signal);
    return { body, ownership: messageOf(error) };
  }
}

interface Write {
  readonly object: ObjectFix;
  readonly kind: ResourceKind;
  readonly kubernetes: KubernetesClient;
  readonly options: FixOptions;
}

async function write({ object, kind, kubernetes, options }: Write, judged: JsonObject | undefined): Promise<JsonObject> {
  const { desired, fix } = object;
  const { desiredManagers, signal } = options;
  // A new object may belong to its deliverer from the start.
  const [deliverer = DETECTOR_MANAGER] = desiredManagers;
  let live = judged;
  for (let tried = 1; ; tried++) {
    const fieldManager = live ? DETECTOR_MANAGER : deliverer;
    try {
      if (!live) {
        const body = withoutServerFields(desired.document);
        return await kubernetes.apply(kind, body, { fieldManager, force: false, dryRun: false, signal });
      }
      const { operations } = patchTo(desired, live, fix);
      const write = { fieldManager, dryRun: false, signal };
      return await kubernetes.jsonPatch(kind, desired.ref, operations, write);
    } catch (error) {
      if (isUnanswered(error)) return carriedOut({ object, kind, kubernetes, options }, fieldManager, error);
      const isOther = isFailedTest(error) || (error instanceof ClusterError && error.code === 'conflict');
      if (!isOther || tried === WRITE_TRIES) throw error;
      live = await readJudged(object, kind, kubernetes, options);
    }
  }
}

/** The object where a write without an answer was carried out all the same; throws its error otherwise. */
async function carriedOut(
  { object, kind, kubernetes, options: { compare, signal } }: Write,
  fieldManager: string,
  error: ClusterError,
): Promise<JsonObject> {
  const { desired, fix } = object;
  const now = signal.aborted ? undefined : await kubernetes.get(kind, desired.ref, signal);
  const left = new Set(compare(desired, now).map(({ id }) => id));
  const isOurs = now !== undefined && ownersIn(now).some(({ manager }) => manager === fieldManager);
  if (!isOurs || fix.some(({ id }) => left.has(id))) throw error;
  return now;
}
