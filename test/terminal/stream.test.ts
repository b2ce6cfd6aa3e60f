import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GIT_ENVIRONMENT, publishPass } from '../forms/publish.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { ranked } from '../report/build.ts';
import { finding } from '../types/builders.ts';
import { runUnread } from './unread.ts';

describe('a reader that goes away early', () => {
  let folder: string;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stream-'));
    const bare = join(folder, 'bare.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env: GIT_ENVIRONMENT });
    await publishPass(bare, 'dev', [ranked(finding())]);
    env = { ...GIT_ENVIRONMENT, ...PROGRAM_ENVIRONMENT, REPORT_REPO: bare, CLUSTER: 'dev' };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends the program as if everything had been read', async () => {
    expect(await runUnread('stdout', ['report', '-o', 'jsonl'], env)).to.deep.equal({ code: 0, err: '' });
    expect((await runUnread('stdout', ['report', '--detailed-exitcode'], env)).code).to.equal(2);
    expect((await runUnread('stdout', ['--help'], env)).code).to.equal(0);
  });

  it('takes no error from the exit code, though nobody reads of it', async () => {
    expect((await runUnread('both', ['report', '--cluster', 'nosuch'], env)).code).to.equal(78);
  });

  it('is not taken for a disk that is full', () => {
    const full = spawnSync('bash', ['-c', '"$0" src/main.ts report > /dev/full', process.execPath], { env, encoding: 'utf8' });
    expect(full.status).to.equal(1);
    expect(full.stderr).to.match(/^drift-detector: standard output cannot be written: ENOSPC.*\n$/u);
  });
});
