import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BOOTSTRAP = ['bin/bootstrap.mjs', 'bin/install-lock.mjs', 'bin/node-version.mjs'];

/** A checkout whose packages count as installed, with nothing in them. */
describe('bin/bootstrap.mjs', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'drift-bootstrap-'));
    mkdirSync(join(checkout, 'bin'));
    mkdirSync(join(checkout, 'node_modules'));
    for (const file of ['package.json', 'package-lock.json', ...BOOTSTRAP]) copyFileSync(join(ROOT, file), join(checkout, file));
    const stamp = createHash('sha256')
      .update(readFileSync(join(checkout, 'package-lock.json')))
      .digest('hex');
    writeFileSync(join(checkout, 'node_modules', '.bootstrap-stamp'), stamp);
  });
  afterEach(() => rmSync(checkout, { recursive: true }));

  const bootstrap = (...args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [join(checkout, 'bin', 'bootstrap.mjs'), ...args], { encoding: 'utf8' });
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  const runtime = Object.keys(optionalDependencies).find((name) => name.endsWith(`${process.platform}-${process.arch}`)) ?? '';

  function installRuntime(script: string): void {
    const folder = join(checkout, 'node_modules', runtime, 'bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'node'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'node'), 0o755);
  }

  it('refuses to run without the pinned Node and says what to do', () => {
    const result = bootstrap('src/main.ts');
    expect(result.status).to.equal(78);
    expect(result.stderr).to.contain('the pinned Node').and.to.contain('is missing').and.to.contain('Delete node_modules');
  });

  it('refuses another Node in its place', () => {
    installRuntime('echo v18.0.0');
    const result = bootstrap('src/main.ts');
    expect(result.status).to.equal(78);
    expect(result.stderr).to.contain('another one: v18.0.0');
  });

  it('runs the file with the pinned Node and hands its exit code on', () => {
    installRuntime(`[ "$1" = --version ] && echo v${optionalDependencies[runtime]} && exit 0; echo "ran $*"; exit 42`);
    const result = bootstrap('src/main.ts', '--flag');
    expect(result.stdout).to.match(/^ran .*src\/main\.ts --flag\n$/u);
    expect(result.status).to.equal(42);
  });

  it('installs again when the lock file has changed, and says so when that fails', () => {
    writeFileSync(join(checkout, 'package-lock.json'), '{}');
    const result = spawnSync(process.execPath, [join(checkout, 'bin', 'bootstrap.mjs'), 'src/main.ts'], {
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });
    expect(result.stderr).to.contain('Installing packages').and.to.contain('npm did not start').and.to.contain('Install npm');
    expect(result.status).to.equal(78);
  });

  it('pins every platform by a hash in the lock file', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { integrity?: string; version?: string }>;
    };
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const locked = packages[`node_modules/${name}`];
      expect(locked?.version, name).to.equal(version);
      expect(locked?.integrity, name).to.match(/^sha512-/u);
    }
  });
});
