// Of commands that start at once in one checkout, one installs packages and the others wait. The lock is a symbolic link
// whose target is the ids of the processes that install: it is made with its content in one step, and needs nothing of npm.
import { mkdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';

const POLL_MS = 200;

/** What `use` returns, or undefined where a file system's answer is `code`; other errors are thrown. */
function unless(code, use) {
  try {
    return use();
  } catch (error) {
    if (error.code !== code) throw error;
    return undefined;
  }
}

/** Whether one of the processes still runs; an id of our own is that of a process that ended, as in another container. */
function isHeld(owners) {
  return owners.split(',').some((id) => {
    if (Number(id) === process.pid) return false;
    try {
      process.kill(Number(id), 0);
      return true;
    } catch (error) {
      return error.code !== 'ESRCH';
    }
  });
}

/**
 * Removes the lock of ended processes. A second folder lets one command at a time do so: another one could remove what is
 * already the lock of a third.
 */
function removeStale(path, owners) {
  const guard = `${path}-removal`;
  const hasGuard = unless('EEXIST', () => {
    mkdirSync(guard);
    return true;
  });
  if (!hasGuard) return;
  const current = unless('ENOENT', () => readlinkSync(path));
  if (current === owners) unlinkSync(path);
  rmdirSync(guard);
}

/** Waits until this process holds the lock at `path`; `onWaiting` is called once, with the ids of its holders. */
export async function takeLock(path, onWaiting) {
  for (let isSaid = false; ; ) {
    const isTaken = unless('EEXIST', () => {
      symlinkSync(String(process.pid), path);
      return true;
    });
    if (isTaken) break;
    const owners = unless('ENOENT', () => readlinkSync(path));
    if (owners === undefined) continue;
    if (isHeld(owners)) {
      if (!isSaid) onWaiting(owners);
      isSaid = true;
    } else {
      removeStale(path, owners);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    /** The lock is held by process `id` as well: an installation goes on where only its parent is killed. */
    share(id) {
      symlinkSync(`${process.pid},${id}`, `${path}-${process.pid}`);
      renameSync(`${path}-${process.pid}`, path);
    },
    release() {
      unlinkSync(path);
    },
  };
}
