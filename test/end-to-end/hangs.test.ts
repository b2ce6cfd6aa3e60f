import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { type HangName, type Hangs, startHangs } from './hanging.ts';
import { descendantsOf, isRunning, type KnownProcess } from './process-tree.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Where a command has not ended by then, it never does; what it promises is less, on a machine that has nothing else to do. */
const NEVER_MS = 60_000;

/** A command, what hangs, and how a file that hangs is named where that is it. `sample`: in every run of the tests. */
interface Case {
  readonly command: readonly string[];
  readonly hang: HangName;
  readonly file?: string;
  readonly sample?: true;
}

const CASES: readonly Case[] = [
  { command: ['check'], hang: 'hub' },
  { command: ['check'], hang: 'api' },
  { command: ['check'], hang: 'plugin' },
  { command: ['check'], hang: 'git-http' },
  { command: ['check'], hang: 'git-ssh' },
  { command: ['run'], hang: 'hub' },
  { command: ['run'], hang: 'api' },
  { command: ['run'], hang: 'plugin', sample: true },
  { command: ['run'], hang: 'git-http' },
  { command: ['run'], hang: 'git-ssh', sample: true },
  { command: ['run', '--dry-run'], hang: 'git-ssh-greeting' },
  { command: ['report'], hang: 'git-http' },
  { command: ['report'], hang: 'git-ssh' },
  { command: ['accept', 'web'], hang: 'git-http' },
  { command: ['fix', 'web'], hang: 'git-ssh' },
  { command: ['ignore', 'web', '--reason', 'x'], hang: 'git-ssh-greeting' },
  { command: ['adopt', 'web', '--space', 'x'], hang: 'git-http' },
  { command: ['doctor'], hang: 'hub', sample: true },
  { command: ['doctor'], hang: 'api' },
  { command: ['doctor'], hang: 'plugin' },
  { command: ['doctor'], hang: 'git-ssh' },
  { command: ['promote', '--to', 'x'], hang: 'hub' },
  { command: ['undo', 'x/y'], hang: 'hub' },
  { command: ['undo', 'x/y'], hang: 'api' },
  { command: ['undo', 'x/y'], hang: 'plugin' },
  { command: ['cub', 'space', 'list'], hang: 'hub', sample: true },
  { command: ['diff', '--live', 'PIPE', '--desired', 'PIPE'], hang: 'file' },
  { command: ['hub', '--data-dir', ':memory:', '--token-file', 'PIPE'], hang: 'file' },
  { command: ['hub', '--data-dir', ':memory:', '--port', '0'], hang: 'file', file: 'DRIFT_CONFIG' },
  { command: ['check'], hang: 'file', file: 'CUB_TOKEN_FILE', sample: true },
  { command: ['check'], hang: 'file', file: 'KUBECONFIG' },
  { command: ['run'], hang: 'file', file: 'DRIFT_CONFIG' },
  { command: ['run'], hang: 'file', file: 'DRIFT_IGNORE_FILE' },
  { command: ['report'], hang: 'file', file: 'GIT_CA_FILE' },
];
const isLong = process.env['DRIFT_LONG'] === '1';

describe('a command that waits for what never comes', function () {
  this.timeout(180_000);
  let world: Hangs;
  before(async () => {
    world = await startHangs();
  });
  after(() => world?.[Symbol.asyncDispose]());

  let started = 0;

  /** Runs it until it ends by itself or is given up, and tells what is left of it. */
  async function run({ command, hang: name, file }: Case, end: 'SIGTERM' | 'DRIFT_TIMEOUT' | 'itself') {
    const given = new AbortController();
    const hang = await world.start(name, given.signal);
    const number = started++;
    const temporary = join(world.folder, `tmp-${number}`);
    mkdirSync(temporary);
    const pipe = name === 'file' ? world.pipe(`pipe-${number}`) : undefined;
    const environment: Record<string, string> = { ...PROGRAM_ENVIRONMENT, ...hang.environment, TMPDIR: temporary };
    if (pipe && file !== undefined) environment[file] = pipe.path;
    if (file === 'CUB_TOKEN_FILE') environment['CUB_TOKEN'] = '';
    if (end === 'DRIFT_TIMEOUT') environment['DRIFT_TIMEOUT'] = '1s';
    const args = command.map((argument) => (argument === 'PIPE' ? (pipe?.path ?? '') : argument));
    const child = spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const below = (): readonly KnownProcess[] => descendantsOf(child.pid ?? 0);
    const reached = pipe ? pipe.opened(given.signal) : hang.reached(() => below().map((process) => process.command));
    const never = setTimeout(() => child.kill('SIGKILL'), NEVER_MS);
    await Promise.race([reached, ended]);
    const programs = below();
    if (end === 'SIGTERM') child.kill('SIGTERM');
    const [code, signal] = await ended;
    clearTimeout(never);
    given.abort();
    const left = programs.filter(isRunning).map((process) => process.command);
    for (const { pid } of programs.filter(isRunning)) process.kill(pid, 'SIGKILL');
    const folders = readdirSync(temporary);
    rmSync(temporary, { recursive: true });
    return { code, signal, stderr, left, folders, programs };
  }

  for (const entry of CASES.filter(({ sample }) => sample === true || isLong)) {
    const what = `${entry.command.join(' ')}: ${entry.file ?? entry.hang}`;
    it(`ends by SIGTERM and by DRIFT_TIMEOUT and leaves nothing behind: ${what}`, async () => {
      const [stopped, late] = await Promise.all([run(entry, 'SIGTERM'), run(entry, 'DRIFT_TIMEOUT')]);
      // `diff` has nothing to take away, and is ended by the signal itself.
      if (entry.command[0] === 'diff') expect(stopped.signal).to.equal('SIGTERM');
      else expect(stopped.code, stopped.stderr).to.equal(143);
      expect(late.code, late.stderr).to.equal(75);
      expect(late.stderr).to.contain('did not finish within 1 s').and.contain('DRIFT_TIMEOUT');
      for (const { left, folders } of [stopped, late]) expect({ left, folders }).to.deep.equal({ left: [], folders: [] });
      if (entry.hang.startsWith('git') || entry.hang === 'plugin') expect(stopped.programs).to.not.deep.equal([]);
    });
  }

  it('gives its Lease back', () => {
    expect(world.holders.some((holder) => holder !== '')).to.equal(true);
    expect(world.holders.at(-1)).to.equal('');
  });

  it('ends at once where the hub can have no folder', async () => {
    for (const folder of isLong ? ['/proc/x', '/proc/x/y/z'] : ['/proc/x/y']) {
      const { code, stderr } = await run({ command: ['hub', '--data-dir', folder, '--port', '0'], hang: 'none' }, 'itself');
      expect(code, stderr).to.equal(78);
      expect(stderr).to.contain('the hub cannot start').and.contain('--data-dir');
    }
  });
});
