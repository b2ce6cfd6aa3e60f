import { UserError } from '../../domain/errors.ts';

/** When a command has to end by itself. */
export interface Deadline extends Disposable {
  /** Aborted when the time is over, with the error that says so. */
  readonly signal: AbortSignal;
  /** Seconds since the start of the command; without any it may go on for ever. */
  set(seconds: number | undefined): void;
}

export function startDeadline(): Deadline {
  const started = performance.now();
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    set(seconds) {
      clearTimeout(timer);
      if (seconds === undefined) return;
      const late = new UserError(`it did not finish within ${seconds} s`, {
        code: 'unavailable',
        subject: 'DRIFT_TIMEOUT',
        remedy: 'Check what it is waiting for, or raise DRIFT_TIMEOUT.',
      });
      const leftMs = Math.max(0, seconds * 1000 - (performance.now() - started));
      timer = setTimeout(() => controller.abort(late), leftMs).unref();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
