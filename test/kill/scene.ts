import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { readManifest } from '../../src/clients/kubernetes/manifest.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { type JsonObject, stringAt } from '../../src/domain/json.ts';
import { type ObjectRef, refOf } from '../../src/domain/object-ref.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { reportFile } from '../demo/scenario.ts';
import { type CommandResult, fixture, startWorld, type World } from '../demo/world.ts';

// What passes are killed over: units that are corrected in every way there is, and what of other people's lies beside them.

const FAIL_POINTS = new URL('fail-points.ts', import.meta.url).href;
/** Of fixtures/kill, and of the scene unless it has another one. */
const NAMESPACE = 'kill-test';
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
  /** Ids of the corrections that were reported before. */
  readonly reported: ReadonlySet<string>;
  /** Number of each unit's newest revision before. */
  readonly heads: ReadonlyMap<string, number>;
  /** Each Deployment by name, before and after its change. */
  readonly before: ReadonlyMap<string, JsonObject>;
  readonly drifted: ReadonlyMap<string, JsonObject>;
}

export interface Pass extends CommandResult {
  /** Effects in their order, as the fail points name them. */
  readonly effects: readonly string[];
}

export interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly namespace: string;
  readonly units: readonly SceneUnit[];
  readonly kubernetes: KubernetesClient;
  /** Id of the changeset that a person holds. */
  readonly personsChangeSet: string;
  /** Ids of changesets that belong to others and were never opened. */
  readonly othersChangeSets: readonly string[];
  /** Settings of each pass besides the addresses of its servers. */
  readonly settings: Readonly<Record<string, string>>;
  /** Somebody changes something of every unit. */
  drift(): Promise<Round>;
  /** Each Deployment by name, as it is now. */
  readLive(): Promise<ReadonlyMap<string, JsonObject>>;
  /** One pass as a process of its own, killed at `failAt` where that is not empty. */
  pass(failAt?: string): Promise<Pass>;
}

const SLUGS = ['payments', 'web', 'api', 'orders', 'batch', 'scaled', 'held', 'front', 'shop'] as const;
/** Changed by a person who paused it, and by an autoscaler. */
export const LEFT_ALONE = ['held', 'scaled'] as const;
/** An apply of it would set its replicas back, so it is corrected without a pair of revisions. */
export const PAIRLESS = 'scaled';
/** Units that a person's changeset locks; one of them drifts in each round, so that the other's page is removed. */
const STAGED = ['front', 'shop'] as const;

const correctionLine = z.object({
  correctionId: z.string(),
  object: z.object({ name: z.string() }),
  path: z.string(),
  revision: z.number(),
  result: z.string(),
  unit: z.string(),
  changeSet: z.string(),
  blame: z.object({ manager: z.string() }).nullable(),
});

export async function reportedCorrections(world: World): Promise<readonly z.output<typeof correctionLine>[]> {
  return readLines(await reportFile(world, 'reports/dev/corrections.jsonl'), correctionLine);
}

export function readLines<S extends z.ZodType>(text: string, schema: S): z.output<S>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}

const created = z.object({ ChangeSetID: z.string() });
const head = z.object({ Unit: z.object({ HeadRevisionNum: z.number() }) });

