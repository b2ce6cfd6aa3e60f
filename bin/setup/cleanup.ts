import { quote } from '../../src/clients/confighub/where.ts';
import { type ConfigHub, connectConfigHub } from './confighub.ts';
import { environmentsOf, inCluster } from './environments.ts';
import { stopHub } from './hub-process.ts';
import { deleteKindCluster } from './kind-cluster.ts';
import { kubectl } from './kubectl.ts';
import { stopLocalCluster } from './local-cluster.ts';
import { detectorNamespace } from './overlays.ts';
import { type Script, script } from './script.ts';

const ABOUT = `Takes away what the other scripts made: the cluster, the embedded hub with its data, the report repository, the project's
name. In a cluster and in a ConfigHub of your own only the project's namespaces and spaces are deleted.`;

await script(
  'cleanup',
  ABOUT,
  { yes: { type: 'boolean', shown: '--yes', help: 'delete; without it, only say what would be' } },
  async (context) => {
    const { state, say, given } = context;
    const isMeant = given['yes'] === true;
    const project = state.read('project')?.trim();
    const isEmbedded = !process.env['CONFIGHUB_URL'] && state.read('hub.env') !== undefined;
    const cluster = state.read('cluster')?.trim();
    for (const line of plan(context, project, isEmbedded, cluster)) say(`${isMeant ? 'Deleting' : 'Would delete'} ${line}`);
    if (!isMeant) {
      say('Nothing was deleted; bin/cleanup --yes does it.');
      return;
    }
    if (cluster === 'kind') await deleteKindCluster(context);
    if (cluster === 'local') await stopLocalCluster(context);
    if (cluster === 'given') await kubectl(context, ['delete', 'namespace', '--ignore-not-found', ...namespaces(context)]);
    if (isEmbedded) await stopHub(state);
    else if (project !== undefined) await deleteSpaces(await connectConfigHub(context), project, context);
    for (const name of [
      'hub',
      'hub.env',
      'hub.log',
      'hub-url',
      'overlays',
      'reports',
      'kubeconfig',
      'kubectl',
      'local.log',
      'cluster',
      'image',
    ])
      state.remove(name);
    for (const name of ['regions', 'project']) state.remove(name);
  },
);

function plan(
  { state }: Script,
  project: string | undefined,
  isEmbedded: boolean,
  cluster: string | undefined,
): readonly string[] {
  const clusters: Readonly<Record<string, string>> = {
    kind: 'the kind cluster drift-detector',
    local: 'the local control plane',
    given: `namespaces ${namespaces({ state }).join(', ')}`,
  };
  return [
    ...(cluster === undefined ? [] : [clusters[cluster] ?? cluster]),
    ...(isEmbedded ? [`the embedded hub and its data in ${state.path('hub')}`] : []),
    ...(!isEmbedded && project !== undefined ? [`spaces of project ${project}`] : []),
    `reports and settings in ${state.folder}`,
  ];
}

function namespaces({ state }: Pick<Script, 'state'>): readonly string[] {
  return environmentsOf(state).flatMap(({ name }) => [detectorNamespace(name), inCluster('drift-test', name)]);
}

/** Clones before what they were cloned from. */
async function deleteSpaces({ client }: ConfigHub, project: string, { say, signal }: Script): Promise<void> {
  const spaces = await client.listSpaces(`Labels.project = ${quote(project)}`, signal);
  say(`Delete with ConfigHub's own client: ${spaces.map(({ Slug }) => `cub space delete ${Slug} --recursive`).join('; ')}`);
}
