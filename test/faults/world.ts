import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { CommandResult } from '../demo/world.ts';
import { startDetectorHost } from '../end-to-end/detector-host.ts';
import { type Gate, type Passage, startGate } from '../end-to-end/gate.ts';
import { authorityOf, gatedKubeconfig } from '../end-to-end/watched-world.ts';
import { type Scene, startScene } from '../kill/scene.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { startGitHttp } from '../report/git-http-server.ts';
import type { Server } from './kinds.ts';

const PASSES_LOOKED_AT = 4;

/** A pass, and what it asked of each server. */
export interface WatchedPass extends CommandResult {
  readonly passages: Readonly<Record<Server, readonly Passage[]>>;
}

const IS_WRITE: Readonly<Record<Server, (passage: Passage) => boolean>> = {
  cluster: ({ method, path }) =>
    method !== 'GET' && !/dryRun=All|\/leases\/|\/leases$|\/events\b|\/selfsubjectaccessreviews$/u.test(path),
  confighub: ({ method, path }) => method !== 'GET' && !path.includes('dry_run=true'),
  git: ({ method, path }) => method === 'POST' && path.endsWith('/git-receive-pack'),
};

/** What would change something that others see: no dry runs, no questions, and neither Lease nor Events. */
export function writesOf({ passages }: WatchedPass, ...servers: readonly Server[]): readonly Passage[] {
  const all = servers.length > 0 ? servers : (['cluster', 'confighub', 'git'] as const);
  return all.flatMap((server) => passages[server].filter(IS_WRITE[server]));
}

/** The scene that passes are killed over, with a gate before each server that a pass talks to. */
export interface FaultyWorld extends AsyncDisposable {
  readonly scene: Scene;
  readonly gates: Readonly<Record<Server, Gate>>;
  /** Folder of the pass's temporary files. */
  readonly temporary: string;
  /** Of the last few passes that were let end by themselves. */
  slowestMs(): number;
  pass(settings?: Readonly<Record<string, string>>): Promise<WatchedPass>;
}

export async function startFaultyWorld(controlPlane: ControlPlane): Promise<FaultyWorld> {
  await using starting = new AsyncDisposableStack();
  const scene = starting.use(await startScene(controlPlane, 'fault-test'));
  const { world } = scene;
  const git = starting.use(await startGitHttp({ folder: world.folder }));
  const gates = {
    cluster: starting.use(await startGate(controlPlane.server, await authorityOf(controlPlane.kubeconfig))),
    confighub: starting.use(await startGate(world.hubUrl)),
    git: starting.use(await startGate(git.url)),
  };
  const temporary = join(world.folder, 'tmp');
  await mkdir(temporary);
  const host = starting.use(startDetectorHost({ TMPDIR: temporary }));
  const environment = {
    ...PROGRAM_ENVIRONMENT,
    ...scene.settings,
    HOME: world.folder,
    KUBECONFIG: await gatedKubeconfig(controlPlane, gates.cluster, await tokenOf(controlPlane, scene.namespace, starting)),
    CONFIGHUB_URL: gates.confighub.url,
    CUB_TOKEN: world.tokens.detector,
    REPORT_REPO: `${gates.git.url}/reports.git`,
    DRIFT_CLUSTER: 'dev',
    DRIFT_EVENTS: 'true',
    DRIFT_CACHE_DIR: join(world.folder, 'cache'),
  };
  const durations: number[] = [];
  const running = starting.move();
  return {
    scene,
    gates,
    temporary,
    slowestMs: () => Math.max(...durations.slice(-PASSES_LOOKED_AT)),
    async pass(settings = {}) {
      const started = performance.now();
      const from = Object.values(gates).map(({ passages }) => passages.length);
      const result = await host.run(['run'], { ...environment, ...settings });
      if (!('DRIFT_TIMEOUT' in settings)) durations.push(performance.now() - started);
      const [cluster = [], confighub = [], git = []] = Object.values(gates).map(({ passages }, index) =>
        passages.slice(from[index]),
      );
      return { ...result, passages: { cluster, confighub, git } };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Of an account that may do whatever a pass does; what each may not is proven elsewhere. */
async function tokenOf({ kubectl }: ControlPlane, namespace: string, starting: AsyncDisposableStack): Promise<string> {
  const name = 'drift-faults';
  await kubectl(['-n', namespace, 'create', 'serviceaccount', name]);
  const subject = `--serviceaccount=${namespace}:${name}`;
  await kubectl(['create', 'clusterrolebinding', name, '--clusterrole=cluster-admin', subject]);
  starting.defer(async () => {
    await kubectl(['delete', 'clusterrolebinding', name]);
  });
  return (await kubectl(['-n', namespace, 'create', 'token', name, '--duration=12h'])).stdout.trim();
}
