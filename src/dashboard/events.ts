/** Streams of server-sent events (HTML standard, section 9.2) to those who wait for new reports. */
export interface Events {
  /** A new stream, or 503 where there are too many. */
  readonly connect: () => Response;
  /** Tells all of them. Both are one line. */
  readonly send: (event: string, data: string) => void;
  readonly close: () => void;
}

const MOST_STREAMS = 100;
/** Proxies close a connection on which nothing comes for a minute. */
const KEEP_ALIVE_MS = 25_000;

export function startEvents(): Events {
  const encoder = new TextEncoder();
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const write = (text: string): void => {
    for (const stream of streams) stream.enqueue(encoder.encode(text));
  };
  const timer = setInterval(() => write(': still here\n\n'), KEEP_ALIVE_MS).unref();
  let isClosed = false;
  return {
    connect() {
      if (isClosed || streams.size >= MOST_STREAMS)
        return new Response('Too many open pages.\n', { status: 503, headers: { 'retry-after': '60' } });
      let own: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller;
          streams.add(controller);
          controller.enqueue(encoder.encode('retry: 5000\n\n'));
        },
        cancel() {
          if (own) streams.delete(own);
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    },
    send: (event, data) => write(`event: ${event}\ndata: ${data}\n\n`),
    close() {
      isClosed = true;
      clearInterval(timer);
      for (const stream of streams) stream.close();
      streams.clear();
    },
  };
}
