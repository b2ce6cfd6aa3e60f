import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain } from '../run-main.ts';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as a user types it, in this process. */
export async function command(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return runMain(['diff', ...args], environment, { isTerminal: true });
}

/** Verdicts and findings in short lines. */
export function lines(out: string): readonly string[] {
  const { objects } = JSON.parse(out) as {
    objects: { kind: string; name: string; verdict: string; findings: { path: string; class: string }[] }[];
  };
  return objects.flatMap(({ kind, name, verdict, findings }) => [
    `${kind}/${name} ${verdict}`,
    ...findings.filter(({ path }) => path !== '').map((finding) => `  ${finding.class} ${finding.path}`),
  ]);
}

/** The command over two files with these texts. */
export async function diffOf(desired: string, live: string, args: readonly string[] = []): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-offline-'));
  try {
    const files = { '--desired': desired, '--live': live };
    for (const [flag, text] of Object.entries(files)) await writeFile(join(folder, flag), text);
    return await command([...Object.keys(files).flatMap((flag) => [flag, join(folder, flag)]), ...args]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
