import type { Writable } from 'node:stream';

/** A pipe or socket whose reader went away before everything was read, as that of `| head` does. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET']);

/**
 * Writes to a stream and does not wait for its reader. Without a reader the rest is dropped, and the work goes on. Texts
 * are also dropped while `most` bytes wait to be read. Other failures are reported.
 */
export function writerOf(
  stream: Writable,
  onFailure: (error: Error) => void,
  most = Number.POSITIVE_INFINITY,
): (text: string) => void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code)) onFailure(error);
  });
  return (text) => {
    if (stream.writableLength <= most) stream.write(text);
  };
}

/** Resolves when the reader has taken everything, or is gone; rejects with the signal. */
export async function drained(streams: readonly Writable[], signal: AbortSignal): Promise<void> {
  const waiting = streams.filter((stream) => stream.writableLength > 0 && !stream.destroyed);
  if (waiting.length === 0) return;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const taken = waiting.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve())));
    await Promise.race([promise, Promise.all(taken)]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
