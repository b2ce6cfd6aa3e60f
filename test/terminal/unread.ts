import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The command starts once the other end of its pipe is closed. */
const SCRIPTS = {
  stdout: `{ read -r _ < "$0/gate"; "$@" 2> "$0/err"; echo $? > "$0/code"; } | { exec 0<&-; echo > "$0/gate"; }`,
  both: `{ read -r _ < "$0/gate"; "$@" 2>&1; echo $? > "$0/code"; } | { exec 0<&-; echo > "$0/gate"; }`,
} as const;

/** Runs drift-detector with its standard output, or that and standard error, in a pipe without a reader. */
export async function runUnread(
  unread: keyof typeof SCRIPTS,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly err: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-unread-'));
  try {
    const script = `mkfifo "$0/gate" && : > "$0/err"; ${SCRIPTS[unread]}`;
    await new Promise<void>((resolve, reject) => {
      execFile('bash', ['-c', script, folder, process.execPath, MAIN, ...args], { env }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    const [code, err] = await Promise.all(['code', 'err'].map((name) => readFile(join(folder, name), 'utf8')));
    return { code: Number(code), err: err ?? '' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
