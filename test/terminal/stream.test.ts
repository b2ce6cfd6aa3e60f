import { execFileSync, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GIT_ENVIRONMENT, publishPass } from '../forms/publish.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { ranked } from '../report/build.ts';
import { finding } from '../types/builders.ts';
import { runUnread } from './unread.ts';

describe('a reader that goes away early, or stops reading', () => {
  let folder: string;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stream-'));
    const bare = join(folder, 'bare.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env: GIT_ENVIRONMENT });
    await publishPass(bare, 'dev', [ranked(finding())]);
    env = { ...GIT_ENVIRONMENT, ...PROGRAM_ENVIRONMENT, REPORT_REPO: bare, DRIFT_CLUSTER: 'dev' };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends the program as if everything had been read', async () => {
    expect(await runUnread('stdout', ['report', '-o', 'jsonl'], env)).to.deep.equal({ code: 0, err: '' });
    expect((await runUnread('stdout', ['report', '--detailed-exitcode'], env)).code).to.equal(2);
    expect((await runUnread('stdout', ['--help'], env)).code).to.equal(0);
  });

  it('takes no error from the exit code, even without a reader', async () => {
    expect((await runUnread('both', ['report', '--cluster', 'nosuch'], env)).code).to.equal(78);
  });

  it('is not taken for a disk that is full', () => {
    const full = spawnSync('bash', ['-c', '"$0" src/main.ts report > /dev/full', process.execPath], { env, encoding: 'utf8' });
    expect(full.status).to.equal(1);
    expect(full.stderr).to.match(/^drift-detector: standard output cannot be written: ENOSPC.*\n$/u);
  });

  /** A pipe that is full and has no reader. */
  function fullPipe(): { readonly fd: number } & Disposable {
    const path = join(folder, `full-${pipes++}`);
    execFileSync('mkfifo', [path]);
    const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      for (;;) writeSync(both, Buffer.alloc(4096));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    const fd = openSync(path, 'w');
    return { fd, [Symbol.dispose]: () => [fd, both].forEach(closeSync) };
  }
  let pipes = 0;
  const start = (args: readonly string[], stdio: StdioOptions, more: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, ['src/main.ts', ...args], { env: { ...env, ...more }, stdio });

  it('holds no command beyond its DRIFT_TIMEOUT by not reading its result', async () => {
    using pipe = fullPipe();
    const child = start(['report', '-o', 'jsonl'], ['ignore', pipe.fd, 'pipe'], { DRIFT_TIMEOUT: '3s' });
    let told = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    expect((await once(child, 'close'))[0], told).to.equal(75);
    expect(told).to.contain('did not finish within 3 s');
  });

  it('holds no command that is stopped by not reading its log', async () => {
    using pipe = fullPipe();
    const child = start(['hub', '--data-dir', ':memory:', '--port', '0'], ['ignore', 'pipe', pipe.fd]);
    let printed = '';
    for await (const chunk of child.stdout ?? []) {
      printed += String(chunk);
      if (printed.includes('CONFIGHUB_URL=')) break;
    }
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).to.equal(0);
  });
});
