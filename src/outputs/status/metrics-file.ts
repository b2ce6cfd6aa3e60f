import { open, rename, rm, stat } from 'node:fs/promises';
import { readTextFile } from '../../clients/files/read-file.ts';

/** What was written is read again also by a pass that is being stopped. */
const NEVER = new AbortController().signal;

/** Puts a text in the place of the one that is there, given what that was; a reader finds the one or the other, whole. */
export async function replaceFile(path: string, textAfter: (before: string) => string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there && !there.isFile()) throw new Error('it is not a regular file');
  const before = await readTextFile(path, { subject: path, remedy: '', signal: NEVER }).catch(() => '');
  // In the same folder: only there a rename is one step. Collectors of text files take *.prom alone.
  const beside = `${path}.${process.pid}.new`;
  try {
    const file = await open(beside, 'w', 0o644);
    try {
      await file.writeFile(textAfter(before));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
