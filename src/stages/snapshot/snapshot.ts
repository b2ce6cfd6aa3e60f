import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { ClusterError, throwUnless } from '../../domain/errors.ts';
import { type JsonObject, stringAt } from '../../domain/json.ts';
import { groupKind, type ObjectRef } from '../../domain/object-ref.ts';
import { type Autoscaler, type FailedRead, type LiveObject, PAUSE_ANNOTATION, type Snapshot } from '../../domain/snapshot.ts';
import { listKind, splitKind } from './list.ts';
import { projectAutoscaler, projectObject } from './project.ts';
import { readSchemas } from './schemas.ts';

export { readDeclaredVersions } from './declared-versions.ts';
export { splitKind } from './list.ts';
export { readUsage } from './usage.ts';

export interface SnapshotOptions {
  /** Label selector of the monitored namespaces. */
  readonly namespaceSelector: string;
  /** `apiVersion/kind` of each kind to read. */
  readonly kinds: readonly string[];
  /** Where schemas are kept between passes; empty for nowhere. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

const AUTOSCALERS = 'autoscaling/v2/HorizontalPodAutoscaler';
const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

/**
 * Reads everything in scope once. A kind that cannot be read is recorded and the others go on; without the list of
 * monitored namespaces there is no scope, so that failure is thrown.
 */
export async function takeSnapshot(kubernetes: KubernetesClient, options: SnapshotOptions): Promise<Snapshot> {
  const { signal } = options;
  const listed = await listNamespaces(kubernetes, options);
  const namespaces = listed.map(({ name }) => name);
  const monitored = new Set(namespaces);
  const failedReads: FailedRead[] = [];
  // A kind that is named in two versions of its API is listed once; what units declare in another version is read again.
  const kinds = [...Map.groupBy(options.kinds, groupKind).values()].flatMap(([first]) => first ?? []);
  const clusterScoped: string[] = [];
  const apiVersions = [...new Set(kinds.map((kind) => splitKind(kind).apiVersion))];
  const schemas = readSchemas(kubernetes, apiVersions, options.cacheDir, signal, failedReads);

  const read = async (kind: string): Promise<readonly JsonObject[]> => {
    try {
      return await listKind(kubernetes, kind, { namespaces, failedReads, clusterScoped, signal });
    } catch (error) {
      throwUnless(error, ClusterError, signal);
      failedReads.push({ what: kind, namespace: '', error: error.message });
      return [];
    }
  };
  const lists = await Promise.all([...kinds, AUTOSCALERS].map(read));
  const objects: LiveObject[] = [];
  for (const [index, kind] of kinds.entries()) {
    const { apiVersion, name } = splitKind(kind);
    for (const item of lists[index] ?? []) {
      const object = projectObject(item, apiVersion, name);
      if (object && (clusterScoped.includes(kind) || monitored.has(object.ref.namespace))) objects.push(object);
    }
  }
  const autoscalers: Autoscaler[] = (lists.at(-1) ?? []).map((item) =>
    projectAutoscaler(item, splitKind(AUTOSCALERS).apiVersion),
  );
  return {
    objects,
    autoscalers,
    namespaces,
    kinds,
    clusterScoped,
    schemas: await schemas,
    pausedNamespaces: Object.fromEntries(listed.flatMap(({ name, pause }) => (pause === undefined ? [] : [[name, pause]]))),
    terminating: listed.flatMap(({ name, isTerminating }) => (isTerminating ? [name] : [])),
    failedReads,
  };
}

/** One object as a GET answers it, in the snapshot's form. */
export function projectLive(object: JsonObject, ref: ObjectRef): LiveObject | undefined {
  return projectObject(object, ref.apiVersion, ref.kind);
}

interface MonitoredNamespace {
  readonly name: string;
  /** Text of its pause annotation. */
  readonly pause: string | undefined;
  readonly isTerminating: boolean;
}

async function listNamespaces(kubernetes: KubernetesClient, options: SnapshotOptions): Promise<readonly MonitoredNamespace[]> {
  let found: MonitoredNamespace[] = [];
  await kubernetes.list(
    NAMESPACES,
    { labelSelector: options.namespaceSelector, signal: options.signal },
    (items) => {
      found.push(
        ...items.map((item) => ({
          name: stringAt(item, 'metadata', 'name') ?? '',
          pause: stringAt(item, 'metadata', 'annotations', PAUSE_ANNOTATION),
          isTerminating: stringAt(item, 'metadata', 'deletionTimestamp') !== undefined,
        })),
      );
    },
    () => {
      found = [];
    },
  );
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
