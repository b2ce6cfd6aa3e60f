import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { buildImageFolder, type ImageFolder, ROOT, runProgram } from './build.ts';

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

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

  it('serves ConfigHub by the hub command, until it is stopped', async () => {
    const dataDir = join(folder.path, 'hub');
    const tokenOf = (name: string): string => readFileSync(join(dataDir, `${name}.token`), 'utf8').trim();
    let health: Promise<number> | undefined;
    const { exit, stdout } = await runProgram(folder, ['hub', `--data-dir=${dataDir}`, '--port=0'], {}, (text, stop) => {
      if (!text.includes('drift-detector.token')) return;
      const headers = { authorization: `Bearer ${tokenOf('admin')}` };
      health ??= fetch(`${/CONFIGHUB_URL=(\S+)/u.exec(text)?.[1]}/api/space`, { headers })
        .then((answer) => answer.status)
        .finally(stop);
    });
    const [url, token, ...shown] = stdout.trimEnd().split('\n');
    expect(url).to.match(/^export CONFIGHUB_URL=http:\/\/127\.0\.0\.1:\d+$/u);
    expect(token).to.equal(`export CUB_TOKEN_FILE='${dataDir}/admin.token'`);
    expect(shown).to.deep.equal(
      ['admin', 'drift-detector'].map(
        (name) => `# token of ${name} (shown once): ${tokenOf(name)} in '${dataDir}/${name}.token'`,
      ),
    );
    expect(await health).to.equal(200);
    expect(exit).to.equal(0);
  });

  it('carries name, version and licence text of every package in it', () => {
    const dist = join(folder.path, 'dist');
    const entries = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8').split(`\n${'='.repeat(80)}\n\n`);
    // What the dashboard sends to browsers, read beside the code.
    expect(readdirSync(dist)).to.include.members(['dashboard.css', 'dashboard.js', 'icon.svg']);
    // esbuild writes the path of each file above its code.
    const bundle = readdirSync(dist).map((name) => readFileSync(join(dist, name), 'utf8'));
    const found = bundle.join('\n').matchAll(/^ *\/\/ ((?:\S*\/)?node_modules\/(?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gmu);
    const folders = new Set([...found].map(([, path = '']) => path));
    expect(folders).to.include('node_modules/zod').and.include('node_modules/standardwebhooks');
    const titles = [...folders].map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as PackageFile;
      return `${name} ${version} (${license})`;
    });
    titles.push('kubernetes 1.34.4 (Apache-2.0)');
    expect(entries.map((entry) => entry.split('\n')[0]).sort()).to.deep.equal(titles.sort());
    const terms = /Permission is hereby granted|Permission to use, copy|Apache License|Redistribution and use|public domain/u;
    for (const entry of entries) expect(entry).to.match(terms);
    expect(entries.find((entry) => entry.startsWith('standardwebhooks ')))
      .to.contain('Copyright (c) 2023 Svix')
      .and.contain('THE SOFTWARE IS PROVIDED "AS IS"')
      .and.not.contain('drift-detector');
  });

  it('is not built with a package that has no licence text', () => {
    using project = temporaryDirectory();
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(project.path, path)), { recursive: true });
      writeFileSync(join(project.path, path), text);
    };
    write('src/main.ts', "import { bare } from 'bare';\nconsole.log(bare);\n");
    write('node_modules/bare/package.json', '{"name":"bare","version":"1.2.3","license":"MIT","main":"index.js"}');
    write('node_modules/bare/index.js', 'exports.bare = 1;');
    symlinkSync(join(ROOT, 'node_modules/esbuild'), join(project.path, 'node_modules/esbuild'));
    for (const name of ['build', 'drift-detector', 'licences', 'node-version'].map((each) => `bin/${each}.mjs`))
      write(name, readFileSync(join(ROOT, name), 'utf8'));
    const built = (): string => {
      const { status, stderr } = spawnSync(process.execPath, ['bin/build.mjs'], { cwd: project.path, encoding: 'utf8' });
      return `${status} ${/^Error: .*$/mu.exec(stderr)?.[0] ?? stderr}`;
    };
    expect(built()).to.equal('1 Error: bare 1.2.3 has no licence text: find its notice and add it to bin/licences.mjs');
    write('node_modules/bare/LICENSE.md', '\n');
    expect(built()).to.match(/^1 Error: bare 1\.2\.3 has no licence text/u);
    write('node_modules/bare/LICENSE.md', 'MIT, by Bea\n');
    expect(built()).to.equal('0 ');
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
        DRIFT_NAMESPACE_SELECTOR: `bundle-test=${namespace}`,
        CONFIGHUB_URL: hub,
        CONFIGHUB_SPACE: 'bundle',
        CUB_TOKEN: 'tester',
      };
    }

    it('finds drift by check, and logs JSON lines', async () => {
      await using hub = await startTestHub();
      const { exit, stdout, stderr } = await runProgram(folder, ['check', '--output=json'], {
        ...(await environment(hub.url)),
        DRIFT_LOG_FORMAT: 'json',
      });
      expect(exit, stderr).to.equal(0);
      expect(stdout).to.contain('"web"').and.to.contain('replicas');
      const lines = stderr.trim().split('\n');
      expect(lines).not.to.be.empty;
      for (const line of lines) expect(JSON.parse(line)).to.include.keys('time', 'level', 'msg', 'event', 'pass');
    });

    it('logs sentences where that is asked for', async () => {
      await using hub = await startTestHub();
      const { exit, stderr } = await runProgram(folder, ['check'], {
        ...(await environment(hub.url)),
        DRIFT_LOG_FORMAT: 'pretty',
      });
      expect(exit, stderr).to.equal(0);
      expect(stderr).to.match(/^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] (INFO|WARN): /u);
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
        DRIFT_CLAUDE_BASE_URL: claude.url,
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
