import { isDeepStrictEqual } from 'node:util';
import { createKubernetesClient, type KubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import { readManifest } from '../../../src/clients/kubernetes/manifest.ts';
import { connectKubernetes } from '../../../src/clients/kubernetes/transport.ts';
import { type FieldPath, valueAt, withValueAt } from '../../../src/domain/field-path.ts';
import { isJsonObject, type Json, type JsonObject, numberAt } from '../../../src/domain/json.ts';
import { type ObjectRef, refOf } from '../../../src/domain/object-ref.ts';
import { equalQuantities } from '../../../src/domain/quantity.ts';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { type Case, NAMESPACE, type Replay, type Step, startReplay } from '../../diff/replay.ts';
import { contentOf, type Difference, differences, sorted } from '../law/content.ts';

/** One object of a case, before the drift, with it, and later on. */
export interface Story {
  readonly ref: ObjectRef;
  /** As its unit was delivered first; `undefined` where the case begins with something else. */
  readonly before: JsonObject | undefined;
  readonly edited: JsonObject | undefined;
}

/** A case replayed as far as it goes, in a namespace of its own. */
export interface Played extends AsyncDisposable {
  readonly case: Case;
  readonly replay: Replay;
  readonly stories: readonly Story[];
  /** Once more as its unit was delivered. */
  deliver(): Promise<void>;
  /** `undefined` where it is not there. */
  get(ref: ObjectRef): Promise<JsonObject | undefined>;
}

let plays = 0;

/** Plays a case. Its webhook, if it has one, is gone in the end: whether admission interferes is another question. */
export async function playCase(one: Case, cluster: ControlPlane, labels: Readonly<Record<string, string>> = {}): Promise<Played> {
  const replay = await startReplay(one, cluster, `play-${process.pid}-${++plays}`, labels);
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' }));
  const get = (ref: ObjectRef): Promise<JsonObject | undefined> => read(client, ref);
  const refs = refsOf(replay, one);
  const before = new Map<ObjectRef, JsonObject | undefined>();
  const remember = async (): Promise<void> => {
    for (const ref of refs) before.set(ref, await get(ref));
  };
  for (const step of one.steps) {
    await replay.take(step);
    if (before.size === 0 && delivers(step)) await remember();
  }
  if (one.steps.some(({ webhook }) => webhook)) await replay.take({ 'webhook-off': true });
  const stories = await Promise.all(refs.map(async (ref) => ({ ref, before: before.get(ref), edited: await get(ref) })));
  return {
    case: one,
    replay,
    stories,
    get,
    async deliver() {
      const step = one.steps.find(delivers);
      if (step) await replay.take(step);
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await replay[Symbol.asyncDispose]();
    },
  };
}

/** Brings the unit as it is to the cluster, and not some other manifest. */
function delivers({ apply, create, replace, 'client-apply': clientApply }: Step): boolean {
  const step = apply ?? create ?? replace ?? clientApply;
  return step !== undefined && step.manifest === undefined;
}

function refsOf(replay: Replay, { desired }: Case): readonly ObjectRef[] {
  return readManifest(replay.here(desired)).documents.flatMap(({ document }) => {
    const ref = refOf(document);
    return ref ? [{ ...ref, namespace: ref.namespace === '' ? replay.namespace : ref.namespace }] : [];
  });
}

async function read(client: KubernetesClient, ref: ObjectRef): Promise<JsonObject | undefined> {
  const signal = AbortSignal.timeout(60_000);
  const kind = await client.resourceKind(ref.apiVersion, ref.kind, signal);
  return kind && client.get(kind, kind.namespaced ? ref : { ...ref, namespace: '' }, signal);
}

/** Where an object is not what it was before the drift, but for what was left as it is; and how often it was written. */
export function faultsOf(
  { before, edited }: Story,
  after: JsonObject | undefined,
  left: readonly FieldPath[],
): readonly string[] {
  if (!before || !edited) return [];
  if (!after) return ['the object is gone'];
  const [kept, found] = [contentOf(edited), contentOf(after)];
  const expected = left.reduce<Json>(
    (content, path) => withValueAt(content, path, valueAt(kept, path)) ?? content,
    contentOf(before),
  );
  const wanted = contentOf(isJsonObject(expected) ? expected : {});
  const steps = (numberAt(after, 'metadata', 'generation') ?? 0) - (numberAt(edited, 'metadata', 'generation') ?? 0);
  // Nobody says at which place of a list something that was left there has to be.
  const isSame = left.length > 0 && isDeepStrictEqual(sorted(wanted), sorted(found));
  return [
    ...(isSame ? [] : differences(wanted, found))
      .filter((difference) => !isSameAmount(difference))
      .map(({ path, expected: was, found: is }) => `${path}: ${brief(was)} became ${brief(is)}`),
    ...(steps > 1 ? [`${steps} generations`] : []),
  ];
}

function isSameAmount({ expected, found }: Difference): boolean {
  const isAmount = (value: Json | undefined): value is string | number | bigint =>
    ['string', 'number', 'bigint'].includes(typeof value);
  return isAmount(expected) && isAmount(found) && equalQuantities(expected, found, true);
}

function brief(value: Json | undefined): string {
  const text =
    value === undefined ? 'nothing' : JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

/** `deployment/web`, as expected.yaml names objects. */
export function nameOf({ kind, name }: ObjectRef, { namespace }: Replay): string {
  return `${kind.toLowerCase()}/${name === namespace ? NAMESPACE : name}`;
}
