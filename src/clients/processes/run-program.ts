import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from './at-exit.ts';

export interface ProgramOptions {
  readonly folder?: string;
  /** All that it inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** For its standard input, which is empty otherwise. */
  readonly input?: string | undefined;
  /** Ends the program and every one that it started. */
  readonly signal: AbortSignal;
}

export interface ProgramEnd {
  /** `undefined` where a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** Its beginning, where there is very much. */
  readonly stderr: string;
}

const MOST_BYTES = { stdout: 256 << 20, stderr: 256 << 10 } as const;
/** What programs get to take away their locks. */
const GRACE_MS = 1_500;
const LOOK_MS = 20;

/**
 * Runs a program in a process group of its own. Throws what the operating system says where it cannot be started, and the
 * signal's reason where that ended it: then the whole group is gone, Git's ssh with its Git.
 */
export async function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const { folder, environment, input, signal } = options;
  signal.throwIfAborted();
  const child = spawn(command, args, { cwd: folder, env: { ...environment }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const forget = atExit(() => killGroup(child, 'SIGKILL'));
  try {
    // A program that does not read to the end has its reasons, and an exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let complaints = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BYTES.stdout) stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaints < MOST_BYTES.stderr) stderr.push(chunk);
      complaints += chunk.length;
    });
    const [code] = await once(child, 'close', { signal });
    if (bytes > MOST_BYTES.stdout) throw new Error(`${command} printed more than ${MOST_BYTES.stdout} bytes`);
    const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');
    return { code: typeof code === 'number' ? code : undefined, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    await endGroup(child);
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    forget();
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (!killGroup(child, 'SIGTERM')) return;
  const until = performance.now() + GRACE_MS;
  while (performance.now() < until) {
    await sleep(LOOK_MS);
    if (!killGroup(child, 0)) return;
  }
  killGroup(child, 'SIGKILL');
}

/** Whether there was anybody in the group. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
