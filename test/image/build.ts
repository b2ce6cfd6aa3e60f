import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The image's working directory as the Dockerfile fills it: package.json and dist, and no node_modules anywhere near. */
export interface ImageFolder extends Disposable {
  readonly path: string;
  readonly program: string;
}

export function buildImageFolder(): ImageFolder {
  const path = mkdtempSync(join(tmpdir(), 'drift-image-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  try {
    copyFileSync(join(ROOT, 'package.json'), join(path, 'package.json'));
    execFileSync(process.execPath, [join(ROOT, 'bin/build.mjs'), join(path, 'dist')]);
  } catch (error) {
    remove();
    throw error;
  }
  return { path, program: join(path, 'dist/drift-detector.mjs'), [Symbol.dispose]: remove };
}

export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the bundled program with nothing of this process's environment; `onOutput` may stop it by its signal. */
export function runProgram(
  folder: ImageFolder,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onOutput: (stdout: string, stop: () => void) => void = () => undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [folder.program, ...args], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], HOME: folder.path, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      onOutput(stdout, () => child.kill('SIGTERM'));
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
}
