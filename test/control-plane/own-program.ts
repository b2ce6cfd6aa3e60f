import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder, type FindOptions } from './binaries.ts';
import { buildOwnProgram, goVersion, whatIsWrongWith } from './build.ts';

/** A Go program whose sources stand in a folder of this repository: built again where they, or Go, are others. */
export async function findOwnProgram(source: string, options: Omit<FindOptions, 'version'>): Promise<string> {
  const name = basename(source);
  const version = await goVersion(options);
  const wrong = whatIsWrongWith(version);
  if (wrong !== undefined) throw new Error(`Go is needed to build ${name}, and ${wrong}. Install Go 1.24 or newer.`);
  const hash = createHash('sha256').update(version);
  for (const file of readdirSync(source).sort()) hash.update(`\0${file}\0`).update(readFileSync(join(source, file)));
  const folder = join(cacheFolder(options.environment), `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) await buildOwnProgram(folder, source, options);
  return join(folder, name);
}
