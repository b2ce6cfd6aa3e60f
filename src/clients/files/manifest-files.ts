import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, messageOf } from '../../domain/errors.ts';

/** As kubectl takes them. */
const EXTENSIONS = /\.(ya?ml|json)$/iu;
/** More are hardly intended, such as a home folder. */
const MOST_FILES = 10_000;

/**
 * The manifests of a folder and of those below it, sorted; what begins with a dot is left out. A path that is no folder is
 * itself: whoever reads it finds out whether it is there. Throws `ConfigError` for a folder that cannot be read.
 */
export async function manifestFiles(path: string, subject: string, signal: AbortSignal): Promise<readonly string[]> {
  if (path === '-' || !(await isFolder(path))) return [path];
  const files: string[] = [];
  const mistake = (what: string, remedy: string, cause?: unknown): ConfigError =>
    new ConfigError(what, { code: 'configuration', subject, remedy, cause });
  const visit = async (folder: string): Promise<void> => {
    signal.throwIfAborted();
    let entries: readonly Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (error) {
      throw mistake(`${folder} cannot be read: ${messageOf(error)}`, 'Pass a folder that can be read.', error);
    }
    for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const inside = join(folder, entry.name);
      if (entry.isDirectory()) await visit(inside);
      else if (EXTENSIONS.test(entry.name)) files.push(inside);
      if (files.length > MOST_FILES)
        throw mistake(`${path} contains more than ${MOST_FILES} manifests`, 'Pass a smaller folder.');
    }
  };
  await visit(path);
  if (files.length === 0) throw mistake(`${path} contains no .yaml, .yml or .json file`, 'Pass a folder of manifests.');
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
