import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { readManifest } from '../../src/clients/kubernetes/manifest.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type ObjectRef, refOf } from '../../src/domain/object-ref.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { type CommandResult, fixture, startWorld, type World } from '../demo/world.ts';

// What passes are killed over: units that are corrected in every way there is, and what of other people's lies beside them.

const FAIL_POINTS = new URL('fail-points.ts', import.meta.url).href;
export const NAMESPACE = 'kill-test';
const DEPLOYMENTS = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true } as const;

/** A unit of the scene; its text is the desired state and never changes. */
export interface SceneUnit {
  readonly slug: string;
  readonly path: string;
  readonly text: string;
  readonly objects: readonly { readonly ref: ObjectRef; readonly document: JsonObject }[];
}

/** One drift in all units: what passes have to make good. */
export interface Round {
  readonly number: number;
  /** `object path` of each field that is to be corrected. */
  readonly corrected: readonly string[];
  /** The Deployment whose drift is to be staged. */
  readonly staged: string;
  /** What it is scaled to: another number each time, since the same drift is not staged twice. */
  readonly stagedReplicas: number;
  /** Number of each unit's newest revision before. */
  readonly heads: ReadonlyMap<string, number>;
}

export interface Pass extends CommandResult {
  /** Effects in their order, as the fail points name them. */
  readonly effects: readonly string[];
}

export interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly units: readonly SceneUnit[];
  readonly kubernetes: KubernetesClient;
  /** Id of the changeset that a person holds. */
  readonly personsChangeSet: string;
  /** Ids of changesets that belong to somebody else and were never opened. */
  readonly othersChangeSets: readonly string[];
  /** Somebody changes something of every unit. */
  drift(): Promise<Round>;
  /** One pass as a process of its own, killed at `failAt` where that is not empty. */
  pass(failAt?: string): Promise<Pass>;
}

const SLUGS = ['payments', 'web', 'api', 'orders', 'batch', 'front', 'shop'] as const;
/** Units that a person's changeset locks; one of them drifts in each round, so that the other's page is removed. */
const STAGED = ['front', 'shop'] as const;

const created = z.object({ ChangeSetID: z.string() });
const head = z.object({ Unit: z.object({ HeadRevisionNum: z.number() }) });

