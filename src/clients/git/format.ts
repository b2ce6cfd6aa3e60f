import type { Clone } from './clone.ts';
import { GitCommandError } from './command.ts';

/** What Git says where clone and remote hash differently: of a fetch, and of a push where there was nothing to fetch. */
const MISMATCH = /mismatched algorithms|not support this repository's hash algorithm/u;

/**
 * Does this in a clone of the remote's object format (gitformat-hash-function-transition). Git only shows it by refusing, and
 * what was refused moved nothing, so it is done once more.
 */
export async function inFormatOfRemote<T>(clone: Clone, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failed = error instanceof Error && error.cause instanceof GitCommandError ? error.cause : error;
    if (!(failed instanceof GitCommandError && MISMATCH.test(failed.words.reveal()))) throw error;
    await clone.recreate('sha256');
    return work();
  }
}
