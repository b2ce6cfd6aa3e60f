import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';

const TRIES = 4;

export interface Persistence {
  /** Whether the same may go well a moment later, and nothing is done twice by trying. */
  readonly mayRepeat: (error: unknown) => boolean;
  /** Milliseconds that the server asks to wait; 0 where it asks for nothing. */
  readonly askedWaitMs?: (error: unknown) => number;
  readonly tries?: number;
  readonly signal: AbortSignal;
}

/**
 * Asks a server again, a few times and ever later, where it was busy or the connection was lost. Throws the last error, or
 * the signal's reason.
 */
export function persistently<T>(
  ask: () => Promise<T>,
  { mayRepeat, askedWaitMs, tries = TRIES, signal }: Persistence,
): Promise<T> {
  return pRetry(ask, {
    retries: tries - 1,
    minTimeout: 200,
    maxTimeout: 2_000,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => mayRepeat(error),
    onFailedAttempt: async ({ error, retriesLeft }) => {
      const waitMs = retriesLeft > 0 && mayRepeat(error) ? (askedWaitMs?.(error) ?? 0) : 0;
      if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    },
  });
}
