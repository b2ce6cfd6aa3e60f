import { open, readFile, rename, rm } from 'node:fs/promises';

/** Puts a text in the place of the one that is there, given what that was; a reader finds the one or the other, whole. */
export async function replaceFile(path: string, textAfter: (before: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => '');
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
