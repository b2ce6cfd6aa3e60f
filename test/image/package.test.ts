import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from './build.ts';
import { nodeBuild } from './node-builds.ts';

/** The commands of the package; kubectl starts the second for `kubectl drift`. */
const COMMANDS = ['drift-detector', 'kubectl-drift'];
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };

describe('image: npm package', function () {
  this.timeout(300_000);
  let folder: string;
  let app: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'drift-npm-'));
    app = join(folder, 'app');
    mkdirSync(app);
    const packed = execFileSync(process.execPath, [join(ROOT, 'bin/pack.mjs'), folder], { encoding: 'utf8' });
    // An empty cache and no network: a package that depended on any other could not be installed.
    const options = [
      '--offline',
      '--omit=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `--cache=${join(folder, 'cache')}`,
    ];
    execFileSync('npm', ['install', ...options, packed.trim()], { cwd: app, stdio: 'pipe' });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts `command` as its user's shell does, by the first line of the file; `node` is the only Node on the PATH. */
  function start(command: string, node: string) {
    const programs = mkdtempSync(join(folder, 'bin-'));
    symlinkSync(node, join(programs, 'node'));
    const PATH = [join(app, 'node_modules/.bin'), programs].join(delimiter);
    return spawnSync('/usr/bin/env', [command, '--version'], { encoding: 'utf8', cwd: folder, env: { PATH, HOME: folder } });
  }

  it('installs itself alone: the bundle with its licences, no sources, no tests, no other package', () => {
    const modules = join(app, 'node_modules');
    const visible = readdirSync(modules).filter((each) => !each.startsWith('.'));
    expect(visible).to.deep.equal(['drift-detector']);
    const installed = join(modules, 'drift-detector');
    expect(readdirSync(installed).sort()).to.deep.equal(['LICENSE', 'README.md', 'dist', 'package.json']);
    const names = readdirSync(join(installed, 'dist'), { recursive: true }).map(String);
    expect(names).to.include.members([
      'drift-detector.mjs',
      'THIRD-PARTY-LICENSES.txt',
      'dashboard.js',
      'dashboard.css',
      'icon.svg',
    ]);
    expect(names.filter((each) => !/\.(?:mjs|txt)$|^dashboard\.(?:js|css)$|^icon\.svg$/u.test(each))).to.deep.equal([]);
    const manifest: unknown = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest).to.not.have.any.keys('private', 'dependencies', 'devDependencies', 'optionalDependencies', 'scripts');
  });

  for (const command of COMMANDS) {
    it(`starts as ${command}`, () => {
      expect(start(command, process.execPath)).to.include({ status: 0, stdout: `${version}\n`, stderr: '' });
    });

    it(`refuses an older Node as ${command}, and names the version wanted`, async function () {
      if (process.platform !== 'linux' || process.arch !== 'x64') return this.skip();
      const { status, stdout, stderr } = start(command, await nodeBuild('20.20.2'));
      expect({ status, stdout }, stderr).to.deep.equal({ status: 78, stdout: '' });
      expect(stderr).to.match(/needs Node [\d.]+ or newer, and this is Node 20\.20\.2 /u);
    });
  }

  it('is found by kubectl as its plugin `kubectl drift`', function () {
    if (spawnSync('kubectl', ['version', '--client']).error !== undefined) return this.skip();
    const PATH = [join(app, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
    const result = spawnSync('kubectl', ['drift', '--version'], { encoding: 'utf8', cwd: folder, env: { PATH, HOME: folder } });
    expect(result, result.stderr).to.include({ status: 0, stdout: `${version}\n` });
  });

  it('starts by npx in the folder where it is installed', () => {
    const result = spawnSync('npx', ['--offline', 'drift-detector', '--version'], { encoding: 'utf8', cwd: app });
    expect(result, result.stderr).to.include({ status: 0, stdout: `${version}\n` });
  });
});
