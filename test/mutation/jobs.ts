import { fork } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Area } from './areas.ts';
import { type Mutant, type Mutants, ROOT } from './mutants.ts';

/** What one process tries. */
export interface Job {
  readonly sources: Readonly<Record<string, string>>;
  readonly tests: readonly string[];
  readonly mutants: readonly string[];
  /** A single mutant that is there from the start of the process. */
  readonly isAlone: boolean;
}

export interface Message {
  readonly id: string;
  /**
   * `alone`: it can only be tried in a process of its own. `spoilt`: the test that failed goes on failing without it, so that
   * the process is of no more use. `broken`: tests fail without a mutant.
   */
  readonly status: 'started' | 'killed' | 'survived' | 'timeout' | 'alone' | 'spoilt' | 'broken';
  /** The test that noticed it, or how many did not. */
  readonly by: string;
}

export interface Verdict {
  readonly mutant: Mutant;
  readonly status: 'killed' | 'survived' | 'timeout';
  readonly by: string;
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Each mutant meets the tests as `npm test` has them, in a long run as well. */
const { DRIFT_LONG: _, ...ENVIRONMENT } = process.env;
/** Longer than all tests of an area take together, and than the time that one of them may. */
const SILENCE_MS = 90_000;

/** Tries mutants of one area, and tells each verdict as soon as it is known. Throws where tests fail without a mutant. */
export async function tryMutants(
  area: Area,
  { sources }: Mutants,
  mutants: readonly Mutant[],
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const tests = area.tests.flatMap((glob) => globSync(glob, { cwd: ROOT }).sort());
  const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]));
  const done = (id: string, status: Verdict['status'], by: string): void => {
    const mutant = byId.get(id);
    if (mutant && left.delete(id)) tell({ mutant, status, by });
  };
  const left = new Set(byId.keys());
  const alone: string[] = [];
  while (left.size > alone.length) {
    const together = [...left].filter((id) => !alone.includes(id));
    const last = await start({ sources, tests, mutants: together, isAlone: false }, ({ id, status, by }) => {
      if (status === 'broken') throw new Error(by);
      if (status === 'alone' || status === 'spoilt') alone.push(id);
      else if (status !== 'started') done(id, status, by);
    });
    if (last.isSilent && last.id === '') throw new Error(`the tests of ${area.name} do not come to an end`);
    if (last.isSilent) done(last.id, 'timeout', `nothing was heard for ${SILENCE_MS / 1000} s`);
    // It took the whole process with it.
    else if (left.has(last.id) && !alone.includes(last.id)) alone.push(last.id);
  }
  for (const id of alone) {
    const last = await start({ sources, tests, mutants: [id], isAlone: true }, ({ status, by }) => {
      if (status === 'killed' || status === 'survived') done(id, status, by);
    });
    if (last.isSilent) done(id, 'timeout', `nothing was heard for ${SILENCE_MS / 1000} s`);
    else done(id, 'killed', 'the process ended');
  }
}

/** Runs a job; gives the mutant that was heard of last, and whether the process had to be ended. */
async function start(
  job: Job,
  onMessage: (message: Message) => void,
): Promise<{ readonly id: string; readonly isSilent: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'drift-mutation-'));
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  try {
    return await new Promise((resolve, reject) => {
      const child = fork(WORKER, [file], { cwd: ROOT, env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      let id = '';
      let isSilent = false;
      const end = (): void => {
        isSilent = true;
        child.kill('SIGKILL');
      };
      let silence = setTimeout(end, SILENCE_MS);
      child.on('message', (message: Message) => {
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE_MS);
        id = message.id;
        try {
          onMessage(message);
        } catch (error) {
          child.kill('SIGKILL');
          reject(error);
        }
      });
      child.on('error', reject);
      child.on('close', () => {
        clearTimeout(silence);
        resolve({ id, isSilent });
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
