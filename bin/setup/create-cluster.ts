import { readFileSync } from 'node:fs';
import { ConfigError } from '../../src/domain/errors.ts';
import { type ConfigHub, connectConfigHub } from './confighub.ts';
import { writeEnvironments } from './detector.ts';
import { environmentsOf, inCluster } from './environments.ts';
import { ensureHub } from './hub-process.ts';
import { addressForPods, ensureKindCluster, hasKind, makeReportsFolder, NODE_REPORTS } from './kind-cluster.ts';
import { kubectl, kubectlPath, run } from './kubectl.ts';
import { ensureLocalCluster, setContext, stopLocalCluster } from './local-cluster.ts';
import { detectorNamespace } from './overlays.ts';
import { type Script, script } from './script.ts';
import { projectOf } from './state.ts';

const ABOUT = `Starts a cluster for all environments of the project and gives them a target in ConfigHub: a kind cluster where Docker
and kind are installed, else a local control plane (etcd, kube-apiserver, controllers, scheduler), kept in the background.
Sets the current context of your kubeconfig to it, gives the embedded hub access to it, and puts the tokens that passes
need into the Secret drift-detector-secrets: of the hub, or CUB_TOKEN, and CLAUDE_API_KEY and GIT_TOKEN where they are set;
GIT_TOKEN also into drift-detector-dashboard-secrets.`;

await script(
  'create-cluster',
  ABOUT,
  {
    context: { type: 'string', shown: '--context NAME', help: 'use this cluster of your kubeconfig, and start none' },
    local: { type: 'boolean', shown: '--local', help: 'the local control plane, also where Docker is installed' },
    stop: { type: 'boolean', shown: '--stop', help: 'stop the local control plane; everything in it is deleted' },
  },
  async (context) => {
    if (context.given['stop'] === true) {
      context.say((await stopLocalCluster(context)) ? 'The local control plane is stopped' : 'No local control plane runs');
      return;
    }
    const { state, say, signal } = context;
    const project = projectOf(state);
    makeReportsFolder(context);
    const name = await startCluster(context);
    const flags = ['config', 'view', '--raw', '--minify', '--flatten', '--context', name];
    state.write('kubeconfig', await run(context, await kubectlPath(context), flags));

    let hub = await connectConfigHub(context);
    if (hub.isEmbedded) {
      // Anew, so that it connects to this cluster, at an address that its pods reach.
      const host = state.read('cluster') === 'kind' ? await addressForPods(context) : '127.0.0.1';
      state.write('hub-url', await ensureHub(state, signal, host));
      hub = await connectConfigHub(context);
    }
    const environments = environmentsOf(state);
    await writeEnvironments(context, hub, project, environments);
    await giveTargets(
      hub,
      project,
      environments.map((entry) => entry.name),
    );
    for (const entry of environments) await prepareNamespace(context, hub, entry.name);
    say(`\nContext ${name} is the current one. Next: cub unit apply --space $(bin/proj)-dev`);
    if (!hub.isEmbedded)
      say(
        `Units are applied by a worker of ConfigHub: run ${project}/cluster in this cluster, as ConfigHub's documentation says.`,
      );
  },
);

/** Answers the context of the cluster. */
async function startCluster(context: Script): Promise<string> {
  const { state, given } = context;
  if (typeof given['context'] === 'string') {
    state.write('cluster', 'given');
    return given['context'];
  }
  if (given['local'] !== true && hasKind()) {
    state.write('cluster', 'kind');
    return ensureKindCluster(context);
  }
  state.write('cluster', 'local');
  const cluster = await ensureLocalCluster(context);
  if (cluster.whyNoPods !== '') context.say(`Pods do not run in this cluster, only their Jobs are created: ${cluster.whyNoPods}`);
  return setContext(context, cluster);
}

/** One worker for the cluster; a target by it in each environment, which its units then have. */
async function giveTargets(hub: ConfigHub, project: string, environments: readonly string[]): Promise<void> {
  if (!(await hub.has('worker', project, 'cluster'))) await hub.cub('worker', 'create', 'cluster', '--space', project);
  for (const name of environments) {
    const space = `${project}-${name}`;
    if (!(await hub.has('target', space, 'cluster')))
      await hub.cub('target', 'create', 'cluster', '{}', `${project}/cluster`, '--space', space);
    await hub.cub('unit', 'set-target', 'cluster', '--space', space);
  }
}

/** Namespace, tokens and volume of an environment's detector, which its unit does not hold. */
async function prepareNamespace(context: Script, hub: ConfigHub, environment: string): Promise<void> {
  const namespace = detectorNamespace(environment);
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    secret(namespace, 'drift-detector-secrets', tokensOfPasses(context, hub)),
    secret(namespace, 'drift-detector-dashboard-secrets', { 'git-token': credential('GIT_TOKEN') }),
    ...(context.state.read('cluster') === 'given' || process.env['REPORT_REPO'] ? [] : [volume(context, environment, namespace)]),
  ];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  // By server-side apply: the other one would keep a copy of the tokens in an annotation.
  context.say((await kubectl(context, ['apply', '--server-side', '--field-manager=create-cluster', '-f', '-'], text)).trimEnd());
}

type Tokens = Readonly<Record<string, string | undefined>>;

function tokensOfPasses({ state }: Script, hub: ConfigHub): Tokens {
  const token = hub.isEmbedded ? readFileSync(state.path('hub', 'drift-detector.token'), 'utf8') : credential('CUB_TOKEN');
  if (token === undefined)
    throw new ConfigError('passes need a token for ConfigHub', {
      code: 'configuration',
      subject: 'CUB_TOKEN',
      remedy: 'Set CUB_TOKEN or CUB_TOKEN_FILE.',
    });
  return { 'cub-token': token, 'claude-api-key': credential('CLAUDE_API_KEY'), 'git-token': credential('GIT_TOKEN') };
}

function secret(namespace: string, name: string, tokens: Tokens): object {
  const set = Object.entries(tokens).flatMap(([key, value]) => (value === undefined ? [] : [[key, value.trim()]]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: Object.fromEntries(set) };
}

function credential(name: string): string | undefined {
  const file = process.env[`${name}_FILE`];
  return process.env[name] || (file ? readFileSync(file, 'utf8') : undefined);
}

/** The folder with the report repository, which all environments share. */
function volume({ state }: Script, environment: string, namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: inCluster('drift-reports', environment) },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'drift-reports', namespace },
      hostPath: { path: state.read('cluster') === 'kind' ? NODE_REPORTS : state.path('reports') },
    },
  };
}
