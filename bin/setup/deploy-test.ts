import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigHub, connectConfigHub } from './confighub.ts';
import { APP } from './detector.ts';
import { environmentsOf, inCluster } from './environments.ts';
import { kubectl } from './kubectl.ts';
import { detectorNamespace } from './overlays.ts';
import { type Script, script } from './script.ts';
import { projectOf } from './state.ts';

const ABOUT = `Deploys the workloads backend-api and frontend-web: a unit in base, clones in every environment, and dev's applied to namespace
drift-test. The namespaces of the other environments end in their names: drift-test-staging.`;

const ROOT = join(import.meta.dirname, '..', '..');
const NAMESPACE = 'drift-test';
/** Replicas that the unit declares, and those after a change by hand. */
const WORKLOADS = [
  { name: 'backend-api', tier: 'backend', desired: 3, drifted: 5 },
  { name: 'frontend-web', tier: 'frontend', desired: 2, drifted: 1 },
] as const;

await script(
  'deploy-test',
  ABOUT,
  { 'with-drift': { type: 'boolean', shown: '--with-drift', help: 'then scale both by hand, away from their units' } },
  async (context) => {
    const { state, say } = context;
    const project = projectOf(state);
    // What it does in ConfigHub is not what a reader of its output looks for.
    const hub = await connectConfigHub({ ...context, say: () => undefined });
    say('🚀 Deploying test workloads');
    say('==========================');
    await writeUnits(context, hub, project);
    for (const { name } of environmentsOf(state)) await prepareNamespace(context, name);

    say(`📦 Deploying workloads to ${NAMESPACE} namespace...`);
    for (const { name } of WORKLOADS) {
      const before = await generationOf(context, name);
      await hub.cub('unit', 'apply', unitOf(name), '--space', `${project}-dev`);
      const now = await generationOf(context, name);
      say(`deployment.apps/${name} ${before === '' ? 'created' : before === now ? 'unchanged' : 'configured'}`);
    }
    for (const { name } of WORKLOADS)
      await kubectl(context, ['rollout', 'status', `deployment/${name}`, '-n', NAMESPACE, '--timeout=2m']);
    say('\n📊 Current State:');
    // Without the age, which is nothing yet.
    const table = await kubectl(context, ['get', 'deployments', '-n', NAMESPACE]);
    say(table.trimEnd().replaceAll(/ +\S+$/gmu, ''));
    if (context.given['with-drift'] === true) await drift(context);
  },
);

function unitOf(workload: string): string {
  return `${workload}-config`;
}

/** In base, and as clones along the environments: dev's are base's byte for byte, others have a namespace of their own. */
async function writeUnits({ state }: Script, hub: ConfigHub, project: string): Promise<void> {
  for (const { name, tier } of WORKLOADS) {
    const [unit, labels] = [unitOf(name), `${APP},tier=${tier}`];
    const text = readFileSync(join(ROOT, 'fixtures', 'workloads', `${name}.yaml`), 'utf8');
    const file = state.path(`${unit}.yaml`);
    const first = ['--label', labels, '--change-desc', 'Initial deployment'];
    if (!(await hub.has('unit', `${project}-base`, unit))) {
      state.write(`${unit}.yaml`, text);
      await hub.cub('unit', 'create', unit, file, '--space', `${project}-base`, ...first);
    }
    for (const { name: environment, upstream } of environmentsOf(state)) {
      const space = `${project}-${environment}`;
      if (await hub.has('unit', space, unit)) continue;
      const from = ['--upstream-unit', unit, '--upstream-space', `${project}-${upstream}`];
      await hub.cub('unit', 'create', unit, '--space', space, ...from, ...first);
      await hub.cub('unit', 'set-target', 'cluster', '--space', space, '--unit', unit);
      if (environment === 'dev') continue;
      state.write(`${unit}.yaml`, text.replace(`namespace: ${NAMESPACE}`, `namespace: ${inCluster(NAMESPACE, environment)}`));
      await hub.cub('unit', 'update', unit, file, '--space', space, '--change-desc', `Namespace of ${environment}`);
    }
    state.remove(`${unit}.yaml`);
  }
}

/** Monitored by the detector of the environment, which may write there in dev alone. */
async function prepareNamespace(context: Script, environment: string): Promise<void> {
  const namespace = inCluster(NAMESPACE, environment);
  const labels = { monitored: 'true', environment };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
  await kubectl(context, ['apply', '--server-side', '-f', '-'], JSON.stringify(object));
  if (environment !== 'dev') return;
  const binding = readFileSync(join(ROOT, 'manifests', 'components', 'auto-fix', 'role-binding.yaml'), 'utf8');
  const ofDetector = binding.replace('namespace: devops-apps', `namespace: ${detectorNamespace(environment)}`);
  await kubectl(context, ['apply', '--server-side', '-n', namespace, '-f', '-'], ofDetector);
}

/** Empty where it is not there. */
async function generationOf(context: Script, name: string): Promise<string> {
  const flags = ['-n', NAMESPACE, '--ignore-not-found', '-o', 'jsonpath={.metadata.generation}'];
  return kubectl(context, ['get', 'deployment', name, ...flags]);
}

async function drift(context: Script): Promise<void> {
  const { say } = context;
  const count = (replicas: number): string => (replicas === 1 ? '1 replica' : `${replicas} replicas`);
  say('\n🔄 Introducing drift for testing...');
  for (const { name, drifted } of WORKLOADS)
    say((await kubectl(context, ['scale', `deployment/${name}`, '-n', NAMESPACE, `--replicas=${drifted}`])).trimEnd());
  say('\n⚠️  Drift introduced! Deployments now differ from ConfigHub:');
  for (const { name, drifted, desired } of WORKLOADS) say(`  - ${name}: ${count(drifted)} (expected: ${desired})`);
}