export async function startScene(cluster: ControlPlane, namespace = NAMESPACE): Promise<Scene> {
  const scripted = async (name: string): Promise<string> => (await fixture(`kill/${name}.yaml`)).replaceAll(NAMESPACE, namespace);
  await using started = new AsyncDisposableStack();
  const world = started.use(await startWorld({ cluster }));
  const { admin } = world;
  await cluster.kubectl(['apply', '-f', '-'], await scripted('namespace'));
  started.defer(async () => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });
  const texts = new Map(await Promise.all(SLUGS.map(async (slug) => [slug, await scripted(slug)] as const)));
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
  await leaveAlone(cluster, namespace, await scripted('autoscaler'));
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
  async function readLive(): Promise<ReadonlyMap<string, JsonObject>> {
    const found = new Map<string, JsonObject>();
    const onPage = (items: readonly JsonObject[]): void => {
      for (const item of items) found.set(stringAt(item, 'metadata', 'name') ?? '', item);
    };
    const { signal } = new AbortController();
    await kubernetes.list(DEPLOYMENTS, { namespace, signal }, onPage, () => found.clear());
    return found;
  }

  const settings = settingsIn(namespace);
  let rounds = 0;
  let passes = 0;
  const temporary = join(world.folder, 'tmp');
  const running = started.move();
  return {
    world,
    namespace,
    units,
    kubernetes,
    personsChangeSet,
    othersChangeSets,
    settings,
    readLive,
    async drift() {
      const number = ++rounds;
      const [staged, other] = number % 2 === 0 ? STAGED : STAGED.toReversed();
      const reported = new Set((await reportedCorrections(world)).map(({ correctionId }) => correctionId));
      const heads = new Map<string, number>();
      for (const { slug, path } of units) heads.set(slug, (await admin.get(path, {}, head)).Unit.HeadRevisionNum);
      const before = await readLive();
      const drifts: readonly (readonly [string, Operations])[] = [
        ...driftOf(number),
        // Another number each time, since the same drift is not staged twice.
        [staged ?? '', [replicas(1 + number)]],
        // The person took it back.
        [other ?? '', [replicas(1)]],
      ];
      for (const [object, operations] of drifts) {
        const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: object };
        const { signal } = new AbortController();
        await kubernetes.jsonPatch(DEPLOYMENTS, ref, operations, { fieldManager: 'kubectl-edit', dryRun: false, signal });
      }
      return { number, corrected: CORRECTED, staged: staged ?? '', reported, heads, before, drifted: await readLive() };
    },
    async pass(failAt = '') {
      const trace = join(world.folder, `trace-${++passes}`);
      // Git of a killed pass may still be writing there.
      await rm(temporary, { recursive: true, force: true, maxRetries: 10 });
      await mkdir(temporary);
      await writeFile(trace, '');
      const result = await world.detector(['run'], {
        ...settings,
        // Only what is killed has to make its own.
        DRIFT_CACHE_DIR: failAt === '' ? join(world.folder, 'cache') : join(temporary, 'cache'),
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

const settingsIn = (namespace: string): Readonly<Record<string, string>> => ({
  CONFIGHUB_SPACE: 'kill-dev',
  DRIFT_NAMESPACE_SELECTOR: `${namespace}=true`,
  DRIFT_LEASE_NAMESPACE: namespace,
  // Whoever comes after a killed pass waits that long.
  DRIFT_LEASE_DURATION: '1s',
  AUTO_FIX: 'true',
  DRIFT_ENVIRONMENT: 'dev',
  DRIFT_MAX_FIX_PERCENT: '100',
  // Waiting has no effect that a pass could be killed at, and rollouts are not what is proven here.
  DRIFT_WAIT_HEALTHY: '0s',
  // More fixes of a field in an hour than anybody makes in a year.
  DRIFT_CONTESTED_AFTER: '0',
  DRIFT_LOG_FORMAT: 'json',
});

type Operations = Parameters<KubernetesClient['jsonPatch']>[2];
const replicas = (value: number): Operations[number] => ({ op: 'replace', path: '/spec/replicas', value });
const image = (value: string): Operations[number] => ({
  op: 'replace',
  path: '/spec/template/spec/containers/0/image',
  value,
});
const portName: Operations[number] = {
  op: 'replace',
  path: '/spec/template/spec/containers/0/ports/0/name',
  value: 'web',
};
const debug: Operations[number] = {
  op: 'add',
  path: '/spec/template/spec/containers/0/env/-',
  value: { name: 'DEBUG', value: 'true' },
};

function driftOf(round: number): readonly (readonly [string, Operations])[] {
  return [
    ['payments', [replicas(3)]],
    ['web', [replicas(2)]],
    ['api', [image(`registry.example/api:1.0.${round}`), portName]],
    ['orders', [debug, replicas(2)]],
    ['batch-day', [debug, replicas(2)]],
    ['batch-night', [replicas(2)]],
    ['scaled', [image(`registry.example/scaled:1.0.${round}`)]],
  ];
}

const CONTAINER = '/spec/template/spec/containers[name=app]';
const ENV = `${CONTAINER}/env[name=DEBUG]`;
const CORRECTED = [
  'payments /spec/replicas',
  'web /spec/replicas',
  `api ${CONTAINER}/image`,
  `api ${CONTAINER}/ports[containerPort=8080,protocol=TCP]/name`,
  `orders ${ENV}`,
  'orders /spec/replicas',
  `batch-day ${ENV}`,
  'batch-day /spec/replicas',
  'batch-night /spec/replicas',
  `scaled ${CONTAINER}/image`,
];

/** A number that an autoscaler may choose, and a change that stays for now. */
async function leaveAlone({ kubectl }: ControlPlane, namespace: string, autoscaler: string): Promise<void> {
  const ours = (...args: readonly string[]): Promise<unknown> => kubectl(['-n', namespace, ...args]);
  await kubectl(['apply', '-f', '-'], autoscaler);
  await ours('scale', 'deployment/scaled', '--replicas=3');
  await ours('annotate', 'deployment/held', 'drift-detector/pause-until=2099-01-01T00:00:00Z');
  await ours('set', 'image', 'deployment/held', 'app=registry.example/held:2.0.0');
}

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
