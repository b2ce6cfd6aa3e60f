import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface SlowLink extends AsyncDisposable {
  readonly port: number;
}

export interface SlowLinkOptions {
  /** Of what the server sends. */
  readonly bytesPerSecond: number;
  /** After so many bytes from the server nothing comes any more, and the connection stays open. */
  readonly silentAfter?: number;
}

const STEPS_PER_SECOND = 20;

/** A link to a port of this machine on which what the server sends arrives at the given speed, and never pauses. */
export async function slowLink(to: number, { bytesPerSecond, silentAfter = Infinity }: SlowLinkOptions): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  const step = Math.ceil(bytesPerSecond / STEPS_PER_SECOND);
  const server = createServer((client) => {
    const host = connect(to, '127.0.0.1');
    for (const socket of [client, host]) {
      sockets.add(socket);
      // Either end goes away when its Git does.
      socket.on('error', () => undefined);
    }
    client.pipe(host);
    void relay(host, client);
  });
  const relay = async (host: Socket, client: Socket): Promise<void> => {
    let sent = 0;
    try {
      for await (const chunk of host as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += step) {
          if (sent >= silentAfter) break;
          const part = chunk.subarray(at, at + step);
          client.write(part);
          sent += part.length;
          await pause(1000 / STEPS_PER_SECOND);
        }
      }
      client.end();
    } catch {
      client.destroy();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // A TCP server's address is never a path.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
