import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { bulkMessageSchema, unitEventSchema } from '../../src/clients/confighub/wire.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { healthOf } from '../../src/clients/kubernetes/health.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { ownSecret } from '../../src/domain/secret.ts';
import { refuses, startHubDouble } from '../confighub/double.ts';
import { startFakeApiServer } from '../kubernetes/fake-api-server.ts';
import { startGitHttp } from '../report/git-http-server.ts';
import { publishOnce, repositories } from '../report/repositories.ts';

const OWN = 'own-canary-credential';
const IN_BASE64 = Buffer.from(`user:${OWN}`).toString('base64');
/** What others may say: an object that they quote, a token, and our own credential as it was sent to them. */
const WORDS = `v1.Container{Env:[]v1.EnvVar{v1.EnvVar{Name:"A", Value:"canary-1"}}} Bearer canary-2 ${OWN} Basic ${IN_BASE64}`;
const REF = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'a' };
const MAPS = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const signal = new AbortController().signal;

/** What became of it, with every field of an error that the process could print. */
async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  const outcome = await work().catch((error: unknown) => error);
  return outcome instanceof Error
    ? inspect({ ...outcome, cause: undefined, message: outcome.message }, { depth: 9 })
    : inspect(outcome);
}

async function fromApiServer(body: object): Promise<string> {
  await using server = await startFakeApiServer(() => ({ status: 422, body }));
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' }));
  return await outcomeOf(() => client.get(MAPS, REF, signal));
}

/** With a kubeconfig whose user is a program. */
async function fromPlugin(script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'drift-plugin-'));
  try {
    const kubeconfig = join(folder, 'config');
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] } };
    const config = {
      clusters: [{ name: 'a', cluster: { server: 'http://127.0.0.1:1' } }],
      users: [{ name: 'a', user }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      'current-context': 'a',
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    const environment = { PATH: process.env['PATH'] ?? '', WORDS };
    const client = createKubernetesClient(await connectKubernetes({ kubeconfig, userAgent: 'test', environment }));
    return await outcomeOf(() => client.get(MAPS, REF, signal));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fromGit(): Promise<string> {
  using world = repositories();
  await using server = await startGitHttp({ folder: world.path, fault: () => ({ status: 403, text: `${WORDS}\n` }) });
  return await outcomeOf(() => publishOnce(world.options({ url: `${server.url}/bare.git` }), ['web']));
}

async function fromConfigHub(): Promise<string> {
  await using hub = await startHubDouble(refuses(422, WORDS));
  return await outcomeOf(() => hub.transport.text({ path: '/unit' }, signal));
}

const condition = { type: 'Failed', status: 'True', message: WORDS };
const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a' }, status: { conditions: [condition] } };

/** Where each of them speaks, and a word of ours by which the sentence is known to have come. */
const EDGES: readonly (readonly [string, string, () => Promise<string>])[] = [
  ['ConfigHub, where it refuses', 'ConfigHub refuses', fromConfigHub],
  [
    'ConfigHub, of one unit of many',
    '***',
    () => outcomeOf(async () => bulkMessageSchema.parse({ Message: 'a', Error: { Message: WORDS } })),
  ],
  [
    'ConfigHub, of an operation',
    '***',
    () => outcomeOf(async () => unitEventSchema.parse({ QueuedOperationID: 'a', Message: WORDS })),
  ],
  [
    'the API server, as a whole',
    'cannot read',
    () => fromApiServer({ kind: 'Status', code: 422, reason: 'Invalid', message: WORDS }),
  ],
  [
    'the API server, of one field',
    'cannot read',
    () => fromApiServer({ kind: 'Status', code: 422, details: { causes: [{ field: 'spec', message: WORDS }] } }),
  ],
  ['a controller, in a condition', 'the job failed', () => outcomeOf(async () => healthOf(job))],
  ['a credential plugin that fails', 'exec plugin', () => fromPlugin('echo "$WORDS" >&2; exit 3')],
  ['a credential plugin that prints something else', 'ExecCredential', () => fromPlugin('echo "$WORDS"')],
  [
    'a credential plugin whose token has two lines',
    'more than one line',
    () => fromPlugin(`printf %s '{"kind":"ExecCredential","status":{"token":"canary\\ncanary"}}'`),
  ],
  ['a Git server', 'cannot', fromGit],
];

describe('what others say', () => {
  before(() => {
    ownSecret(OWN);
  });

  for (const [who, known, said] of EDGES) {
    it(`holds no secret any more where it comes in: ${who}`, async () => {
      const text = await said();
      expect(text).to.contain(known);
      expect(text).to.not.match(/canary/u);
      expect(text).to.not.contain(IN_BASE64.slice(8, 24));
    });
  }
});
