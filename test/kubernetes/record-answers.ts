import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connectKubernetes, type KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import { isJsonArray, isJsonObject, type Json } from '../../src/domain/json.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { type Answers, foundBy, makeScene, readUnit } from './old-servers.ts';

// Records fixtures/old-servers/VERSION.json, what a real API server answers to each read of a pass, one answer a line:
//
//   KUBERNETES_VERSION=1.19 node bin/bootstrap.mjs test/kubernetes/record-answers.ts

/** Groups that the scene has kinds of, of `definitions` of OpenAPI v2; the whole document has 3.6 MB. */
const KEPT = /^(?:io\.k8s\.api\.(?:batch\.v1beta1|policy\.v1beta1|autoscaling\.v2beta[12])|com\.example\.ci)\./u;

/** Without descriptions and without the definitions that nobody looks at. */
function reduced(body: Json): Json {
  if (!isJsonObject(body) || !isJsonObject(body['definitions'])) return body;
  const definitions = Object.entries(body['definitions']).filter(([name]) => KEPT.test(name));
  return { swagger: body['swagger'] ?? null, definitions: withoutDescriptions(Object.fromEntries(definitions)) };
}

function withoutDescriptions(value: Json): Json {
  if (isJsonArray(value)) return value.map(withoutDescriptions);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key, part]) => key !== 'description' || typeof part !== 'string');
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutDescriptions(part)]));
}

const cluster = await startControlPlane({ onProgress: (line) => process.stderr.write(`${line}\n`) });
try {
  await makeScene(cluster);
  const transport = await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'record' });
  const answers: Record<string, Answers[string]> = {};
  const recording: KubernetesTransport = {
    server: transport.server,
    close: () => transport.close(),
    async request(request) {
      const { status, headers, body } = await transport.request(request);
      answers[request.path] = { status, body: reduced(body) };
      return { status, headers, body };
    },
  };
  const found = await foundBy(recording, await readUnit());
  transport.close();
  const lines = Object.entries(answers).map(([path, answer]) => `${JSON.stringify(path)}:${JSON.stringify(answer)}`);
  const file = fileURLToPath(new URL(`../../fixtures/old-servers/${cluster.version}.json`, import.meta.url));
  await writeFile(file, `{\n${lines.sort().join(',\n')}\n}\n`);
  process.stdout.write(`${[`${lines.length} answers`, ...found].join('\n')}\n`);
} finally {
  await cluster.stop();
}
