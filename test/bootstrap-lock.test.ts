import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The pinned Node's package for this platform. */
const SUFFIX = `${process.platform}-${process.arch}`;

/** A fresh clone whose lock file names this platform's Node alone, in the version and with the hash of ours. */
function freshClone(folder: string): void {
  const locked = Object.entries(readLock().packages).find(([path]) => path.endsWith(SUFFIX) && path.includes('/node-'));
  if (locked?.[1].version === undefined) throw new Error(`package-lock.json has no Node for ${SUFFIX}`);
  const [path, runtime] = locked;
  const project = { name: 'clone', optionalDependencies: { [path.replace('node_modules/', '')]: runtime.version } };
  mkdirSync(join(folder, 'bin'));
  for (const file of ['bin/bootstrap.mjs', 'bin/install-lock.mjs', 'bin/node-version.mjs'])
    copyFileSync(join(ROOT, file), join(folder, file));
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  const lock = { name: 'clone', lockfileVersion: 3, requires: true, packages: { '': project, [path]: runtime } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  writeFileSync(join(folder, 'version.mjs'), 'console.log(process.version);\n');
}

function readLock(): { packages: Record<string, { version?: string }> } {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as ReturnType<typeof readLock>;
}

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [stdout, stderr, [exit]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exit: exit as number | null, stdout, stderr };
}

/** The id of a process that has ended. */
function deadProcess(): number {
  return spawnSync('true').pid;
}

describe('bin/bootstrap.mjs of several commands at once', () => {
  let folder: string;
  let lock: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drift-clone-'));
    lock = join(folder, '.bootstrap-lock');
    freshClone(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function start(environment: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    const env = { ...process.env, npm_config_prefer_offline: 'true', ...environment };
    return spawn(process.execPath, [join(folder, 'bin/bootstrap.mjs'), 'version.mjs'], { env });
  }

  it('installs once for two that start in a fresh clone, and both run', async () => {
    const results = await Promise.all([ended(start()), ended(start())]);
    const errors = results.map(({ stderr }) => stderr).join('');
    for (const { exit, stdout } of results)
      expect({ exit, stdout }, errors).to.deep.equal({ exit: 0, stdout: `${process.version}\n` });
    expect(errors.match(/Installing packages/gu), errors).to.have.length(1);
    expect(existsSync(lock)).to.equal(false);
  });

  it('waits while npm of a killed command still installs, and says for whom', async () => {
    using npm = sleeper();
    symlinkSync(`${deadProcess()},${npm.pid}`, lock);
    const child = start({ PATH: '/nowhere' });
    const result = ended(child);
    await once(child.stderr, 'data');
    expect(child.exitCode).to.equal(null);
    npm.end();
    const { exit, stderr } = await result;
    expect(stderr).to.match(/^Another command installs packages \(process \d+,\d+\)\. Waiting for it; .*\.bootstrap-lock\.\n/u);
    // Its turn: it installs, which shows by the npm that is not there.
    expect(exit).to.equal(78);
    expect(stderr).to.contain('npm did not start');
  });

  it('takes over from a command that was killed', async () => {
    symlinkSync(String(deadProcess()), lock);
    const { exit, stderr } = await ended(start({ PATH: '/nowhere' }));
    expect(exit).to.equal(78);
    expect(stderr).to.contain('npm did not start').and.not.to.contain('Waiting');
    expect(existsSync(lock)).to.equal(false);
  });

  it('is held by one at a time, though each holder is killed while the others wait', async () => {
    // Each makes a folder that must not be there, removes it, and ends without giving the lock back.
    const code = `
      import { mkdirSync, rmdirSync } from 'node:fs';
      import { takeLock } from '${new URL('../bin/install-lock.mjs', import.meta.url)}';
      await takeLock('${lock}', () => {});
      mkdirSync('${lock}-inside');
      await new Promise((resolve) => setTimeout(resolve, 20));
      rmdirSync('${lock}-inside');`;
    symlinkSync(String(deadProcess()), lock);
    const args = ['--input-type=module', '--eval', code];
    const results = await Promise.all(Array.from({ length: 6 }, () => ended(spawn(process.execPath, args))));
    for (const { exit, stderr } of results) expect(exit, stderr).to.equal(0);
  });
});

/** A process that runs until `end`. */
function sleeper(): Disposable & { readonly pid: number | undefined; readonly end: () => void } {
  const child = spawn('sleep', ['60']);
  const end = (): void => void child.kill('SIGKILL');
  return { pid: child.pid, end, [Symbol.dispose]: end };
}
