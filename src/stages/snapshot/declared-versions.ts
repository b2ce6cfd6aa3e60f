import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import type { DesiredState } from '../../domain/desired.ts';
import { messageOf } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { groupKind, objectKey } from '../../domain/object-ref.ts';
import type { FailedRead, LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { listKind, splitKind } from './list.ts';
import { projectObject } from './project.ts';
import { readSchemas } from './schemas.ts';
import type { SnapshotOptions } from './snapshot.ts';

/**
 * Reads objects that units declare in another version of their API than the one that is listed, such as autoscalers of
 * `autoscaling/v1`, in that version: the API server converts them, and what is found and written is in the unit's own
 * fields. A version that the server does not serve, or that cannot be read, leaves the snapshot as it is.
 */
export async function readDeclaredVersions(
  kubernetes: KubernetesClient,
  snapshot: Snapshot,
  desired: DesiredState,
  options: Pick<SnapshotOptions, 'cacheDir' | 'only' | 'signal'>,
): Promise<Snapshot> {
  const { namespaces } = snapshot;
  const { signal } = options;
  const listed = new Set(snapshot.kinds.map(groupKind));
  const declared = new Map<string, Set<string>>();
  for (const { ref } of desired.objects) {
    const kind = `${ref.apiVersion}/${ref.kind}`;
    if (snapshot.kinds.includes(kind) || !listed.has(groupKind(kind))) continue;
    declared.set(kind, (declared.get(kind) ?? new Set()).add(objectKey(ref)));
  }
  if (declared.size === 0) return snapshot;
  const byKey = new Map<string, LiveObject>();
  const versions: string[] = [];
  const failedReads: FailedRead[] = [];
  for (const [kind, keys] of declared) {
    const { apiVersion, name } = splitKind(kind);
    try {
      if (!(await kubernetes.resourceKind(apiVersion, name, signal))) continue;
      const keep = (item: JsonObject): LiveObject | undefined => {
        const object = projectObject(item, apiVersion, name);
        return object && keys.has(objectKey(object.ref)) ? object : undefined;
      };
      const isNarrow = options.only !== undefined;
      const reading = { namespaces, isNarrow, failedReads, clusterScoped: [], signal };
      const objects = await listKind(kubernetes, kind, keep, reading);
      for (const object of objects) byKey.set(objectKey(object.ref), object);
      versions.push(apiVersion);
    } catch (error) {
      if (signal.aborted) throw error;
      failedReads.push({ what: kind, namespace: '', error: messageOf(error) });
    }
  }
  const schemas = await readSchemas(kubernetes, versions, options.cacheDir, signal, failedReads);
  return {
    ...snapshot,
    objects: snapshot.objects.map((object) => byKey.get(objectKey(object.ref)) ?? object),
    schemas: { ...snapshot.schemas, ...schemas },
    failedReads: [...snapshot.failedReads, ...failedReads],
  };
}
