import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { ClusterError, throwUnless } from '../../domain/errors.ts';
import { type JsonObject, stringAt } from '../../domain/json.ts';
import { groupKind, type ObjectRef, objectKey } from '../../domain/object-ref.ts';
import { type FailedRead, type LiveObject, PAUSE_ANNOTATION, type Snapshot } from '../../domain/snapshot.ts';
import { type Keep, listKind, servedKind, splitKind } from './list.ts';
import { internFields, projectAutoscaler, projectObject } from './project.ts';
import { readSchemas } from './schemas.ts';

export { readDeclaredVersions } from './declared-versions.ts';
export { splitKind } from './list.ts';
export { inNamespaces } from './namespaces.ts';
export { readUsage } from './usage.ts';

export interface SnapshotOptions {
  /** Label selector of the monitored namespaces. */
  readonly namespaceSelector: string;
  /** `apiVersion/kind` of each kind to read. */
  readonly kinds: readonly string[];
  /** Only these objects are of interest: their kinds are read in their namespaces, whatever the labels of these. */
  readonly only?: readonly ObjectRef[];
  /** The namespaces to read, whatever their labels; absent where the selector says. */
  readonly namespaces?: readonly string[];
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
  const { only, signal } = options;
  const named = options.namespaces ?? (only && namesOf(only));
  const listed = named ? unlisted(named) : await listNamespaces(kubernetes, options);
  const namespaces = listed.map(({ name }) => name);
  const wanted = only && new Set(only.map(objectKey));
  const monitored = new Set(namespaces);
  const failedReads: FailedRead[] = [];
  // A kind that is named in two versions of its API is listed once; what units declare in another version is read again.
  const asked = [...Map.groupBy(options.kinds, groupKind).values()].flatMap(([first]) => first ?? []);
  const attempt = async <T>(kind: string, otherwise: T, reading: () => Promise<T>): Promise<T> => {
    try {
      return await reading();
    } catch (error) {
      throwUnless(error, ClusterError, signal);
      failedReads.push({ what: kind, namespace: '', error: error.message });
      return otherwise;
    }
  };
  const unknown = new Set<string>();
  const served = async (kind: string): Promise<string> => {
    const found = await attempt(kind, undefined, () => servedKind(kubernetes, kind, signal));
    if (found === undefined) unknown.add(kind);
    return found ?? kind;
  };
  const [autoscalerKind = AUTOSCALERS, ...kinds] = await Promise.all([AUTOSCALERS, ...asked].map(served));
  const clusterScoped: string[] = [];
  const apiVersions = [...new Set(kinds.map((kind) => splitKind(kind).apiVersion))];
  const schemas = readSchemas(kubernetes, apiVersions, options.cacheDir, signal, failedReads);

  const read = async <T>(kind: string, keep: Keep<T>): Promise<readonly T[]> => {
    if (unknown.has(kind)) return [];
    const inside = only?.filter((ref) => groupKind(`${ref.apiVersion}/${ref.kind}`) === groupKind(kind)) ?? [];
    const where = inside.length > 0 ? namesOf(inside) : namespaces;
    const isNarrow = named !== undefined;
    const listing = { namespaces: where, isNarrow, failedReads, clusterScoped, signal };
    return attempt<readonly T[]>(kind, [], () => listKind(kubernetes, kind, keep, listing));
  };
  const isMonitored = ({ ref }: LiveObject, kind: string): boolean =>
    (clusterScoped.includes(kind) || monitored.has(ref.namespace)) && wanted?.has(objectKey(ref)) !== false;
  const intern = internFields();
  const reading = kinds.map((kind) => {
    const { apiVersion, name } = splitKind(kind);
    return read(kind, (item) => {
      const object = projectObject(item, apiVersion, name);
      return object && isMonitored(object, kind) ? intern(object) : undefined;
    });
  });
  const [lists, autoscalers] = await Promise.all([
    Promise.all(reading),
    read(autoscalerKind, (item) => projectAutoscaler(item, splitKind(autoscalerKind).apiVersion)),
  ]);
  return {
    objects: lists.flat(),
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

/** Of objects that are in one. */
function namesOf(refs: readonly ObjectRef[]): readonly string[] {
  return [...new Set(refs.flatMap(({ namespace }) => (namespace === '' ? [] : namespace)))].sort();
}

/** Whether they exist is not asked. */
function unlisted(names: readonly string[]): readonly MonitoredNamespace[] {
  return names.map((name) => ({ name, pause: undefined, isTerminating: false }));
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
