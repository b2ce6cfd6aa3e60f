import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { ENVIRONMENT } from './repositories.ts';

export interface SshServer extends AsyncDisposable {
  /** `ssh://git@127.0.0.1:port`, to which the path of a repository is added. */
  readonly url: string;
  /** The line of known_hosts that names its key. */
  readonly knownHosts: string;
  /** Private keys: one that may read and push, one that may only read, and one that the server does not know. */
  readonly keys: Readonly<Record<'writer' | 'reader' | 'stranger', string>>;
  /** Each command that a client with a known key asked for. */
  log(): readonly SshCommand[];
}

interface SshCommand {
  readonly command: string;
  readonly forwardsAgent: boolean;
}

const READ_ONLY = 'ERROR: The key you are authenticating with has been marked as read only.\n';

/** An ssh server on loopback, with keys of its own; it serves Git as a Git host does, or takes a command and says nothing. */
export async function startSsh({ isSilent = false } = {}): Promise<SshServer> {
  const [host, writer, reader, stranger] = [makeKey(), makeKey(), makeKey(), makeKey()];
  const users = { writer: parseKey(writer.public), reader: parseKey(reader.public) };
  const log: SshCommand[] = [];
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    let user: keyof typeof users | undefined;
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // A client that goes away in the middle.
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      user = isOwner(context, users.writer) ? 'writer' : isOwner(context, users.reader) ? 'reader' : undefined;
      if (user === undefined) context.reject(['publickey']);
      else context.accept();
    });
    connection.on('session', (accept) => {
      const session = accept();
      let forwardsAgent = false;
      session.on('auth-agent', (acceptAgent) => {
        forwardsAgent = true;
        acceptAgent?.();
      });
      session.on('exec', (acceptCommand, _, { command }) => {
        log.push({ command, forwardsAgent });
        const channel = acceptCommand();
        if (!isSilent) serve(channel, command, user === 'writer');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is never a path.
  const { port } = server.address() as AddressInfo;
  return {
    url: `ssh://git@127.0.0.1:${port}`,
    knownHosts: `[127.0.0.1]:${port} ${host.public}\n`,
    keys: { writer: writer.private, reader: reader.private, stranger: stranger.private },
    log: () => log,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The client shows that it has the private half, or asks whether it would be worth the while (RFC 4252, section 7). */
function isOwner(context: AuthContext, key: ParsedKey): boolean {
  if (context.method !== 'publickey' || !context.key.data.equals(key.getPublicSSH())) return false;
  const { blob, signature, hashAlgo } = context;
  return signature === undefined || blob === undefined || key.verify(blob, signature, hashAlgo) === true;
}

/** Runs the two commands of Git alone, the one that writes for those who may write. */
function serve(channel: ServerChannel, command: string, mayWrite: boolean): void {
  const end = (code: number): void => {
    channel.exit(code);
    channel.end();
  };
  if (!mayWrite && command.startsWith('git-receive-pack ')) {
    channel.stderr.write(READ_ONLY);
    end(1);
    return;
  }
  const child = spawn('git', ['shell', '-c', command], { env: ENVIRONMENT });
  channel.pipe(child.stdin).on('error', () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('close', (code) => end(code ?? 1));
  channel.on('close', () => child.kill());
}

/** Bytes of an ed25519 key as authorized_keys has it: name and key, each with its length. */
const PUBLIC_BYTES = 4 + 'ssh-ed25519'.length + 4 + 32;

/** An ed25519 key, as text: private in OpenSSH's format, public as a line of authorized_keys. */
export function makeKey(passphrase?: string): { readonly private: string; readonly public: string } {
  const { generateKeyPairSync } = ssh2.utils;
  for (;;) {
    const pair =
      passphrase === undefined
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ed25519', { cipher: 'aes256-ctr', passphrase, rounds: 4 });
    // ssh2 (1.17) leaves out the zeros that a key begins with, which spoils one in 256.
    if (Buffer.from(pair.public.split(' ')[1] ?? '', 'base64').length === PUBLIC_BYTES) return pair;
  }
}

export function parseKey(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}
