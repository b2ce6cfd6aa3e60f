import { type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import type { JsonPatchOperation } from '../../domain/json-patch.ts';
import { groupOf, type ObjectRef } from '../../domain/object-ref.ts';
import { badAnswer, isAbsent, isUnserved, objectOf, type ResourceKind, resourcesIn, versionsIn } from './answers.ts';
import { basePath, collectionPath, objectPath } from './paths.ts';
import { type ListOptions, readList, readPersistently } from './read.ts';
import { type Reviews, reviewsBy } from './reviews.ts';
import { type KubernetesResponse, type KubernetesTransport, statusError } from './transport.ts';

export type { ResourceKind } from './answers.ts';
export { objectPath } from './paths.ts';
export type { RightTarget } from './reviews.ts';

interface ApplyOptions {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * The few Kubernetes requests that a pass makes. Every non-2xx answer but "not found" on `get` throws `ClusterError`, and so
 * does every other answer that is not what was asked for.
 */
export interface KubernetesClient extends Reviews {
  readonly server: string;
  /** Visits all objects of a kind page by page, each once; after an expired list it calls `onRestart` and starts again. */
  list(
    kind: ResourceKind,
    options: ListOptions,
    onPage: (items: readonly JsonObject[]) => void,
    onRestart: () => void,
  ): Promise<void>;
  get(kind: ResourceKind, ref: ObjectRef, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** Server-side apply. The body may carry `metadata.resourceVersion` as precondition: a changed object answers 409. */
  apply(kind: ResourceKind, body: JsonObject, options: ApplyOptions): Promise<JsonObject>;
  jsonPatch(
    kind: ResourceKind,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    options: Omit<ApplyOptions, 'force'>,
  ): Promise<JsonObject>;
  /** Creates an object; `false` where one of that name is there already. */
  create(kind: ResourceKind, body: JsonObject, signal: AbortSignal): Promise<boolean>;
  /** Whether the account may do this to objects of the kind in the namespace. */
  mayI(verb: string, ref: Pick<ObjectRef, 'apiVersion' | 'kind' | 'namespace'>, signal: AbortSignal): Promise<boolean>;
  /** The kind that serves an apiVersion and kind; `undefined` where the server does not know it. */
  resourceKind(apiVersion: string, kind: string, signal: AbortSignal): Promise<ResourceKind | undefined>;
  /**
   * The same in another version of the group where the server does not serve that one: CronJobs are of `batch/v1beta1`
   * before 1.21, autoscalers of nothing newer than `autoscaling/v2beta2` before 1.23.
   */
  nearestKind(apiVersion: string, kind: string, signal: AbortSignal): Promise<ResourceKind | undefined>;
  /** Any other document, such as the OpenAPI schema of a group version; the caller looks whether it is one. */
  read(path: string, doing: string, signal: AbortSignal): Promise<Json>;
  close(): void;
}

type ObjectName = Pick<ObjectRef, 'namespace' | 'name'>;

export function createKubernetesClient(transport: KubernetesTransport): KubernetesClient {
  const resourcesOf = new Map<string, Promise<readonly ResourceKind[]>>();
  const get = (path: string, signal: AbortSignal): Promise<KubernetesResponse> =>
    readPersistently(transport, { method: 'GET', path, signal });

  async function patch(
    kind: ResourceKind,
    ref: ObjectName,
    { body, type, doing }: { readonly body: Json; readonly type: string; readonly doing: string },
    { fieldManager, force, dryRun, signal }: Omit<ApplyOptions, 'force'> & { readonly force?: boolean },
  ): Promise<JsonObject> {
    const query = new URLSearchParams({ fieldManager, fieldValidation: 'Strict' });
    if (force) query.set('force', 'true');
    if (dryRun) query.set('dryRun', 'All');
    const path = `${objectPath(kind, ref)}?${query}`;
    const response = await transport.request({ method: 'PATCH', path, body, contentType: `application/${type}`, signal });
    const what = `${doing} ${kind.kind} ${ref.name}`;
    if (response.status !== 200 && response.status !== 201) throw statusError(response, what, ref.name);
    return objectOf(response.body, kind, ref, what);
  }

  async function readResources(apiVersion: string, signal: AbortSignal): Promise<readonly ResourceKind[]> {
    const response = await get(basePath(apiVersion), signal);
    if (isUnserved(response)) return [];
    if (response.status !== 200) throw statusError(response, `read the kinds of ${apiVersion}`, apiVersion);
    return resourcesIn(response.body, apiVersion);
  }

  async function readVersions(group: string, signal: AbortSignal): Promise<readonly string[]> {
    const response = await get(`/apis/${group}`, signal);
    if (isUnserved(response)) return [];
    if (response.status !== 200) throw statusError(response, `read the versions of ${group}`, group);
    return versionsIn(response.body, group);
  }

  return {
    server: transport.server,
    ...reviewsBy(transport),

    list: (kind, options, onPage, onRestart) => readList(transport, kind, options, { onPage, onRestart }),

    async get(kind, ref, signal) {
      const doing = `read ${ref.kind} ${ref.name}`;
      const response = await get(objectPath(kind, ref), signal);
      if (isAbsent(response)) return undefined;
      if (response.status === 404) throw badAnswer(doing, ref.name, 'the 404 is not an answer of a Kubernetes API server');
      if (response.status !== 200) throw statusError(response, doing, ref.name);
      return objectOf(response.body, kind, ref, doing);
    },

    apply: (kind, body, options) => patch(kind, nameIn(body), { body, type: 'apply-patch+yaml', doing: 'apply' }, options),

    jsonPatch(kind, ref, operations, options) {
      const body = operations.map(({ op, path, value }) => (value === undefined ? { op, path } : { op, path, value }));
      return patch(kind, ref, { body, type: 'json-patch+json', doing: 'patch' }, options);
    },

    async create(kind, body, signal) {
      const ref = nameIn(body);
      const path = `${collectionPath(kind, ref.namespace)}?fieldValidation=Strict`;
      const where = ref.namespace === '' ? '' : ` in namespace ${ref.namespace}`;
      const doing = `create ${kind.plural}${where}`;
      const response = await transport.request({ method: 'POST', path, body, contentType: 'application/json', signal });
      if (response.status === 409) return false;
      if (response.status !== 200 && response.status !== 201) throw statusError(response, doing, path);
      objectOf(response.body, kind, ref, doing);
      return true;
    },

    async mayI(verb, { apiVersion, kind, namespace }, signal) {
      const served = await this.resourceKind(apiVersion, kind, signal);
      if (!served) return false;
      return this.hasRight(verb, { group: groupOf(apiVersion), resource: served.plural, namespace }, signal);
    },

    async resourceKind(apiVersion, kind, signal) {
      const reading = resourcesOf.get(apiVersion) ?? readResources(apiVersion, signal);
      resourcesOf.set(apiVersion, reading);
      try {
        return (await reading).find((served) => served.kind === kind);
      } catch (error) {
        // The next caller asks again.
        if (resourcesOf.get(apiVersion) === reading) resourcesOf.delete(apiVersion);
        throw error;
      }
    },

    async nearestKind(apiVersion, kind, signal) {
      const exact = await this.resourceKind(apiVersion, kind, signal);
      const group = groupOf(apiVersion);
      if (exact || group === '') return exact;
      for (const version of await readVersions(group, signal)) {
        const found = await this.resourceKind(version, kind, signal);
        if (found) return found;
      }
      return undefined;
    },

    async read(path, doing, signal) {
      const response = await get(path, signal);
      if (response.status === 404 && !isUnserved(response))
        throw badAnswer(doing, path, 'the 404 is not an answer of a Kubernetes API server');
      if (response.status !== 200) throw statusError(response, doing, path);
      return response.body;
    },

    close: () => transport.close(),
  };
}

function nameIn(body: JsonObject): ObjectName {
  return { namespace: stringAt(body, 'metadata', 'namespace') ?? '', name: stringAt(body, 'metadata', 'name') ?? '' };
}
