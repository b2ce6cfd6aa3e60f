import { chmodSync, closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Rights of a group and of others. */
const OF_OTHERS = 0o077;

/** Takes the rights of everybody but the owner from a file, as an earlier version or a copy may have left it. */
export function makePrivate(file: string): void {
  if ((statSync(file).mode & OF_OTHERS) !== 0) chmodSync(file, 0o600);
}

/**
 * Makes the data directory and the database in it private, and answers the database's path. SQLite gives the files beside a
 * database the mode that the database has. Throws where the directory is for others too and not the hub's own.
 */
export function privateDatabase(dataDir: string): string {
  const file = join(dataDir, 'hub.sqlite');
  if ((statSync(dataDir).mode & OF_OTHERS) !== 0) {
    if (readdirSync(dataDir).length > 0 && !existsSync(file))
      throw new Error(`${dataDir} holds other files and is open to other users; the hub needs a directory of its own`);
    chmodSync(dataDir, 0o700);
  }
  // Made before SQLite opens it, so that it is private from its first byte on.
  closeSync(openSync(file, 'a', 0o600));
  for (const suffix of ['', '-wal', '-shm', '-journal']) if (existsSync(file + suffix)) makePrivate(file + suffix);
  return file;
}
