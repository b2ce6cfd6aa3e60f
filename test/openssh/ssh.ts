import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

// A small ssh for machines without OpenSSH: it runs one command, with the options of src/clients/git/config.ts, and
// reports a failure in OpenSSH's words, which distinguish Git's failures.

const FAILED = 255;
const options = new Map<string, string>();
const flags = new Map<string, string>();
const operands: string[] = [];
const args = process.argv.slice(2);
for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
  if (arg === '-o') {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/su.exec(args.shift() ?? '') ?? [];
    options.set(name, value);
  } else if (/^-[Fp]$/u.test(arg)) flags.set(arg, args.shift() ?? '');
  else operands.push(arg);
}
const [destination = '', command = ''] = operands;
const [, username = 'git', host = ''] = /^(?:(.*)@)?(.*)$/su.exec(destination) ?? [];
const port = Number(flags.get('-p') ?? 22);

const knownHostsFile = options.get('UserKnownHostsFile');
const knownHosts = knownHostsFile === undefined ? '' : readFileSync(knownHostsFile, 'utf8');
let isKnownHost = true;
function hostVerifier(key: Buffer): boolean {
  const name = port === 22 ? host : `[${host}]:${port}`;
  isKnownHost = knownHosts.split('\n').some((line) => {
    const [names, , base64 = ''] = line.split(' ');
    return names === name && key.equals(Buffer.from(base64, 'base64'));
  });
  return isKnownHost;
}

function readKey(file: string): string | undefined {
  const text = readFileSync(file, 'utf8');
  const key = ssh2.utils.parseKey(text);
  if (!(key instanceof Error)) return text;
  process.stderr.write(`Load key "${file}": ${key.message}\r\n`);
  return undefined;
}

const identityFile = options.get('IdentityFile');
const privateKey = identityFile === undefined ? undefined : readKey(identityFile);
const agent = options.get('IdentityAgent') === 'none' ? undefined : process.env['SSH_AUTH_SOCK'];

function messageOf(error: Error & { readonly level?: string; readonly code?: string }): string {
  if (!isKnownHost) return 'Host key verification failed.';
  if (error.level === 'client-authentication') return `${destination}: Permission denied (publickey).`;
  if (error.level === 'client-timeout') return `Timeout, server ${host} not responding.`;
  if (error.code === 'ECONNREFUSED') return `ssh: connect to host ${host} port ${port}: Connection refused`;
  return `ssh: ${error.message}`;
}

const client = new ssh2.Client();
process.exitCode = FAILED;
client.on('error', (error) => process.stderr.write(`${messageOf(error)}\r\n`));
client.on('close', () => process.stdin.destroy());
client.on('ready', () =>
  client.exec(command, (error, channel) => {
    if (error) throw error;
    process.stdin.pipe(channel);
    channel.pipe(process.stdout);
    channel.stderr.pipe(process.stderr);
    channel.on('exit', (code: number | null) => {
      process.exitCode = code ?? FAILED;
    });
    channel.on('close', () => client.end());
  }),
);
client.connect({
  host,
  port,
  username,
  hostVerifier,
  keepaliveInterval: Number(options.get('ServerAliveInterval') ?? 0) * 1000,
  keepaliveCountMax: Number(options.get('ServerAliveCountMax') ?? 3),
  ...(privateKey === undefined ? {} : { privateKey }),
  ...(agent === undefined ? {} : { agent }),
});
