import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from './repositories.ts';

export interface SshServer extends AsyncDisposable {
  /** `ssh://user@127.0.0.1:port`, to which the path of a repository is added. */
  readonly url: string;
  /** The line of known_hosts that names its key. */
  readonly knownHosts: string;
  /** Private keys: one that may read and push, one that may only read, and one that nobody knows. */
  readonly keys: Readonly<Record<'writer' | 'reader' | 'stranger', string>>;
  /** One line for each command that was run: the command, and the agent's socket where one was forwarded. */
  log(): readonly string[];
}

const SSHD = '/usr/sbin/sshd';

/** OpenSSH's own server on loopback, with keys of its own, for this user alone; it serves Git to whom it knows. */
export async function startSsh(): Promise<SshServer> {
  if (!existsSync(SSHD)) throw new Error(`these tests need ${SSHD}: install openssh-server`);
  const folder = mkdtempSync(join(tmpdir(), 'sshd-test-'));
  const file = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(join(folder, name), text, { mode });
    chmodSync(join(folder, name), mode);
    return join(folder, name);
  };
  const [hostKey, writer, reader, stranger] = ['host', 'writer', 'reader', 'stranger'].map((name) => makeKey(join(folder, name)));
  if (!hostKey || !writer || !reader || !stranger) throw new Error('four keys were made');
  const serve = file('serve', serveScript(join(folder, 'log')), 0o700);
  file('authorized', `command="${serve} writer" ${writer.public}\ncommand="${serve} reader" ${reader.public}\n`);
  const port = await freePort();
  const config = file(
    'config',
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      `PidFile ${join(folder, 'pid')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'UsePAM no',
      // The temporary folder may be anybody's to write in.
      'StrictModes no',
      'AllowAgentForwarding yes',
      'LogLevel ERROR',
      '',
    ].join('\n'),
  );
  // Started by root it wants this folder, which a service manager makes.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  await Promise.race([
    listening(port),
    ended.then(() => {
      throw new Error(`sshd ended: ${errors}`);
    }),
  ]);
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    knownHosts: `[127.0.0.1]:${port} ${hostKey.public}\n`,
    keys: { writer: writer.private, reader: reader.private, stranger: stranger.private },
    log: () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n') : []),
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An ed25519 key, as text: private in OpenSSH's form, public as a line of authorized_keys. */
export function makeKey(path: string, passphrase = ''): { readonly private: string; readonly public: string } {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', '', '-f', path]);
  return { private: readFileSync(path, 'utf8'), public: readFileSync(`${path}.pub`, 'utf8').trim() };
}

/** What a Git host does with a key: runs the two commands of Git alone, the writing one for those who may write. */
function serveScript(log: string): string {
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `export ${name}='${value}'`);
  return [
    '#!/bin/sh',
    ...environment,
    `echo "$SSH_ORIGINAL_COMMAND agent=$SSH_AUTH_SOCK" >> '${log}'`,
    'case "$1 $SSH_ORIGINAL_COMMAND" in',
    '  "reader git-receive-pack "*) echo "ERROR: The key you are authenticating with has been marked as read only." >&2; exit 1 ;;',
    '  *" git-upload-pack "* | *" git-receive-pack "*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;',
    'esac',
    'exit 128',
    '',
  ].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Resolves when somebody greets on this port (RFC 4253, section 4.2). */
async function listening(port: number): Promise<void> {
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('data', () => {
        resolve(true);
        // A connection left open would keep its own server process alive.
        socket.destroy();
      });
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
