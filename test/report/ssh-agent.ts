import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseKey } from './git-ssh-server.ts';
import { repositories } from './repositories.ts';

/** Types of messages (draft-miller-ssh-agent, section 5.1). */
const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

/**
 * An ssh-agent that holds this key. The one of ssh2 (1.17) does not skip a message that it does not know, and OpenSSH's
 * client begins with one (session-bind@openssh.com).
 */
export async function startAgent(privateKey: string): Promise<AsyncDisposable & { readonly socket: string }> {
  const world = repositories();
  const socket = join(world.path, 'agent');
  const key = parseKey(privateKey);
  const answer = (type: number | undefined, body: Buffer): Buffer => {
    if (type === REQUEST_IDENTITIES)
      return Buffer.concat([Buffer.from([IDENTITIES_ANSWER, 0, 0, 0, 1]), framed(key.getPublicSSH()), framed('')]);
    if (type !== SIGN_REQUEST) return Buffer.from([FAILURE]);
    const data = unframed(body.subarray(4 + unframed(body).length));
    const signature = Buffer.concat([framed(key.type), framed(key.sign(data))]);
    return Buffer.concat([Buffer.from([SIGN_RESPONSE]), framed(signature)]);
  };
  const server = createServer((client) => {
    let received = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
        const message = unframed(received);
        received = received.subarray(4 + message.length);
        client.write(framed(answer(message[0], message.subarray(1))));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      world[Symbol.dispose]();
    },
  };
}

/** With its length before it (RFC 4251, section 5). */
function framed(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function unframed(bytes: Buffer): Buffer {
  return bytes.subarray(4, 4 + bytes.readUInt32BE());
}
