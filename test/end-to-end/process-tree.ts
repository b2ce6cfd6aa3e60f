import { readdirSync, readFileSync } from 'node:fs';

/** A process, and when it began: numbers are used again. */
export interface KnownProcess {
  readonly pid: number;
  readonly command: string;
  readonly started: string;
}

/** Whatever a process has started, and what these have, in whichever process group; of Linux's /proc. */
export function descendantsOf(pid: number): readonly KnownProcess[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/u.test(name) ? statOf(Number(name)) : []));
  const childrenOf = (parent: number): readonly KnownProcess[] =>
    all.filter((entry) => entry.parent === parent).flatMap((entry) => [entry, ...childrenOf(entry.pid)]);
  return childrenOf(pid);
}

/** Whether it still runs; one that has ended and was not asked for does not. */
export function isRunning({ pid, started }: KnownProcess): boolean {
  return statOf(pid).some((entry) => entry.started === started && entry.state !== 'Z');
}

/** proc_pid_stat(5): the name is in brackets and may contain anything. */
function statOf(pid: number): readonly (KnownProcess & { readonly parent: number; readonly state: string })[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const command = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    return [{ pid, command, parent: Number(fields[1]), state: fields[0] ?? '', started: fields[19] ?? '' }];
  } catch {
    return [];
  }
}
