import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';

// A small ssh-keygen for machines without OpenSSH: what Git asks of it to sign a commit and to check a signature
// (git-config(1), gpg.ssh; the format is OpenSSH's PROTOCOL.sshsig).

const MAGIC = 'SSHSIG';
const HASH = 'sha512';
const NAMESPACE = 'git';
const ARMOR = ['-----BEGIN SSH SIGNATURE-----', '-----END SSH SIGNATURE-----'] as const;

const args = process.argv.slice(2);
const argumentOf = (flag: string): string => args[args.indexOf(flag) + 1] ?? '';
const ACTIONS: Readonly<Record<string, () => void>> = {
  sign() {
    const [file = ''] = args.slice(-1);
    const key = parseKey(readFileSync(argumentOf('-f')));
    const signature = Buffer.concat([string(key.type), string(key.sign(signedData(readFileSync(file))))]);
    const version = Buffer.from([0, 0, 0, 1]);
    const parts = [key.getPublicSSH(), NAMESPACE, '', HASH, signature].map(string);
    const base64 = Buffer.concat([Buffer.from(MAGIC), version, ...parts]).toString('base64');
    writeFileSync(`${file}.sig`, `${ARMOR[0]}\n${base64.replaceAll(/.{70}/gu, '$&\n')}\n${ARMOR[1]}\n`);
  },
  'find-principals'() {
    const principal = principalOf(readSignature().key);
    if (principal === undefined) fail('No principal matched.');
    process.stdout.write(`${principal}\n`);
  },
  'check-novalidate'() {
    process.stdout.write(`Good "${NAMESPACE}" signature with ${describe(verified())}\n`);
  },
  verify() {
    const key = verified();
    if (principalOf(key) !== argumentOf('-I')) fail('Could not verify signature.');
    process.stdout.write(`Good "${NAMESPACE}" signature for ${argumentOf('-I')} with ${describe(key)}\n`);
  },
};

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(255);
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function signedData(message: Buffer): Buffer {
  const digest = createHash(HASH).update(message).digest();
  return Buffer.concat([Buffer.from(MAGIC), ...[NAMESPACE, '', HASH, digest].map(string)]);
}

function parseKey(text: Buffer | string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) fail(`Load key "${argumentOf('-f')}": ${key.message}`);
  return key;
}

function readSignature(): { readonly key: ParsedKey; readonly signature: Buffer } {
  const text = readFileSync(argumentOf('-s'), 'utf8');
  const blob = Buffer.from(text.replaceAll(/-----.*-----/gu, ''), 'base64');
  const parts: Buffer[] = [];
  for (let at = MAGIC.length + 4; at < blob.length; at += 4 + (parts.at(-1)?.length ?? 0))
    parts.push(blob.subarray(at + 4, at + 4 + blob.readUInt32BE(at)));
  const [publicKey, , , , signed = Buffer.alloc(0)] = parts;
  const type = signed.subarray(4, 4 + signed.readUInt32BE(0)).toString();
  return { key: parseKey(`${type} ${publicKey?.toString('base64')}`), signature: signed.subarray(8 + type.length) };
}

function verified(): ParsedKey {
  const { key, signature } = readSignature();
  if (key.verify(signedData(readFileSync(0)), signature) !== true) fail('Signature verification failed: incorrect signature');
  return key;
}

/** By the lines `principal type key` of the file of allowed signers. */
function principalOf(key: ParsedKey): string | undefined {
  const lines = readFileSync(argumentOf('-f'), 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return lines.find(([, , base64 = '']) => key.getPublicSSH().equals(Buffer.from(base64, 'base64')))?.[0];
}

function describe(key: ParsedKey): string {
  const fingerprint = createHash('sha256').update(key.getPublicSSH()).digest('base64').replaceAll('=', '');
  return `${key.type.replace('ssh-', '').toUpperCase()} key SHA256:${fingerprint}`;
}

const action = ACTIONS[argumentOf('-Y')];
if (!action) fail(`ssh-keygen of these tests knows no -Y ${argumentOf('-Y')}`);
action();
