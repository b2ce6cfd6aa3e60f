import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import type { Ended, PassSettings } from './pass-process.ts';

const PASS = fileURLToPath(new URL('pass-process.ts', import.meta.url));

export interface SandboxOptions {
  /** Size of the folder for temporary files, as mount(8) reads it. */
  readonly size: string;
  /** Run in the sandbox before the pass. */
  readonly prepare?: string;
  /** Run after it, the result on standard error. */
  readonly inspect?: string;
}

export interface SandboxEnded extends Ended {
  /** What `inspect` printed. */
  readonly inspected: string;
}

/**
 * One pass as in a pod: the root file system is read-only, there is no home, and the folder for temporary files alone,
 * a file system of its own, may be written to. Linux's mount namespaces do it (unshare(1)); elsewhere this throws.
 */
export async function passInSandbox(
  settings: PassSettings,
  { size, prepare = ':', inspect = ':' }: SandboxOptions,
): Promise<SandboxEnded> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-test-'));
  const work = join(folder, 'tmp');
  mkdirSync(work);
  const script = [
    'set -e',
    `mount -t tmpfs -o size=${size} tmpfs "$TMPDIR"`,
    'mount -o remount,bind,ro /',
    'if touch /sandbox-is-writable 2>/dev/null; then echo "the root is writable" >&2; exit 97; fi',
    prepare,
    `"$0" "$1"`,
    `${inspect} >&2`,
  ].join('\n');
  // A user other than root gets a namespace in which it may mount.
  const flags = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
  const child = spawn('unshare', [...flags, 'sh', '-c', script, process.execPath, PASS], {
    env: { PATH: process.env['PATH'], TMPDIR: work },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  try {
    const { stdout, stderr, exit } = await outputOf(child, JSON.stringify(settings));
    if (exit !== 0) throw new Error(`the sandbox ended with ${exit}: ${stderr}`);
    // Printed by pass-process.ts.
    return { ...(JSON.parse(stdout) as Ended), inspected: stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One pass in a process of its own, to be killed. */
export function startPass(settings: PassSettings, folder: string): ChildProcess {
  const child = spawn(process.execPath, [PASS], {
    env: { ...PROGRAM_ENVIRONMENT, TMPDIR: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin?.end(JSON.stringify(settings));
  return child;
}

function outputOf(child: ChildProcess, input: string): Promise<{ stdout: string; stderr: string; exit: number | null }> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ stdout, stderr, exit }));
    child.stdin?.end(input);
  });
}
