import pLimit from 'p-limit';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { type DryRunCheck, underUnusedName } from '../../domain/dry-run-check.ts';
import { messageOf } from '../../domain/errors.ts';
import { objectKey } from '../../domain/object-ref.ts';
import { withoutServerFields } from '../../domain/server-fields.ts';

export interface DryRunOptions {
  readonly fieldManager: string;
  readonly signal: AbortSignal;
}

/** Objects checked in one pass; if more look odd at once, the cluster has another problem. */
const MAX_CHECKED = 100;
const AT_ONCE = 4;

/**
 * Asks the API server, by dry run, how it would store desired objects whose live side ownership cannot explain. What the
 * account may not do is not tried: an object without an answer keeps its verdict.
 */
export async function checkByDryRun(
  kubernetes: KubernetesClient,
  unexplained: readonly DesiredObject[],
  options: DryRunOptions,
): Promise<ReadonlyMap<string, DryRunCheck>> {
  const limit = pLimit(AT_ONCE);
  const allowed = new Map<string, Promise<boolean>>();
  const mayI = (verb: string, { ref }: DesiredObject): Promise<boolean> => {
    const key = JSON.stringify([verb, ref.apiVersion, ref.kind, ref.namespace]);
    const asking = allowed.get(key) ?? kubernetes.mayI(verb, ref, options.signal);
    allowed.set(key, asking);
    return asking;
  };
  const checks = new Map<string, DryRunCheck>();
  await Promise.all(
    unexplained.slice(0, MAX_CHECKED).map((object) =>
      limit(async () => {
        const check = await checkOne(kubernetes, object, mayI, options);
        if (check) checks.set(objectKey(object.ref), check);
      }),
    ),
  );
  return checks;
}

async function checkOne(
  kubernetes: KubernetesClient,
  object: DesiredObject,
  mayI: (verb: string, object: DesiredObject) => Promise<boolean>,
  { fieldManager, signal }: DryRunOptions,
): Promise<DryRunCheck | undefined> {
  try {
    if (!(await mayI('patch', object))) return undefined;
    const kind = await kubernetes.resourceKind(object.ref.apiVersion, object.ref.kind, signal);
    if (!kind) return undefined;
    const isNew = await mayI('create', object);
    const body = isNew ? underUnusedName(object) : withoutServerFields(object.document);
    const manager = object.managers?.[0] ?? fieldManager;
    const answer = await kubernetes.apply(kind, body, { fieldManager: manager, force: true, dryRun: true, signal });
    return { kind: isNew ? 'new' : 'existing', body: answer };
  } catch (error) {
    if (signal.aborted) throw error;
    // A unit that the server refuses, a webhook that takes no dry run: the verdict stays as it is.
    return { kind: 'refused', error: messageOf(error) };
  }
}
