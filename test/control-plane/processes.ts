import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isAlive } from './build.ts';

const SUPERVISOR = fileURLToPath(new URL('supervisor.mjs', import.meta.url));
const PREFIX = 'drift-control-plane-';
const LOG_TAIL = 2_000;

/** Programs that run until this is disposed of, or until this process ends in any way. */
export interface Processes extends AsyncDisposable {
  /** Holds keys, data and logs; mode 0700; deleted at the end. */
  readonly folder: string;
  start(name: string, command: string, args: readonly string[]): void;
  /** Throws with the end of its log where a program has ended by itself. */
  check(): void;
}

export async function startProcesses(): Promise<Processes> {
  await reapRemains();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const failed: { readonly exited: string; readonly code: unknown }[] = [];
  // Written by supervisor.mjs, one object a line.
  createInterface({ input: supervisor.stdout }).on('line', (line) => failed.push(JSON.parse(line) as (typeof failed)[number]));
  // Neither keeps this process alive: its end is the signal to stop.
  supervisor.unref();
  return {
    folder,
    start: (name, command, args) => {
      supervisor.stdin.write(`${JSON.stringify({ name, command, args })}\n`);
    },
    check() {
      const [first] = failed;
      if (!first) return;
      const log = join(folder, `${first.exited}.log`);
      const tail = existsSync(log) ? readFileSync(log, 'utf8').slice(-LOG_TAIL) : '';
      throw new Error(`${first.exited} ended by itself (${String(first.code)}); the end of its log:\n${tail}`);
    },
    async [Symbol.asyncDispose]() {
      await stopped(supervisor);
    },
  };
}

function stopped(supervisor: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (supervisor.exitCode !== null) return resolve();
    supervisor.ref();
    supervisor.once('exit', () => resolve());
    supervisor.stdin?.end();
  });
}

/** Stops what a supervisor left behind that was itself killed with SIGKILL. */
async function reapRemains(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const record = await readFile(join(folder, 'processes.json'), 'utf8').catch(() => '');
    const { supervisor, pids } = parseRecord(record);
    if (supervisor === 0 || (isAlive(supervisor) && isOf(supervisor, folder))) continue;
    for (const pid of pids) if (isAlive(pid) && isOf(pid, folder)) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function parseRecord(text: string): { readonly supervisor: number; readonly pids: readonly number[] } {
  try {
    // Written by supervisor.mjs.
    return JSON.parse(text) as { supervisor: number; pids: number[] };
  } catch {
    return { supervisor: 0, pids: [] };
  }
}

/** A process id may have been given to another program meanwhile: ours has the folder in its command line. */
function isOf(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}
