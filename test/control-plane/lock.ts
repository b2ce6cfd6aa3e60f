import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 500;
/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const BUSY = 5;

export interface LockOptions {
  /** Called once if another process holds it. */
  readonly onWaiting: () => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until this process alone holds the lock. It is the operating system's lock on a database file, so it ends with
 * its holder, however that ends: a file with a process id was removed by two waiters at once, the second time when it
 * was already the lock of a third (seen in 1 of 10 tries of four). The empty file stays, for removing it would do the same.
 */
export async function lock(path: string, { onWaiting, signal }: LockOptions): Promise<AsyncDisposable> {
  const database = new DatabaseSync(path);
  try {
    for (let isSaid = false; !isTaken(database); isSaid = true) {
      if (!isSaid) onWaiting();
      await sleep(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: async () => database.close() };
}

function isTaken(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw error;
  }
}
