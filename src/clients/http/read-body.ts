/** Largest answer of a server, in bytes after unpacking: text and parsed values of one fit into the pod's 512 MiB. */
const MAX_ANSWER_BYTES = 96_000_000;

/** The cause of the error that a client throws for such an answer. */
export class AnswerTooLargeError extends Error {
  constructor(limit: number) {
    super(`larger than ${Math.floor(limit / 1e6)} MB`);
    this.name = 'AnswerTooLargeError';
  }
}

/** Reads a body, already unpacked, to its end. One beyond the limit is left there: its stream is destroyed. */
export async function readBody(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit = MAX_ANSWER_BYTES,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw new AnswerTooLargeError(limit);
    parts.push(chunk);
  }
  return Buffer.concat(parts, size);
}

/** `fetch` whose answers are read within the limit, for clients that would read one of any size. */
export function fetchWithin(limit: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const body = await readBody(response.body ?? [], limit);
    const headers = new Headers(response.headers);
    // It is unpacked by now.
    headers.delete('content-encoding');
    headers.delete('content-length');
    const { status, statusText } = response;
    return new Response(body.length === 0 ? null : body, { status, statusText, headers });
  };
}
