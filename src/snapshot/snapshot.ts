import type { KubernetesClient, ResourceKind } from '../kubernetes/client.ts';
import { ClusterError, messageOf } from '../types/errors.ts';
import { type JsonObject, stringAt } from '../types/json.ts';
import type { ObjectRef } from '../types/object-ref.ts';
import { type Autoscaler, type FailedRead, type LiveObject, PAUSE_ANNOTATION, type Snapshot } from '../types/snapshot.ts';
import { projectAutoscaler, projectObject } from './project.ts';
import { readSchemas } from './schemas.ts';

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
  const listed = await listNamespaces(kubernetes, options);
  const namespaces = listed.map(({ name }) => name);
  const monitored = new Set(namespaces);
  const failedReads: FailedRead[] = [];
  const kinds = [...new Set(options.kinds)];
  const clusterScoped: string[] = [];
  const apiVersions = [...new Set(kinds.map((kind) => splitKind(kind).apiVersion))];
  const schemas = readSchemas(kubernetes, apiVersions, options.cacheDir, options.signal, failedReads);

  const read = async (kind: string): Promise<readonly JsonObject[]> => {
    try {
      return await listKind(kubernetes, kind, namespaces, options.signal, failedReads, clusterScoped);
    } catch (error) {
      if (options.signal.aborted || !(error instanceof ClusterError)) throw error;
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
  const autoscalers: Autoscaler[] = (lists.at(-1) ?? []).map(projectAutoscaler);
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

/** Lists cluster-wide; where that is forbidden, namespace by namespace, so that namespaced roles are enough. */
async function listKind(
  kubernetes: KubernetesClient,
  kind: string,
  namespaces: readonly string[],
  signal: AbortSignal,
  failedReads: FailedRead[],
  clusterScoped: string[],
): Promise<readonly JsonObject[]> {
  const { apiVersion, name } = splitKind(kind);
  const resource = await kubernetes.resourceKind(apiVersion, name, signal);
  if (!resource) {
    failedReads.push({ what: kind, namespace: '', error: `the API server does not serve ${kind}` });
    return [];
  }
  if (!resource.namespaced) clusterScoped.push(kind);
  try {
    return await listAll(kubernetes, resource, '', signal);
  } catch (error) {
    const isForbidden = error instanceof ClusterError && error.code === 'permission';
    if (!isForbidden || !resource.namespaced) throw error;
  }
  const items: JsonObject[] = [];
  for (const namespace of namespaces) {
    try {
      items.push(...(await listAll(kubernetes, resource, namespace, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      failedReads.push({ what: kind, namespace, error: messageOf(error) });
    }
  }
  return items;
}

async function listAll(
  kubernetes: KubernetesClient,
  resource: ResourceKind,
  namespace: string,
  signal: AbortSignal,
): Promise<JsonObject[]> {
  let items: JsonObject[] = [];
  await kubernetes.list(
    resource,
    { namespace, signal },
    (page) => items.push(...page),
    () => {
      items = [];
    },
  );
  return items;
}

function splitKind(kind: string): { readonly apiVersion: string; readonly name: string } {
  const slash = kind.lastIndexOf('/');
  return { apiVersion: kind.slice(0, slash), name: kind.slice(slash + 1) };
}
