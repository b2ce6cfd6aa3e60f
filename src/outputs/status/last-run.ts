import type { Lease } from '../../clients/kubernetes/lease.ts';
import { resultOf } from '../../domain/exit-codes.ts';
import { annotationsOf, type PassNumbers } from './record.ts';

/** Records on the Lease that a pass ran and how it ended, even if nothing changed. */
export interface LastRun {
  /** What the pass has come to know so far. */
  learn(known: { readonly numbers?: PassNumbers; readonly unreportedFixes?: number }): void;
  /** Puts it onto the Lease, which is given back right after. */
  noteEnd(exit: number): void;
}

export function startLastRun(pass: string, lease: Lease | undefined, now: () => Date): LastRun {
  let numbers: PassNumbers | undefined;
  let unreportedFixes: number | undefined;
  return {
    learn(known) {
      numbers = known.numbers ?? numbers;
      unreportedFixes = known.unreportedFixes ?? unreportedFixes;
    },
    noteEnd(exit) {
      lease?.note(annotationsOf({ pass, result: resultOf(exit), endedAt: now(), numbers, unreportedFixes }));
    },
  };
}
