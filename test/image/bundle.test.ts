import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { Client, startTestHub } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { buildImageFolder, type ImageFolder, ROOT, runProgram } from './build.ts';

describe('image: the bundle', function () {
  this.timeout(60_000);
  let folder: ImageFolder;
  before(() => {
    folder = buildImageFolder();
  });
  after(() => folder?.[Symbol.dispose]());

  it('prints the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
    expect(await runProgram(folder, ['--version'])).to.deep.equal({ exit: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints help', async () => {
    const { exit, stdout } = await runProgram(folder, ['run', '--help']);
    expect(exit).to.equal(0);
    expect(stdout).to.contain('--auto-fix').and.to.contain('78 configuration');
  });

  it('ends with 78 and one JSON line that names the missing setting', async () => {
    const { exit, stdout, stderr } = await runProgram(folder, ['check']);
    expect({ exit, stdout }).to.deep.equal({ exit: 78, stdout: '' });
    expect(JSON.parse(stderr)).to.include({ level: 'error', event: 'failed-configuration' });
    expect(stderr).to.contain('CONFIGHUB_');
  });

  it('serves ConfigHub by the hub command, until it is told to stop', async () => {
    let health: Promise<number> | undefined;
    const { exit, stdout } = await runProgram(
      folder,
      ['hub', `--data-dir=${join(folder.path, 'hub')}`, '--port=0'],
      {},
      (text, stop) => {
        if (!text.includes('\n')) return;
        health ??= fetch(`${/CONFIGHUB_URL=(\S+)/u.exec(text)?.[1]}/api/space`, { headers: { authorization: 'Bearer x' } })
          .then((answer) => answer.status)
          .finally(stop);
      },
    );
    expect(stdout).to.match(/^export CONFIGHUB_URL=http:\/\/127\.0\.0\.1:\d+\nexport CUB_TOKEN=admin\n$/u);
    expect(await health).to.equal(200);
    expect(exit).to.equal(0);
  });

  it('carries the licence of every package in it', () => {
    const entries = readFileSync(join(folder.path, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8').split('-'.repeat(80));
    for (const entry of entries) expect(entry.trim()).to.match(/^\S+ \d\S* \(.+\)\n\n\S/u);
    for (const name of ['@anthropic-ai/sdk', '@kubernetes/client-node', 'commander', 'pino', 'simple-git', 'zod'])
      expect(
        entries.filter((entry) => entry.trim().startsWith(`${name} `)),
        name,
      ).to.have.length(1);
  });

  describe('against a real API server', () => {
    const namespace = `bundle-${randomBytes(3).toString('hex')}`;
    const workload = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${namespace} }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web:1 }] }
`;
    let plane: ControlPlane;
    before(async () => {
      plane = await sharedControlPlane();
      await plane.kubectl(['create', 'namespace', namespace]);
      await plane.kubectl(['label', 'namespace', namespace, `bundle-test=${namespace}`]);
      await plane.kubectl(['apply', '--server-side', '--field-manager=confighub', '-f', '-'], workload);
      await plane.kubectl(['scale', 'deployment', 'web', '-n', namespace, '--replicas=3']);
    });
    after(() => plane.kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']));

    async function environment(hub: string): Promise<Record<string, string>> {
      const client = new Client(hub);
      await createUnit(client, await createSpace(client, 'bundle'), 'web', workload);
      return {
        KUBECONFIG: plane.kubeconfig,
        NAMESPACE_SELECTOR: `bundle-test=${namespace}`,
        CONFIGHUB_URL: hub,
        CONFIGHUB_SPACE: 'bundle',
        CUB_TOKEN: 'tester',
      };
    }

    it('finds drift by check, and logs JSON lines', async () => {
      await using hub = await startTestHub();
      const { exit, stdout, stderr } = await runProgram(folder, ['check', '--output=json'], {
        ...(await environment(hub.url)),
        LOG_FORMAT: 'json',
      });
      expect(exit, stderr).to.equal(0);
      expect(stdout).to.contain('"web"').and.to.contain('replicas');
      const lines = stderr.trim().split('\n');
      expect(lines).not.to.be.empty;
      for (const line of lines) expect(JSON.parse(line)).to.include.keys('time', 'level', 'msg', 'event', 'pass');
    });

    it('logs sentences where that is asked for', async () => {
      await using hub = await startTestHub();
      const { exit, stderr } = await runProgram(folder, ['check'], { ...(await environment(hub.url)), LOG_FORMAT: 'pretty' });
      expect(exit, stderr).to.equal(0);
      expect(stderr).to.match(/^\[\d\d:\d\d:\d\d\] (INFO|WARN): /u);
    });

    it('asks Claude with the key of a mounted file, brings drift back, and commits the report', async () => {
      const reports = join(folder.path, 'reports.git');
      execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', reports]);
      await using hub = await startTestHub();
      await using claude = await startRefusingClaude();
      const { CUB_TOKEN, ...given } = await environment(hub.url);
      const { exit, stderr } = await runProgram(folder, ['run'], {
        ...given,
        CUB_TOKEN_FILE: secretFile('cub-token', CUB_TOKEN ?? ''),
        CLAUDE_API_KEY_FILE: secretFile('claude-api-key', 'key-of-a-file'),
        CLAUDE_BASE_URL: claude.url,
        AUTO_FIX: 'true',
        REPORT_REPO: reports,
      });
      expect(exit, stderr).to.equal(0);
      expect(claude.keys, stderr).to.deep.equal(['Bearer key-of-a-file']);
      const { stdout } = await plane.kubectl(['get', 'deployment', 'web', '-n', namespace, '-o', 'jsonpath={.spec.replicas}']);
      expect(stdout, stderr).to.equal('2');
      expect(execFileSync('git', ['-C', reports, 'log', '--format=%s'], { encoding: 'utf8' })).to.match(/^drift\(default\): /u);
    });

    function secretFile(name: string, value: string): string {
      const path = join(folder.path, name);
      writeFileSync(path, `${value}\n`, { mode: 0o400 });
      return path;
    }
  });
});

/** A Claude that remembers who asked and refuses everybody, so that the pass goes on without it. */
async function startRefusingClaude(): Promise<AsyncDisposable & { readonly url: string; readonly keys: readonly string[] }> {
  const keys: string[] = [];
  const refusal = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'not today' } });
  const server = createServer((request, response) => {
    keys.push(String(request.headers.authorization));
    response.writeHead(400, { 'content-type': 'application/json' }).end(refusal);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    keys,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
