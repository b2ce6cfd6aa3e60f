import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';

// Loaded before a program (`node --import`): writes what its process took to the file MEASURED, at its end.

/** What one process took, without the programs that it started. Times in milliseconds since its start. */
export interface Measured {
  readonly firstRequestMs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Peak of the resident memory, in MB. */
  readonly peakMb: number;
  /** Over HTTP, and the bytes that came over the wire for them. */
  readonly requests: number;
  readonly bytes: number;
}

const file = process.env['MEASURED'];
if (file !== undefined) {
  let [requests, firstRequestMs] = [0, 0];
  const sockets: Socket[] = [];
  const onRequest = (): void => {
    if (requests++ === 0) firstRequestMs = performance.now();
  };
  subscribe('http.client.request.start', onRequest);
  subscribe('undici:request:create', onRequest);
  subscribe('net.client.socket', (message) => {
    sockets.push((message as { readonly socket: Socket }).socket);
  });
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const measured: Measured = {
      firstRequestMs,
      wallMs: performance.now(),
      cpuMs: (userCPUTime + systemCPUTime) / 1000,
      peakMb: maxRSS / 1024,
      requests,
      bytes: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
    };
    writeFileSync(file, JSON.stringify(measured));
  });
}