export async function startScene(cluster: ControlPlane): Promise<Scene> {
  await using started = new AsyncDisposableStack();
  const world = started.use(await startWorld({ cluster }));
  const { admin } = world;
  await cluster.kubectl(['apply', '-f', '-'], await fixture('kill/namespace.yaml'));
  started.defer(async () => {
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });
  const texts = new Map(await Promise.all(SLUGS.map(async (slug) => [slug, await fixture(`kill/${slug}.yaml`)] as const)));
  const sources = SLUGS.map((slug) => ({
    slug,
    text: texts.get(slug) ?? '',
    labels: slug === 'payments' ? { tier: 'critical' } : {},
  }));
  const project = await admin.createProject('kill', sources);
  const dev = project.spaces['dev'] ?? '';
  const pathOf = (slug: string): string => `/space/${dev}/unit/${project.units[slug]}`;
  await admin.send('PATCH', pathOf('batch'), {}, { TargetID: null }, z.unknown());
  await cluster.kubectl(['apply', '--server-side', '--field-manager=confighub', '-f', '-'], texts.get('batch') ?? '');
  await admin.applySpace(dev, "Slug != 'batch'");
  const personsChangeSet = await lockForPerson(world, project.spaces['home'] ?? '', STAGED.map(pathOf));
  const othersChangeSets = await createOthers(world, dev);

  const kubernetes = createKubernetesClient(
    await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'drift-detector-test' }),
  );
  started.defer(() => kubernetes.close());
  const units = SLUGS.map((slug): SceneUnit => {
    const text = texts.get(slug) ?? '';
    const objects = readManifest(text).documents.flatMap(({ document }) => {
      const ref = refOf(document);
      return ref ? [{ ref, document }] : [];
    });
    return { slug, path: pathOf(slug), text, objects };
  });
  let rounds = 0;
  let passes = 0;
  const temporary = join(world.folder, 'tmp');
  const running = started.move();
  return {
    world,
    units,
    kubernetes,
    personsChangeSet,
    othersChangeSets,
    async drift() {
      const number = ++rounds;
      const [staged, other] = number % 2 === 0 ? STAGED : STAGED.toReversed();
      const heads = new Map<string, number>();
      for (const { slug, path } of units) heads.set(slug, (await admin.get(path, {}, head)).Unit.HeadRevisionNum);
      const stagedReplicas = 1 + number;
      const drifts: readonly (readonly [string, Operations])[] = [
        ...driftOf(number),
        [staged ?? '', [replicas(stagedReplicas)]],
        // The person took it back.
        [other ?? '', [replicas(1)]],
      ];
      for (const [object, operations] of drifts) {
        const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: object };
        const { signal } = new AbortController();
        await kubernetes.jsonPatch(DEPLOYMENTS, ref, operations, { fieldManager: 'kubectl-edit', dryRun: false, signal });
      }
      return { number, corrected: CORRECTED, staged: staged ?? '', stagedReplicas, heads };
    },
    async pass(failAt = '') {
      const trace = join(world.folder, `trace-${++passes}`);
      await rm(temporary, { recursive: true, force: true });
      await mkdir(temporary);
      await writeFile(trace, '');
      const result = await world.detector(['run'], {
        CONFIGHUB_SPACE: 'kill-dev',
        NAMESPACE_SELECTOR: 'kill-test=true',
        LEASE_NAMESPACE: NAMESPACE,
        // Whoever comes after a killed pass waits that long.
        LEASE_SECONDS: '1',
        AUTO_FIX: 'true',
        ENVIRONMENT: 'dev',
        MAX_FIX_PERCENT: '100',
        // Waiting has no effect that a pass could be killed at, and rollouts are not what is proven here.
        WAIT_HEALTHY: '0s',
        // More corrections of a field in an hour than anybody makes in a year.
        CONTESTED_AFTER: '0',
        LOG_FORMAT: 'json',
        // Only what is killed has to make its own.
        CACHE_DIR: failAt === '' ? join(world.folder, 'cache') : join(temporary, 'cache'),
        TMPDIR: temporary,
        NODE_COMPILE_CACHE: join(world.folder, 'compiled'),
        NODE_OPTIONS: `--import ${FAIL_POINTS}`,
        FAIL_TRACE: trace,
        FAIL_AT: failAt,
      });
      const effects = (await readFile(trace, 'utf8')).split('\n').filter((line) => line !== '');
      await rm(trace);
      return { ...result, effects };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

type Operations = Parameters<KubernetesClient['jsonPatch']>[2];
const replicas = (value: number): Operations[number] => ({ op: 'replace', path: '/spec/replicas', value });
const image = (value: string): Operations[number] => ({
  op: 'replace',
  path: '/spec/template/spec/containers/0/image',
  value,
});
const debug: Operations[number] = {
  op: 'add',
  path: '/spec/template/spec/containers/0/env/-',
  value: { name: 'DEBUG', value: 'true' },
};

function driftOf(round: number): readonly (readonly [string, Operations])[] {
  return [
    ['payments', [replicas(3)]],
    ['web', [replicas(2)]],
    ['api', [image(`registry.example/api:1.0.${round}`)]],
    ['orders', [debug, replicas(2)]],
    ['batch-day', [debug, replicas(2)]],
    ['batch-night', [replicas(2)]],
  ];
}

const ENV = '/spec/template/spec/containers[name=app]/env[name=DEBUG]';
const CORRECTED = [
  'payments /spec/replicas',
  'web /spec/replicas',
  'api /spec/template/spec/containers[name=app]/image',
  `orders ${ENV}`,
  'orders /spec/replicas',
  `batch-day ${ENV}`,
  'batch-day /spec/replicas',
  'batch-night /spec/replicas',
];

async function lockForPerson({ admin }: World, spaceId: string, units: readonly string[]): Promise<string> {
  const { ChangeSetID } = await admin.send('POST', `/space/${spaceId}/change_set`, {}, { Slug: 'friday' }, created);
  for (const path of units) await admin.send('PATCH', path, { change_set_id: ChangeSetID }, { ChangeSetID }, z.unknown());
  return ChangeSetID;
}

/** Of a person, and of the passes of another cluster: both were created and are not opened yet. */
async function createOthers({ admin }: World, spaceId: string): Promise<readonly string[]> {
  const path = `/space/${spaceId}/change_set`;
  const plain = await admin.send('POST', path, {}, { Slug: 'drift-dev-plans' }, created);
  const labels = { 'drift-detector': 'prod' };
  const foreign = await admin.send('POST', path, {}, { Slug: 'drift-prod-0123abcd', Labels: labels }, created);
  return [plain.ChangeSetID, foreign.ChangeSetID];
}
