import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isAlive } from './build.ts';

const SUPERVISOR = fileURLToPath(new URL('supervisor.mjs', import.meta.url));
const PREFIX = 'drift-control-plane-';
const LOG_TAIL = 2_000;
/** A folder has its record within a second or so; without one for that long, its runner was killed before it came. */
const UNRECORDED_MS = 3_600_000;
/** Programs run with the folder as their working directory, so a relative TMPDIR must not stay one. */
const parent = (): string => resolve(tmpdir());

/** Programs that run until this is disposed of, or until this process ends in any way. */
export interface Processes extends AsyncDisposable {
  /** Holds keys, data and logs; mode 0700; deleted at the end. */
  readonly folder: string;
  start(name: string, command: string, args: readonly string[]): void;
  /** Throws with the end of its log where a program has ended by itself. */
  check(): void;
  /** The end of each program's log: the folder, and the logs in it, do not outlive a start that fails. */
  logs(): string;
}

export async function startProcesses(): Promise<Processes> {
  await reapRemains();
  const folder = await mkdtemp(join(parent(), PREFIX));
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const started: string[] = [];
  const failed: { readonly exited: string; readonly code: unknown }[] = [];
  // Only where it was killed: by itself it ends after its standard input.
  supervisor.once('exit', (code, signal) => failed.push({ exited: 'supervisor', code: signal ?? code }));
  // The reason is in check(); a broken pipe says less.
  supervisor.stdin.on('error', () => undefined);
  const lines = createInterface({ input: supervisor.stdout });
  // From here on a folder has its record, so that what is left behind is known to be that.
  await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  // Written by supervisor.mjs, one object a line.
  lines.on('line', (line) => failed.push(JSON.parse(line) as (typeof failed)[number]));
  // None of it keeps this process alive: its end is the signal to stop.
  supervisor.unref();
  for (const pipe of [supervisor.stdin, supervisor.stdout]) if (pipe instanceof Socket) pipe.unref();
  return {
    folder,
    start: (name, command, args) => {
      started.push(name);
      supervisor.stdin.write(`${JSON.stringify({ name, command, args })}\n`);
    },
    check() {
      const [first] = failed;
      if (!first) return;
      const tail = endOfLog(folder, first.exited);
      throw new Error(`${first.exited} ended by itself (${String(first.code)}); the end of its log:\n${tail}`);
    },
    logs: () => started.map((name) => `-- ${name}:\n${endOfLog(folder, name)}`).join('\n'),
    async [Symbol.asyncDispose]() {
      await stopped(supervisor);
      // Nothing to do but where the supervisor was killed.
      await reap(folder);
    },
  };
}

function endOfLog(folder: string, name: string): string {
  const log = join(folder, `${name}.log`);
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-LOG_TAIL) : '';
}

function stopped(supervisor: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (supervisor.exitCode !== null || supervisor.signalCode !== null) return done();
    supervisor.ref();
    supervisor.once('exit', () => done());
    supervisor.stdin?.end();
  });
}

/** Stops what a supervisor left behind that was itself killed with SIGKILL. */
async function reapRemains(): Promise<void> {
  for (const name of await readdir(parent())) if (name.startsWith(PREFIX)) await reap(join(parent(), name));
}

async function reap(folder: string): Promise<void> {
  const record = await readFile(join(folder, 'processes.json'), 'utf8').catch(() => '');
  const { supervisor, pids } = parseRecord(record);
  if (supervisor === 0 ? !(await isAbandoned(folder)) : isAlive(supervisor) && isOf(supervisor, folder)) return;
  for (const pid of pids) if (isAlive(pid) && isOf(pid, folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function isAbandoned(folder: string): Promise<boolean> {
  const seen = await stat(folder).catch(() => undefined);
  // Another user's record cannot be read, which does not make it absent.
  return seen !== undefined && seen.uid === process.getuid?.() && Date.now() - seen.mtimeMs > UNRECORDED_MS;
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
export function isOf(pid: number, folder: string, platform: NodeJS.Platform = process.platform): boolean {
  try {
    return commandLine(pid, platform).includes(folder);
  } catch {
    return false;
  }
}

/** A slim image of Linux may lack `ps`, macOS has no /proc. */
function commandLine(pid: number, platform: NodeJS.Platform): string {
  if (platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}
