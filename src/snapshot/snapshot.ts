import type { KubernetesClient, ResourceKind } from '../kubernetes/client.ts';
import { ClusterError, messageOf } from '../types/errors.ts';
import { type Json, type JsonObject, stringAt } from '../types/json.ts';
import { groupOf, type ObjectRef } from '../types/object-ref.ts';
import type { Autoscaler, FailedRead, LiveObject, Snapshot } from '../types/snapshot.ts';
import { projectAutoscaler, projectObject } from './project.ts';

export interface SnapshotOptions {
  /** Label selector of the monitored namespaces. */
  readonly namespaceSelector: string;
  /** `apiVersion/kind` of each kind to read. */
  readonly kinds: readonly string[];
  readonly signal: AbortSignal;
}

const AUTOSCALERS = 'autoscaling/v2/HorizontalPodAutoscaler';
const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

/**
 * Reads everything in scope once. A kind that cannot be read is recorded and the others go on; without the list of
 * monitored namespaces there is no scope, so that failure is thrown.
 */
export async function takeSnapshot(kubernetes: KubernetesClient, options: SnapshotOptions): Promise<Snapshot> {
  const namespaces = await listNamespaces(kubernetes, options);
  const monitored = new Set(namespaces);
  const failedReads: FailedRead[] = [];
  const kinds = [...new Set(options.kinds)];

  const read = async (kind: string): Promise<readonly JsonObject[]> => {
    try {
      return await listKind(kubernetes, kind, namespaces, options.signal, failedReads);
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
      if (object && monitored.has(object.ref.namespace)) objects.push(object);
    }
  }
  const autoscalers: Autoscaler[] = (lists.at(-1) ?? []).map(projectAutoscaler);
  return {
    objects,
    autoscalers,
    namespaces,
    kinds,
    schemas: await readSchemas(kubernetes, kinds, options.signal, failedReads),
    failedReads,
  };
}

/** One object as a GET answers it, in the snapshot's form. */
export function projectLive(object: JsonObject, ref: ObjectRef): LiveObject | undefined {
  return projectObject(object, ref.apiVersion, ref.kind);
}

async function listNamespaces(kubernetes: KubernetesClient, options: SnapshotOptions): Promise<readonly string[]> {
  let names: string[] = [];
  await kubernetes.list(
    NAMESPACES,
    { labelSelector: options.namespaceSelector, signal: options.signal },
    (items) => names.push(...items.map((item) => stringAt(item, 'metadata', 'name') ?? '')),
    () => {
      names = [];
    },
  );
  return names.sort();
}

/** Lists cluster-wide; where that is forbidden, namespace by namespace, so that namespaced roles are enough. */
async function listKind(
  kubernetes: KubernetesClient,
  kind: string,
  namespaces: readonly string[],
  signal: AbortSignal,
  failedReads: FailedRead[],
): Promise<readonly JsonObject[]> {
  const { apiVersion, name } = splitKind(kind);
  const resource = await kubernetes.resourceKind(apiVersion, name, signal);
  if (!resource) {
    failedReads.push({ what: kind, namespace: '', error: `the API server does not serve ${kind}` });
    return [];
  }
  try {
    return await listAll(kubernetes, resource, '', signal);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== 'permission') throw error;
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

/** The OpenAPI v3 document of each group version that is compared: it tells lists with keys from atomic ones. */
async function readSchemas(
  kubernetes: KubernetesClient,
  kinds: readonly string[],
  signal: AbortSignal,
  failedReads: FailedRead[],
): Promise<Readonly<Record<string, Json>>> {
  const schemas: Record<string, Json> = {};
  const index = await kubernetes.read('/openapi/v3', 'read the OpenAPI index', signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    failedReads.push({ what: 'OpenAPI v3', namespace: '', error: messageOf(error) });
    return null;
  });
  for (const apiVersion of new Set(kinds.map((kind) => splitKind(kind).apiVersion))) {
    const path = stringAt(
      index,
      'paths',
      groupOf(apiVersion) === '' ? `api/${apiVersion}` : `apis/${apiVersion}`,
      'serverRelativeURL',
    );
    try {
      if (path !== undefined) schemas[apiVersion] = await kubernetes.read(path, `read the schema of ${apiVersion}`, signal);
      else
        failedReads.push({
          what: `OpenAPI v3 of ${apiVersion}`,
          namespace: '',
          error: 'the API server publishes no schema for it',
        });
    } catch (error) {
      if (signal.aborted) throw error;
      failedReads.push({ what: `OpenAPI v3 of ${apiVersion}`, namespace: '', error: messageOf(error) });
    }
  }
  return schemas;
}

function splitKind(kind: string): { readonly apiVersion: string; readonly name: string } {
  const slash = kind.lastIndexOf('/');
  return { apiVersion: kind.slice(0, slash), name: kind.slice(slash + 1) };
}
