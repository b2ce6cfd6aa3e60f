import type { Writable } from 'node:stream';

/** A pipe or socket whose reader went away before everything was read, as that of `| head` does. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET']);

/** Writes to a stream. Where nobody reads any more the rest goes nowhere, and the work goes on; other failures are told. */
export function writerOf(stream: Writable, onFailure: (error: Error) => void): (text: string) => void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code)) onFailure(error);
  });
  return (text) => {
    stream.write(text);
  };
}
