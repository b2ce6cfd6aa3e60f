import type { Environment } from './config.ts';

/** Everything of the process that a command uses; tests give their own. */
export interface ProcessFacts {
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly isTerminal: boolean;
  /** Cells in a line of standard output; absent where that is no terminal, 0 where it does not know. */
  readonly columns?: number | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborted by SIGTERM or Ctrl-C. */
  readonly stop: AbortSignal;
  /** Resolves when what was written is read; rejects with the signal. */
  readonly drained?: (signal: AbortSignal) => Promise<void>;
  /** Called once, when the command is stopped or late: if it does not end soon, the process ends with this code and text. */
  readonly mustEnd?: (code: number, text: string) => void;
}
