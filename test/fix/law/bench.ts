import {
  createKubernetesClient,
  type KubernetesClient,
  objectPath,
  type ResourceKind,
} from '../../../src/clients/kubernetes/client.ts';
import { connectKubernetes, type KubernetesRequest, statusError } from '../../../src/clients/kubernetes/transport.ts';
import { isJsonObject, type JsonObject } from '../../../src/domain/json.ts';
import { type ObjectRef, objectKey, refOf } from '../../../src/domain/object-ref.ts';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { sharedControlPlane } from '../../control-plane/shared.ts';
import { minorOf } from '../../control-plane/version.ts';
import { asYaml } from './as-yaml.ts';
import { SCALER, STRANGER, type Step } from './case.ts';

let benches = 0;
/** All but what the cluster puts into every namespace. */
const OTHERS = 'fieldSelector=metadata.name!%3Dkube-root-ca.crt';

/** A namespace of the real API server, and everybody who writes into it but for the pass. */
export interface Bench {
  readonly cluster: ControlPlane;
  readonly minor: number;
  readonly namespace: string;
  readonly client: KubernetesClient;
  readonly signal: AbortSignal;
  /** The object in the namespace, of this name or of one that no other has. */
  named(document: JsonObject, name?: string): JsonObject;
  /** Server-side apply. The server's answer; throws where it refuses. */
  apply(document: JsonObject, manager: string, force: boolean): Promise<JsonObject>;
  /** The real kubectl applies them client-side, in one run for all of them. Names of those that the server refuses. */
  applyClientSide(documents: readonly JsonObject[]): Promise<ReadonlySet<string>>;
  /** One request of a stranger; the object after it. */
  take(step: Step, ref: ObjectRef): Promise<JsonObject>;
  get(ref: ObjectRef): Promise<JsonObject>;
  /** Everything of these kinds that the namespace holds, by `objectKey`. */
  readAll(kinds: readonly string[]): Promise<ReadonlyMap<string, JsonObject>>;
  /** Deletes what it holds of these kinds, which may take its time. */
  clear(kinds: readonly string[]): Promise<void>;
  close(): void;
}

export async function createBench(): Promise<Bench> {
  const cluster = await sharedControlPlane();
  const namespace = `law-${process.pid}-${++benches}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  await cluster.kubectl(['label', 'namespace', namespace, `scene=${namespace}`]);
  const transport = await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' });
  const client = createKubernetesClient(transport);
  const signal = AbortSignal.timeout(4 * 3_600_000);

  async function kindOf(apiVersion: string, kind: string): Promise<ResourceKind> {
    const found = await client.resourceKind(apiVersion, kind, signal);
    if (!found) throw new Error(`the API server does not serve ${apiVersion}/${kind}`);
    return found;
  }

  async function send(request: Omit<KubernetesRequest, 'signal'>): Promise<JsonObject> {
    const response = await transport.request({ ...request, signal });
    if (response.status >= 300 || !isJsonObject(response.body))
      throw statusError(response, `${request.method} ${request.path}`, request.path);
    return response.body;
  }

  let objects = 0;
  const bench: Bench = {
    cluster,
    minor: minorOf(cluster.version),
    namespace,
    client,
    signal,

    named(document, name = `object-${++objects}`) {
      const metadata = isJsonObject(document['metadata']) ? document['metadata'] : {};
      return { ...document, metadata: { ...metadata, name, namespace } };
    },

    async apply(document, manager, force) {
      const kind = await kindOf(String(document['apiVersion']), String(document['kind']));
      return client.apply(kind, document, { fieldManager: manager, force, dryRun: false, signal });
    },

    async applyClientSide(documents) {
      if (documents.length === 0) return new Set();
      const list = { apiVersion: 'v1', kind: 'List', items: documents };
      try {
        await cluster.kubectl(['-n', namespace, 'apply', '--validate=false', '-f', '-'], asYaml(list));
        return new Set();
      } catch (error) {
        const names = String(error).matchAll(/ "(object-\d+)" is invalid/gu);
        const refused = new Set([...names].map(([, name = '']) => name));
        if (refused.size === 0) throw error;
        return refused;
      }
    },

    async take(step, ref) {
      const kind = await kindOf(ref.apiVersion, ref.kind);
      if (step.how === 'patch')
        return client.jsonPatch(kind, ref, step.operations, { fieldManager: STRANGER, dryRun: false, signal });
      if (step.how === 'replace') {
        const path = `${objectPath(kind, ref)}?fieldManager=${STRANGER}`;
        return send({ method: 'PUT', path, body: step.body, contentType: 'application/json' });
      }
      const path = `${objectPath(kind, ref)}/scale?fieldManager=${SCALER}`;
      const body = { spec: { replicas: step.replicas } };
      await send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
      return bench.get(ref);
    },

    async get(ref) {
      const found = await client.get(await kindOf(ref.apiVersion, ref.kind), ref, signal);
      if (!found) throw new Error(`${objectKey(ref)} is gone`);
      return found;
    },

    async readAll(kinds) {
      const found = new Map<string, JsonObject>();
      for (const name of kinds) {
        const [apiVersion, kind] = splitKind(name);
        const onPage = (items: readonly JsonObject[]): void => {
          for (const item of items) {
            const object = { apiVersion, kind, ...item };
            const ref = refOf(object);
            if (ref) found.set(objectKey(ref), object);
          }
        };
        await client.list(await kindOf(apiVersion, kind), { namespace, signal }, onPage, () => found.clear());
      }
      return found;
    },

    async clear(kinds) {
      for (const name of kinds) {
        const kind = await kindOf(...splitKind(name));
        const path = objectPath(kind, { namespace, name: '' }).replace(/\/$/u, '');
        await send({ method: 'DELETE', path: `${path}?propagationPolicy=Background&${OTHERS}` });
      }
    },

    close: () => transport.close(),
  };
  return bench;
}

/** `apps/v1/Deployment` of an object. */
export function kindNameOf(document: JsonObject): string {
  return `${String(document['apiVersion'])}/${String(document['kind'])}`;
}

function splitKind(name: string): [string, string] {
  const slash = name.lastIndexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}
