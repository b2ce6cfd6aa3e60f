import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { mergeOpenApi, trimOpenApi } from '../../src/clients/kubernetes/openapi.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { at, isJsonArray, isJsonObject, type Json, stringAt } from '../../src/domain/json.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';

// Records src/clients/kubernetes/built-in-schemas.json from a real API server, one schema a line:
//
//   node bin/bootstrap.mjs test/kubernetes/record-schemas.ts

/** Groups whose objects are desired state; the rest are requests and records of the cluster's own. */
const GROUPS = [
  'api/v1',
  ...[
    'admissionregistration.k8s.io/v1',
    'apiextensions.k8s.io/v1',
    'apiregistration.k8s.io/v1',
    'apps/v1',
    'autoscaling/v1',
    'autoscaling/v2',
    'batch/v1',
    'coordination.k8s.io/v1',
    'discovery.k8s.io/v1',
    'flowcontrol.apiserver.k8s.io/v1',
    'networking.k8s.io/v1',
    'node.k8s.io/v1',
    'policy/v1',
    'rbac.authorization.k8s.io/v1',
    'resource.k8s.io/v1',
    'scheduling.k8s.io/v1',
    'storage.k8s.io/v1',
  ].map((group) => `apis/${group}`),
];

export async function recordSchemas(client: KubernetesClient, signal: AbortSignal): Promise<Readonly<Record<string, Json>>> {
  const index = await client.read('/openapi/v3', 'read the OpenAPI index', signal);
  const documents: Json[] = [];
  for (const group of GROUPS) {
    const path = stringAt(index, 'paths', group, 'serverRelativeURL') ?? '';
    documents.push(trimOpenApi(await client.read(path, `read the schema of ${group}`, signal)));
  }
  const all = at(mergeOpenApi(documents), 'components', 'schemas');
  if (!isJsonObject(all)) throw new Error('the API server publishes no schemas');
  const kept: Record<string, Json> = {};
  const keep = (name: string): void => {
    const schema = all[name];
    if (schema === undefined || Object.hasOwn(kept, name)) return;
    kept[name] = schema;
    for (const [, reference] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/gu)) keep(reference ?? '');
  };
  for (const name of Object.keys(all).sort()) if (isKind(all[name] ?? null)) keep(name);
  return Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A kind that manifests hold: it has metadata of its own, which lists and options do not. */
function isKind(schema: Json): boolean {
  const metadata = stringAt(schema, 'properties', 'metadata', '$ref') ?? '';
  return isJsonArray(at(schema, 'x-kubernetes-group-version-kind')) && metadata.endsWith('.ObjectMeta');
}

if (import.meta.main) {
  const cluster = await startControlPlane({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'record' }));
  try {
    const schemas = await recordSchemas(client, AbortSignal.timeout(60_000));
    const lines = Object.entries(schemas).map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`);
    const file = fileURLToPath(new URL('../../src/clients/kubernetes/built-in-schemas.json', import.meta.url));
    await writeFile(file, `{\n${lines.join(',\n')}\n}\n`);
    process.stdout.write(`${lines.length} schemas\n`);
  } finally {
    client.close();
    await cluster.stop();
  }
}
