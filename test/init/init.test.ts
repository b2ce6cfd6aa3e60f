import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/cli/config.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace } from '../hub/scene.ts';
import { runMain } from '../run-main.ts';

const TOKEN = 'token-for-the-hub-of-init';
const HOSTILE = 'prod"\n# \u202ekinds: "x"\ncluster: evil/Kind-EU';

function kubeconfig(folder: string, context: string): string {
  const file = join(folder, 'kubeconfig');
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 'x' } }],
    contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
  });
  writeFileSync(file, text);
  return file;
}

describe('init', () => {
  const load = (file: string) => loadConfig({}, {}, file, new AbortController().signal);

  it('writes what it found, so that it can be loaded, and never secrets', async () => {
    using folder = temporaryDirectory();
    await using hub = await startTestHub({ accounts: [{ name: 'drift-detector', role: 'admin', token: TOKEN }] });
    const client = new Client(hub.url, TOKEN);
    await createSpace(client, 'shop-prod');
    await createSpace(client, 'shop-dev');
    await createSpace(client, 'shop-base', { base: 'true' });
    const git = join(folder.path, 'git-config');
    execFileSync('git', ['config', '--file', git, 'remote.origin.url', 'https://me:hunter2pass@git.example.com/reports.git']);
    const file = join(folder.path, 'made.yaml');
    const run = await runMain(['init', file], {
      PATH: process.env['PATH'],
      GIT_DIR: join(folder.path, 'none'),
      GIT_CONFIG_GLOBAL: git,
      KUBECONFIG: kubeconfig(folder.path, HOSTILE),
      CONFIGHUB_URL: hub.url,
      CUB_TOKEN: TOKEN,
    });
    expect(run.code, run.err).to.equal(0);
    const text = readFileSync(file, 'utf8');
    expect(text).not.to.include(TOKEN).and.not.to.include('hunter2pass').and.not.to.include('\u202e');
    expect(run.out).not.to.include('hunter2pass').and.not.to.include('\u202e');
    expect(run.out).to.include(`Next: drift-detector check --config '${file}'`);
    const { context, cluster, confighubUrl, confighubSpace, reportRepo } = await load(file);
    expect({ context, cluster, confighubUrl, confighubSpace, reportRepo }).to.deep.equal({
      context: HOSTILE,
      cluster: 'kind-eu',
      confighubUrl: hub.url,
      confighubSpace: ['shop-dev', 'shop-prod'],
      reportRepo: 'https://git.example.com/reports.git',
    });
  });

  it('comments what it did not find, and overwrites nothing without --force', async () => {
    using folder = temporaryDirectory();
    const file = join(folder.path, 'made.yaml');
    writeFileSync(file, 'mine: 1\n');
    const environment = {
      PATH: process.env['PATH'],
      GIT_DIR: join(folder.path, 'none'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      KUBECONFIG: join(folder.path, 'absent'),
    };
    const refused = await runMain(['init', file], environment);
    expect(refused.code).to.equal(64);
    expect(refused.err).to.include('it exists').and.to.include('--force');
    expect(readFileSync(file, 'utf8')).to.equal('mine: 1\n');
    const run = await runMain(['init', file, '--force'], environment);
    expect(run.code, run.err).to.equal(0);
    const text = readFileSync(file, 'utf8');
    for (const key of ['context', 'cluster', 'confighubUrl', 'confighubSpace', 'reportRepo'])
      expect(text).to.match(new RegExp(`^# ${key}: "`, 'mu'));
    expect(run.out).to.include('No ConfigHub: CONFIGHUB_URL is not set');
    expect((await load(file)).context).to.equal('');
  });
});
