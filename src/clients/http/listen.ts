import type { Server } from 'node:http';
import { inAddress } from '../../domain/this-machine.ts';

/** Where a server listens. */
export interface Listening {
  readonly port: number;
  /** By which this machine reaches it: `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** Addresses that mean all of this machine's, and one of them. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** Listens on this port, 0 for a free one; rejects with the system's error where that is not possible. */
export async function listen(server: Server, port: number, host: string): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return { port: taken, url: `http://${ANY_ADDRESS[host] ?? inAddress(host)}:${taken}` };
}
