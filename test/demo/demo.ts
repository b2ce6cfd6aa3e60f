import { printTable } from '../../src/outputs/output.ts';
import {
  autoscaleCheckout,
  commitCount,
  DRIFT_COMMANDS,
  deployProject,
  kubectl,
  NAMESPACE,
  reportFile,
  revisionsOf,
  rolledOut,
  type Scenario,
} from './scenario.ts';
import { startDashboardProcess, startWorld, type World } from './world.ts';

// Runs the main job for real and shows what a user would look at: npm run demo [-- --keep]

const isKept = process.argv.includes('--keep');
const started = performance.now();
const isColored = process.stdout.isTTY === true && !process.env['NO_COLOR'];
const bold = (text: string): string => (isColored ? `\u001b[1m${text}\u001b[0m` : text);

function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

function title(text: string): void {
  say();
  say(bold(`== ${text}  (${((performance.now() - started) / 1000).toFixed(1)} s)`));
}

function show(command: string, output: string): void {
  say(`$ ${command}`);
  for (const line of output.trimEnd().split('\n')) say(`  ${line}`);
}

async function main(): Promise<void> {
  say('drift-detector: a pass against a real Kubernetes API server and an embedded ConfigHub.');
  say(
    'All of it runs on this machine, on loopback. The first run builds the control plane (6 to 10 minutes), later ones take it from the cache.',
  );
  title('Starting etcd, kube-apiserver, controllers, scheduler, kwok and the hub');
  await using world = await startWorld({ onProgress: say });
  say(`Kubernetes ${world.cluster.version} at ${world.cluster.server}, ConfigHub at ${world.hubUrl}`);

  title('Creating project calm-otter: base -> dev -> staging -> prod, and deploying dev');
  const scenario = await deployProject(world, 'calm-otter');
  await autoscaleCheckout(world);
  show(`kubectl get deployments -n ${NAMESPACE}`, await kubectl(world, 'get', 'deployments'));
  say('checkout runs 4: its unit declares 2, a HorizontalPodAutoscaler keeps it between 4 and 10.');

  title('Introducing drift by hand');
  for (const command of DRIFT_COMMANDS) show(`kubectl -n ${NAMESPACE} ${command.join(' ')}`, await kubectl(world, ...command));

  title('One pass');
  await pass(world, scenario);
  for (const workload of ['backend-api', 'frontend-web', 'checkout', 'orders']) await rolledOut(world, workload);

  title('What a user looks at now');
  show(`kubectl get deployments -n ${NAMESPACE} -o wide`, await kubectl(world, 'get', 'deployments', '-o', 'wide'));
  for (const unit of ['backend-api-config', 'frontend-web-config']) {
    const revisions = await revisionsOf(scenario, unit);
    const rows = revisions.map(({ number, time, author, description }) => [String(number), time, author, description]);
    show(`revisions of unit ${unit} in calm-otter-dev`, printTable(['REVISION', 'TIMESTAMP', 'AUTHOR', 'DESCRIPTION'], rows));
  }
  show('git log --stat', await world.git('--git-dir', world.reportRepository, 'log', '--stat', 'main'));
  show('reports/dev/README.md', await reportFile(world, 'reports/dev/README.md'));

  title('A second pass right after');
  const before = { commits: await commitCount(world), revisions: await countRevisions(scenario) };
  await pass(world, scenario);
  const after = { commits: await commitCount(world), revisions: await countRevisions(scenario) };
  say(
    `commits: ${before.commits} before, ${after.commits} after; revisions: ${before.revisions} before, ${after.revisions} after`,
  );
  if (after.commits !== before.commits || after.revisions !== before.revisions)
    throw new Error('the second pass changed something');

  say();
  say(bold(`Done in ${((performance.now() - started) / 1000).toFixed(0)} s.`));
  if (isKept) await keep(world, scenario);
}

async function pass(world: World, scenario: Scenario): Promise<void> {
  say('$ drift-detector run');
  const format = isColored ? { FORCE_COLOR: '1' } : {};
  const result = await world.detector(['run'], { ...scenario.environment, DRIFT_LOG_FORMAT: 'pretty', ...format }, (text) =>
    process.stdout.write(indent(text)),
  );
  if (result.stdout !== '') say(indent(result.stdout).trimEnd());
  say(`  exit ${result.code}`);
  if (result.code !== 0) throw new Error(`the pass ended with ${result.code}`);
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gmu, '  ');
}

async function countRevisions(scenario: Scenario): Promise<number> {
  const counts = await Promise.all(
    Object.keys(scenario.project.units).map(async (slug) => (await revisionsOf(scenario, slug)).length),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function keep(world: World, scenario: Scenario): Promise<void> {
  say();
  say('Everything is left running until Ctrl-C. To look around, in another terminal:');
  const tokens = `${world.folder}/hub`;
  say(`  export KUBECONFIG=${world.cluster.kubeconfig} CONFIGHUB_URL=${world.hubUrl}`);
  say(`  export CUB_TOKEN_FILE=${tokens}/drift-detector.token    # bin/cub needs ${tokens}/admin.token`);
  say(
    `  export REPORT_REPO=${world.reportRepository} DRIFT_CLUSTER=dev CONFIGHUB_SPACE=${scenario.environment['CONFIGHUB_SPACE']}`,
  );
  say(`  ${world.cluster.kubectlPath} -n ${NAMESPACE} get deployments`);
  say(`  ${world.cluster.kubectlPath} -n ${NAMESPACE} scale deployment/orders --replicas=7`);
  say('  npm run drift-detector -- check');
  say('  AUTO_FIX=true npm run drift-detector -- run');
  say(`  git --git-dir ${world.reportRepository} log -p main`);
  await using dashboard = await startDashboardProcess(world);
  say();
  say(bold(`The dashboard: ${dashboard.url}`));
  await new Promise<void>((resolve) => {
    // A pending timer keeps the process; the signal ends it.
    const timer = setInterval(() => undefined, 60_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(timer);
        resolve();
      });
    }
  });
  say('Stopping ...');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
