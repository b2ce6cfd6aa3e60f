import pLimit from 'p-limit';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { type DryRunCheck, underUnusedName } from '../../domain/dry-run-check.ts';
import { messageOf } from '../../domain/errors.ts';
import { objectKey } from '../../domain/object-ref.ts';
import { withoutServerFields } from '../../domain/server-fields.ts';

export interface ProbeOptions {
  readonly fieldManager: string;
  readonly signal: AbortSignal;
}

/** Objects asked about in one pass; a cluster where more look odd at once has another trouble. */
const MAX_PROBES = 100;
const AT_ONCE = 4;

/**
 * Asks the API server, by dry run, what it would make of desired objects whose live side ownership cannot explain.
 * Whatever the account may not do is not tried: an object without an answer stays judged as it was.
 */
export async function probeObjects(
  kubernetes: KubernetesClient,
  unexplained: readonly DesiredObject[],
  options: ProbeOptions,
): Promise<ReadonlyMap<string, DryRunCheck>> {
  const limit = pLimit(AT_ONCE);
  const allowed = new Map<string, Promise<boolean>>();
  const mayI = (verb: string, { ref }: DesiredObject): Promise<boolean> => {
    const key = JSON.stringify([verb, ref.apiVersion, ref.kind, ref.namespace]);
    const asking = allowed.get(key) ?? kubernetes.mayI(verb, ref, options.signal);
    allowed.set(key, asking);
    return asking;
  };
  const probes = new Map<string, DryRunCheck>();
  await Promise.all(
    unexplained.slice(0, MAX_PROBES).map((object) =>
      limit(async () => {
        const probe = await probeOne(kubernetes, object, mayI, options);
        if (probe) probes.set(objectKey(object.ref), probe);
      }),
    ),
  );
  return probes;
}

async function probeOne(
  kubernetes: KubernetesClient,
  object: DesiredObject,
  mayI: (verb: string, object: DesiredObject) => Promise<boolean>,
  { fieldManager, signal }: ProbeOptions,
): Promise<DryRunCheck | undefined> {
  try {
    if (!(await mayI('patch', object))) return undefined;
    const kind = await kubernetes.resourceKind(object.ref.apiVersion, object.ref.kind, signal);
    if (!kind) return undefined;
    const isNew = await mayI('create', object);
    const body = isNew ? underUnusedName(object) : withoutServerFields(object.document);
    const answer = await kubernetes.apply(kind, body, { fieldManager, force: true, dryRun: true, signal });
    return { kind: isNew ? 'new' : 'existing', body: answer };
  } catch (error) {
    if (signal.aborted) throw error;
    // A unit that the server refuses, a webhook that takes no dry run: the verdict stays as it is.
    return { kind: 'refused', error: messageOf(error) };
  }
}
