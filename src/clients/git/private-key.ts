/** What is wrong with the text of a private key, in a few words; `undefined` where nothing is, as far as its form tells. */
export function faultOfKey(text: string): string | undefined {
  const [, kind, body] = /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----\n([\s\S]+?)\n-----END \1PRIVATE KEY-----\n$/u.exec(text) ?? [];
  if (kind === undefined || body === undefined) return 'is not a private key';
  const isLocked = kind === 'ENCRYPTED ' || body.includes('Proc-Type: 4,ENCRYPTED') || (kind === 'OPENSSH ' && hasCipher(body));
  return isLocked ? 'needs a passphrase' : undefined;
}

const MAGIC = 'openssh-key-v1\0';

/** Of OpenSSH's own form (PROTOCOL.key): after the magic comes the name of the cipher, as a string with its length before it. */
function hasCipher(body: string): boolean {
  const bytes = Buffer.from(body, 'base64');
  const start = MAGIC.length + 4;
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC || bytes.length < start) return false;
  return bytes.toString('latin1', start, start + bytes.readUInt32BE(MAGIC.length)) !== 'none';
}
