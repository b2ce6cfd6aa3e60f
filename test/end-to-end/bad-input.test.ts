import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { deployProject, kubectl, reportFile, revisionsOf, type Scenario } from '../demo/scenario.ts';
import { type CommandResult, startHubProcess, startWorld, type World } from '../demo/world.ts';
import { startGitHttp } from '../report/git-http-server.ts';
import { sentences } from './logs.ts';

// Each mistake gets one sentence with what, where and what to do, the right exit code, and nothing half done.

describe('bad input', function () {
  this.timeout(120_000);
  let world: World;
  let scenario: Scenario;
  before(async () => {
    world = await startWorld();
    scenario = await deployProject(world, 'calm-otter');
    await kubectl(world, 'scale', 'deployment/orders', '--replicas=5');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  const run = (environment: Readonly<Record<string, string>>, args: readonly string[] = ['run']): Promise<CommandResult> =>
    world.detector(args, { ...scenario.environment, DRIFT_LOG_FORMAT: 'json', ...environment });

  /** Exactly one sentence on standard error, and neither cluster, ConfigHub nor Git was touched. */
  async function refused(result: CommandResult, code: number, parts: readonly (string | RegExp)[]): Promise<void> {
    expect(result.code, result.stderr).to.equal(code);
    const errors = result.stderr
      .trim()
      .split('\n')
      .filter((line) => line.includes('"error"'));
    expect(errors, result.stderr).to.have.lengthOf(1);
    for (const part of parts) expect(errors[0]).to.match(part instanceof RegExp ? part : new RegExp(part, 'u'));
    expect(result.stderr).to.not.contain('    at ');
    expect(await kubectl(world, 'get', 'deployment', 'orders', '-o', 'jsonpath={.spec.replicas}')).to.equal('5');
    expect(await revisionsOf(scenario, 'orders-config')).to.have.lengthOf(1);
    const heads = await world.git('--git-dir', world.reportRepository, 'for-each-ref');
    expect(heads).to.equal('');
  }

  it('no cluster: the API server does not answer', async () => {
    const kubeconfig = join(world.folder, 'dead.kubeconfig');
    const cluster = { server: 'https://127.0.0.1:1', 'insecure-skip-tls-verify': true };
    const config = {
      clusters: [{ name: 'a', cluster }],
      users: [{ name: 'a', user: { token: 'x' } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      'current-context': 'a',
    };
    await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
    await refused(await run({ KUBECONFIG: kubeconfig }), 75, [
      'no answer from the Kubernetes API server',
      'https://127.0.0.1:1',
      'Check that the server is running',
    ]);
  });

  it('no cluster: the kubeconfig is not there', async () => {
    await refused(await run({ KUBECONFIG: '/nowhere/config' }), 78, [
      'cannot read the kubeconfig',
      '/nowhere/config',
      'Point KUBECONFIG',
    ]);
  });

  it('no cluster: nothing is configured, and localhost:8080 is not tried', async () => {
    await refused(await run({ KUBECONFIG: '' }), 78, ['no cluster is configured', 'Set KUBECONFIG']);
  });

  it('a cluster token that is not accepted', async () => {
    const kubeconfig = await world.cluster.kubeconfigForToken('stranger', 'not-a-token');
    await refused(await run({ KUBECONFIG: kubeconfig }), 77, ['Unauthorized', 'Renew the credentials']);
  });

  it('ConfigHub is down', async () => {
    await refused(await run({ CONFIGHUB_URL: 'http://127.0.0.1:1' }), 75, [
      'no answer from ConfigHub',
      'http://127.0.0.1:1',
      'CONFIGHUB_URL',
    ]);
  });

  it('a ConfigHub token that is not accepted', async () => {
    await using stack = new AsyncDisposableStack();
    const tokenFile = join(world.folder, 'token');
    await writeFile(tokenFile, 'the-right-one\n');
    const { url } = await startHubProcess(world.cluster, join(world.folder, 'other'), stack, ['--token-file', tokenFile]);
    await refused(await run({ CONFIGHUB_URL: url, CUB_TOKEN: 'the-wrong-one' }), 77, [
      'ConfigHub refuses',
      'Renew the token in CUB_TOKEN',
    ]);
    const right = await run({ CONFIGHUB_URL: url, CUB_TOKEN: '', CUB_TOKEN_FILE: tokenFile });
    expect(right.stderr).to.contain('ConfigHub has no space calm-otter-dev');
  });

  it('a ConfigHub token that is not given', async () => {
    await refused(await run({ CUB_TOKEN: '', CUB_TOKEN_FILE: '/nowhere/token' }), 78, ['CUB_TOKEN_FILE', 'it does not exist']);
    await refused(await run({ CUB_TOKEN: '' }), 78, ['CUB_TOKEN is not set', 'Set CUB_TOKEN or CUB_TOKEN_FILE']);
  });

  it('a hub that cannot start', async () => {
    const taken = new URL(world.hubUrl).port;
    await refused(await run({}, ['hub', '--data-dir', join(world.folder, 'x'), '--port', taken]), 78, [
      'the hub cannot start',
      'EADDRINUSE',
      'Correct --data-dir, --host, --port',
    ]);
    await refused(await run({}, ['hub', '--data-dir', join(world.folder, 'x'), '--token-file', '/nowhere']), 78, [
      'it does not exist',
      '--token-file',
    ]);
    await refused(await run({}, ['hub']), 64, ['--data-dir']);
  });

  it('no space is named', async () => {
    await refused(await run({ CONFIGHUB_SPACE: '' }), 78, [
      'no units are selected',
      'Set CONFIGHUB_SPACE, CONFIGHUB_WHERE or CONFIGHUB_FILTER',
    ]);
  });

  it('a space that does not exist', async () => {
    await refused(await run({ CONFIGHUB_SPACE: 'calm-otter-dve' }), 78, [
      'ConfigHub has no space calm-otter-dve',
      'CONFIGHUB_SPACE',
    ]);
  });

  it('an unknown key in the configuration file, with the key that was meant', async () => {
    const file = join(world.folder, 'config.yaml');
    await writeFile(file, 'autoFixx: true\nmaxFixes: lots\n');
    const result = await run({}, ['run', '--config', file]);
    await refused(result, 78, ['unknown key \\\\"autoFixx\\\\"', 'did you mean autoFix', 'maxFixes', '2 errors']);
  });

  it('an unknown flag', async () => {
    await refused(await run({}, ['run', '--auto-fixx']), 64, ['unknown option', '--auto-fix', 'drift-detector --help']);
  });

  it('a report repository that is none', async () => {
    await refused(await run({ REPORT_REPO: '/nowhere/reports.git' }), 78, [
      'cannot reach the report repository',
      '/nowhere/reports.git',
      'Check REPORT_REPO',
    ]);
  });

  it('a Git token that may only read, which is found out before anything is fixed', async () => {
    await using server = await startGitHttp({
      folder: world.folder,
      fault: ({ service }) => (service === 'push' ? { status: 403 } : undefined),
    });
    const url = `${server.url}/${basename(world.reportRepository)}`;
    await refused(await run({ REPORT_REPO: url, AUTO_FIX: 'true' }), 77, [
      'cannot push the report',
      'may push to the report repository',
    ]);
  });

  it('a changeset that does not exist', async () => {
    await refused(await run({ DRIFT_CHANGESET: 'calm-otter/nope' }), 78, ['ConfigHub has no changeset calm-otter/nope']);
  });

  it('a unit that is not YAML is named, and its neighbours go on', async () => {
    const { dev } = scenario.project.spaces;
    const Data = Buffer.from('replicas: [3\n').toString('base64');
    await world.admin.send(
      'POST',
      `/space/${dev}/unit`,
      {},
      { Slug: 'broken', ToolchainType: 'Kubernetes/YAML', Data },
      z.unknown(),
    );
    const result = await run({});
    expect(result.code, result.stderr).to.equal(20);
    expect(sentences(result, 'unit-invalid')[0]).to.match(/^Unit calm-otter-dev\/broken is left out: not YAML/u);
    expect(sentences(result, 'fixed')).to.deep.equal(['Fixed: orders scaled to 2 replicas']);
    expect(await reportFile(world, 'reports/dev/README.md')).to.contain('unit calm-otter-dev/broken');
  });
});
