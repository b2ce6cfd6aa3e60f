import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes, type KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import { isDrift } from '../../src/domain/finding.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { diff } from '../../src/stages/diff/diff.ts';
import { takeSnapshot } from '../../src/stages/snapshot/snapshot.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { unit } from '../types/builders.ts';
import { GENERATED_KINDS, generateManifests } from './generate/manifests.ts';

// The same objects, clean and changed by another hand, as `kubectl diff` and as we see them: false alarms, misses, and
// requests to the API server. The long run writes the table to docs/diff-peers.md.

const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const OBJECTS = IS_LONG ? 210 : 21;

/** Names of the objects that a tool calls different, and what it asked the server. */
interface Answer {
  readonly different: ReadonlySet<string>;
  readonly requests: number;
}

const label = (document: JsonObject): string =>
  `${String(document['kind'])}/${String((document['metadata'] as JsonObject)['name'])}`;

/** Changes by another field manager: of declared values, and additions. */
const HANDS: readonly { readonly kinds: readonly string[]; readonly isAddition: boolean; readonly patch: readonly unknown[] }[] =
  [
    {
      kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
      isAddition: false,
      patch: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'other:9' }],
    },
    {
      kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
      isAddition: true,
      patch: [{ op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'shell', image: 'busybox' } }],
    },
    {
      kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
      isAddition: true,
      patch: [{ op: 'add', path: '/spec/template/metadata/labels/extra', value: 'yes' }],
    },
    { kinds: ['CronJob'], isAddition: false, patch: [{ op: 'replace', path: '/spec/schedule', value: '1 1 31 2 *' }] },
    { kinds: ['Service'], isAddition: true, patch: [{ op: 'add', path: '/spec/ports/-', value: { name: 'extra', port: 9999 } }] },
    { kinds: ['ConfigMap'], isAddition: true, patch: [{ op: 'add', path: '/metadata/labels', value: { extra: 'yes' } }] },
  ];

function kubectlDiff(cluster: ControlPlane, namespace: string, file: string, flags: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const args = ['-n', namespace, 'diff', '-v=6', ...flags, '-f', file];
    const env = { PATH: process.env['PATH'], HOME: tmpdir(), KUBECONFIG: cluster.kubeconfig };
    execFile(cluster.kubectlPath, args, { env, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      // 1 is "there are differences".
      if (error && error.code !== 1) return reject(new Error(stderr.slice(-2_000)));
      const names = [...stdout.matchAll(/^diff .*\/(?:[a-z.]+\.)?v1\.(\w+)\.[^. ]+\.(\S+)$/gmu)].map(
        ([, kind, name]) => `${kind}/${name}`,
      );
      resolve({
        different: new Set(names),
        requests: [...stderr.matchAll(/verb="?(GET|PATCH|POST|PUT)|\b(GET|PATCH|POST|PUT) https:/gu)].length,
      });
    });
  });
}

async function ourDiff(cluster: ControlPlane, namespace: string, documents: readonly JsonObject[]): Promise<Answer> {
  const transport = await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'peers' });
  let requests = 0;
  const counting: KubernetesTransport = {
    server: transport.server,
    close: () => transport.close(),
    request: (request) => {
      requests++;
      return transport.request(request);
    },
  };
  const client = createKubernetesClient(counting);
  const options = {
    namespaceSelector: `scene=${namespace}`,
    kinds: GENERATED_KINDS,
    cacheDir: '',
    signal: AbortSignal.timeout(60_000),
  };
  const snapshot = await takeSnapshot(client, options);
  client.close();
  const fetched = documents.map((document) => ({
    ok: true as const,
    unit: unit(label(document), { text: JSON.stringify(document) }),
  }));
  const comparison = diff(snapshot, assembleDesired(fetched, ''), { cluster: 'test', desiredManagers: ['confighub'] });
  const drifted = comparison.objects.filter(({ desired, findings }) => desired && findings.some(isDrift));
  return { different: new Set(drifted.map(({ ref }) => `${ref.kind}/${ref.name}`)), requests };
}

describe('beside kubectl diff', function () {
  this.timeout(IS_LONG ? 600_000 : 120_000);
  it('raises no false alarm and misses nothing, with a handful of requests', async () => {
    const cluster = await sharedControlPlane();
    const namespace = `peers-${process.pid}`;
    await cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.kubectl(['label', 'namespace', namespace, `scene=${namespace}`]);
    const documents = generateManifests(4_711, OBJECTS).map(
      (document): JsonObject => ({ ...document, metadata: { ...(document['metadata'] as JsonObject), namespace } }),
    );
    const folder = await mkdtemp(join(tmpdir(), 'drift-peers-'));
    const file = join(folder, 'desired.json');
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documents }));
    await cluster.kubectl(['apply', '--server-side', '--field-manager=confighub', '-f', file]);

    const tools: Readonly<Record<string, () => Promise<Answer>>> = {
      'drift-detector': () => ourDiff(cluster, namespace, documents),
      'kubectl diff --server-side': () =>
        kubectlDiff(cluster, namespace, file, ['--server-side', '--force-conflicts', '--field-manager=confighub']),
      'kubectl diff': () => kubectlDiff(cluster, namespace, file, []),
    };
    const clean = new Map<string, Answer>();
    for (const [tool, run] of Object.entries(tools)) clean.set(tool, await run());

    const changed = new Map<string, boolean>();
    for (const [index, document] of documents.entries()) {
      const fitting = HANDS.filter(({ kinds }) => kinds.includes(String(document['kind'])));
      const hand = fitting[index % fitting.length];
      if (!hand) continue;
      await cluster.kubectl(['-n', namespace, 'patch', label(document), '--type=json', '-p', JSON.stringify(hand.patch)]);
      changed.set(label(document), hand.isAddition);
    }
    const rows: string[] = [];
    for (const [tool, run] of Object.entries(tools)) {
      const { different, requests } = await run();
      const missed = [...changed].filter(([name]) => !different.has(name));
      const missedAdditions = missed.filter(([, isAddition]) => isAddition).length;
      const alarms = clean.get(tool)?.different.size ?? 0;
      rows.push(
        `| ${tool} | ${alarms} of ${documents.length} | ${missed.length - missedAdditions} of ${[...changed.values()].filter((isAddition) => !isAddition).length} | ${missedAdditions} of ${[...changed.values()].filter(Boolean).length} | ${requests} |`,
      );
      if (tool === 'drift-detector') {
        expect([...(clean.get(tool)?.different ?? [])], 'false alarms').to.deep.equal([]);
        expect(missed, 'missed').to.deep.equal([]);
      }
    }
    const table = [
      '| tool | false alarms on clean objects | missed changes | missed additions | requests |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n');
    process.stdout.write(`${table}\n`);
    await rm(folder, { recursive: true });
    if (!IS_LONG) return;
    const head = `# Compared with kubectl diff\n\n${documents.length} generated objects (Deployments, StatefulSets, DaemonSets, CronJobs, Services, ConfigMaps) on Kubernetes ${cluster.version},\napplied by server-side apply as \`confighub\`, compared right after, and again after another field manager changed each of them\n(\`DRIFT_LONG=1 npm run mocha -- test/diff/peers.test.ts\`). Requests are those of the second comparison.\n\n`;
    writeFileSync(new URL('../../docs/diff-peers.md', import.meta.url), `${head}${table}\n`);
  });
});
