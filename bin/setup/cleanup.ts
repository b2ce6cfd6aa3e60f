import { environmentsOf, inCluster } from './environments.ts';
import { stopHub } from './hub-process.ts';
import { deleteKindCluster } from './kind-cluster.ts';
import { kubectl } from './kubectl.ts';
import { stopLocalCluster } from './local-cluster.ts';
import { detectorNamespace } from './overlays.ts';
import { type Script, script } from './script.ts';

const ABOUT = `Takes away what the other scripts made: the cluster, the embedded hub with its data, the report repository, the project's
name. In a cluster of your own only the project's namespaces are deleted, in a ConfigHub of your own nothing.`;

const KEPT = [
  ...['hub', 'hub.env', 'hub.log', 'hub-url', 'overlays', 'reports', 'kubeconfig', 'kubectl', 'local.log'],
  ...['cluster', 'image', 'regions', 'project'],
];

await script(
  'cleanup',
  ABOUT,
  { yes: { type: 'boolean', shown: '--yes', help: 'delete; without it, print what would be deleted' } },
  async (context) => {
    const { state, say, given } = context;
    const isMeant = given['yes'] === true;
    const project = state.read('project')?.trim();
    const isEmbedded = state.read('hub.env') !== undefined;
    const cluster = state.read('cluster')?.trim();
    for (const line of plan(context, isEmbedded, cluster)) say(`${isMeant ? 'Deleting' : 'Would delete'} ${line}`);
    if (!isMeant) {
      say('Nothing was deleted; bin/cleanup --yes does it.');
      return;
    }
    // First what runs here: it is to end, whatever becomes of the rest.
    if (isEmbedded) await stopHub(state);
    if (cluster === 'local') await stopLocalCluster(context);
    if (cluster === 'kind') await deleteKindCluster(context);
    if (cluster === 'given') await kubectl(context, ['delete', 'namespace', '--ignore-not-found', ...namespaces(context)]);
    if (!isEmbedded && project !== undefined)
      say(
        `Its spaces stay: cub space list --where "Labels.project = '${project}'", and cub space delete SPACE --recursive for each`,
      );
    for (const name of KEPT) state.remove(name);
  },
);

function plan({ state }: Script, isEmbedded: boolean, cluster: string | undefined): readonly string[] {
  const clusters: Readonly<Record<string, string>> = {
    kind: 'the kind cluster drift-detector',
    local: 'the local control plane',
    given: `namespaces ${namespaces({ state }).join(', ')}`,
  };
  return [
    ...(cluster === undefined ? [] : [clusters[cluster] ?? cluster]),
    ...(isEmbedded ? [`the embedded hub and its data in ${state.path('hub')}`] : []),
    `reports and settings in ${state.folder}`,
  ];
}

function namespaces({ state }: Pick<Script, 'state'>): readonly string[] {
  return environmentsOf(state).flatMap(({ name }) => [detectorNamespace(name), inCluster('drift-test', name)]);
}
