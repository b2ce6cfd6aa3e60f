import { isIPv6 } from 'node:net';
import { readsLikeWords } from './letters.ts';
import { namesDigest, namesId } from './names.ts';

const UNIT =
  '(?:[numkKMGTPE]i?[Bb]?(?:ps|it)?|bytes?|bits?|ns|us|µs|ms|s|secs?|m|mins?|h|hrs?|d|days?|w|y|rps|qps|rpm|[kKMG]?[hH]z|px|r?em|pt|x|th|st|nd|rd|%)';
const NUMBER = String.raw`[+-]?\d{1,18}(?:[._,]\d{1,18}){0,4}`;

/** Forms that are harmless as a whole. */
const FORMS: readonly RegExp[] = [
  new RegExp(`^${NUMBER}$`, 'u'),
  new RegExp(`^${NUMBER}${UNIT}$`, 'u'),
  /^(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h|d|w)){1,6}$/u,
  // A list of numbers and ranges, as in a schedule or a mask.
  /^[\d*/,.:x+-]{1,64}$/u,
  /^P(?:\d{1,6}[YMWD]){0,4}(?:T(?:\d{1,6}(?:\.\d{1,9})?[HMS]){1,3})?$/u,
  /^0x[0-9a-f]{1,8}$/iu,
  /^#[0-9a-f]{3,8}$/iu,
  /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/iu,
  // An element of a format, such as %d, %-5level and %{host}.
  /^%[-+#\d.]{0,8}[>]?[A-Za-z]{0,12}$/u,
  // What AWS calls its resources, as i-0123456789abcdef0.
  /^(?:i|vol|subnet|sg|sgr|vpc|ami|eni|eipalloc|eipassoc|snap|rtb|igw|nat|acl|lt|fs|fsap|fsmt|vpce|tgw|pcx|dopt|r|fl|cgw|vgw)-[0-9a-f]{8}(?:[0-9a-f]{9})?$/u,
  // Names that Kubernetes makes, of a pod and of a volume.
  /^[a-z][a-z\d-]{0,200}-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/u,
  /^gke-[a-z\d-]{1,60}-[0-9a-f]{8}-[a-z\d]{4}$/u,
  /^pvc-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/u,
  // Hosts that clouds name after things of theirs.
  /^[a-z\d-]{1,63}(?:\.[a-z\d-]{1,32}){1,6}\.(?:amazonaws\.com(?:\.cn)?|azure\.com|windows\.net|azmk8s\.io)$/u,
  // A version as distributions write it.
  /^\d{1,4}(?:\.\d{1,6}){1,3}(?:[-+~][a-z\d.]{1,16}){0,3}$/u,
  // Letters of dates.
  /^[yYMdDHhmsSaZXzEuQwTt:./'-]{1,32}$/u,
];

/** A number with a unit, which is no secret under any name. */
export const AMOUNT = new RegExp(`^(?:${NUMBER}\\s?${UNIT}|(?:\\d{1,9}(?:\\.\\d{1,9})?(?:ns|us|µs|ms|s|m|h|d|w)){1,6})$`, 'u');
export const SWITCH = /^(?:true|false|yes|no|on|off|null|none|nil|undefined|y|n|enabled?|disabled?)$/iu;
export const DIGITS = new RegExp(`^${NUMBER}$`, 'u');

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/iu;
const HEX = /^[0-9a-f]{7,128}$/iu;
const EMAIL = /^[\p{L}\d.+_-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,8}$/u;
/** A name of one of these carries UUIDs and account numbers. */
const CLOUD_NAME = /^(?:arn:aws|urn:|\/subscriptions\/|projects\/)/u;

/** Names of techniques that have digits in them. */
const KNOWN = new Set(
  `utf8mb3 utf8mb4 base64url sha512t256 secp256k1 secp256r1 secp384r1 prime256v1 curve25519 chacha20poly1305 aes128gcm aes256gcm aes128cbc
  aes256cbc oauth2proxy log4j2 slf4j ed25519 x25519 chacha20 poly1305 iso8601 rfc3339 rfc5424 utf16le utf16be windows1252 latin1 ipv4 ipv6 x86 amd64 arm64
  mp4 h264 h265 http2 http3 es2022 g1gc`
    .split(/\s+/u)
    .values(),
);

/** Bits and bytes in names of techniques, as in `SHA256withRSA`. */
const SIZES = new Set(['128', '192', '224', '256', '384', '512', '1024', '2048', '4096']);

/** Passwords that people think of first, behind every way of writing letters as digits. */
const FIRST_THOUGHTS =
  /pass(?:w[o]?rd|wd|phrase)|secret|letmein|changeme|changeit|welcome|qwert|asdfgh|zxcvb|iloveyou|trustno|superman|1qaz|zaq1|2wsx|monkey|dragon|hunter|admin|toor/u;
const ALIKE: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const PLAIN_THOUGHTS = new Set([
  'changeme',
  'changeit',
  'letmein',
  'iloveyou',
  'toor',
  'qwerty',
  'qwertyuiop',
  'asdfgh',
  'asdfghjkl',
]);

/** Most characters between two separators. */
const LONGEST = 48;

/** Letters alone: words, in one or more humps. */
function areWords(letters: string, where: 'alone' | 'beside' = 'alone'): boolean {
  if (letters.length > LONGEST) return false;
  if (!/^[A-Za-z]+$/u.test(letters)) return true;
  if (PLAIN_THOUGHTS.has(letters.toLowerCase())) return false;
  const humps = letters.split(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/u);
  const average = letters.length / humps.length;
  if ((letters.length >= 8 && average < 2.6) || (letters.length >= 6 && average < 2)) return false;
  return readsLikeWords(humps, where);
}

/** Of a class of a program, as `Argon2PasswordHasher`. */
const CLASS = /^[A-Z][a-z]{2,24}\d?(?:[A-Z][a-z]{2,24}){2,8}$/u;

function isTechnique(piece: string): boolean {
  return KNOWN.has(piece.toLowerCase()) || /^(?:sha|aes|rsa)\d{3,4}$/iu.test(piece);
}

/** A text between two separators, such as `web`, `2`, `v1beta1` and `Xmx512m`. */
function isPlainPiece(piece: string): boolean {
  if (/^\d+$/u.test(piece)) return piece.length <= 20;
  if (!/\d/u.test(piece)) return areWords(piece);
  if (piece.length <= 5 || isTechnique(piece)) return true;
  if (piece.length > LONGEST || (hasFirstThought(piece) && !CLASS.test(piece))) return false;
  if (/^[A-Za-z]{1,4}\d{1,8}[A-Za-z]{0,2}$/u.test(piece))
    return !/^(?:test|pass|pwd|root|demo|user|qwe|love)\d{3,}/iu.test(piece);
  const ends = /^(\p{L}*)(\d{1,6})(\p{L}*)$/u.exec(piece);
  if (ends) {
    const [, before = '', digits = '', behind = ''] = ends;
    const where = before !== '' && behind !== '' ? 'beside' : 'alone';
    // A word and a number of it; more digits are a year or a sequence, as people end passwords.
    return (before === '' || digits.length <= 2 || SIZES.has(digits)) && areWords(before, where) && areWords(behind, where);
  }
  // Two numbers among words, as in `x86and64bit`; more than that is no word.
  return /^\p{L}{2,}\d{1,2}\p{L}{1,}\d{0,2}$/u.test(piece) && piece.length <= 9 && areWords(piece.replaceAll(/\d+/gu, ''));
}

function hasFirstThought(text: string): boolean {
  const lower = text.toLowerCase();
  const letters = lower.replaceAll(/[013457@$!]/gu, (character) => ALIKE[character] ?? '');
  return FIRST_THOUGHTS.test(letters);
}

/** Separators inside of names, versions, paths and addresses. */
const SEPARATORS = /[^\p{L}\p{N}\p{M}]+/u;
/** Characters inside of passwords and of hardly anything else. */
const ODD = /[!^&~#$%?*@]/u;

/**
 * Whether a text between two blanks is known to be harmless: a number, an amount, a time, words, a name, a version,
 * a path. `name` says what it is the value of, which makes digests and identifiers known.
 */
export function isPlainAtom(given: string, name: string): boolean {
  // The end of a sentence.
  const atom = given.replace(/^["'`([{<]{1,4}/u, '').replace(/["'`)\]}>.,:;]{1,8}$/u, '');
  if (atom === '' || FORMS.some((form) => form.test(atom)) || isIPv6(atom.replace(/\/\d{1,3}$/u, ''))) return true;
  if (/^(?:abc|qwe)\d{3,}$/iu.test(given)) return false;
  if (UUID.test(atom)) return namesId(name);
  // Zones, distributions and keys of clouds.
  if (/^(?:[A-Z]{1,3}-)?[A-Z][A-Z\d]{7,14}$/u.test(atom) && /\d/u.test(atom) && namesId(name)) return true;
  if (HEX.test(atom) && /\d/u.test(atom)) {
    if (namesDigest(name)) return true;
    if (atom.length >= 12) return false;
  }
  if (!ODD.test(atom)) return arePlainPieces(atom, name);
  if (EMAIL.test(atom)) return arePlainPieces(atom, name) && !hasLeet(atom);
  return isPlainOdd(atom, name);
}

function arePlainPieces(atom: string, name: string): boolean {
  const pieces = atom.split(SEPARATORS).filter((piece) => piece !== '');
  const isDigest = namesDigest(name);
  if (CLOUD_NAME.test(atom)) {
    const rest = atom.replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/giu, '');
    return rest === atom ? pieces.every(isPlainPiece) : arePlainPieces(rest.replace(CLOUD_NAME, ''), name);
  }
  // Many short groups of letters and digits are the groups of a key.
  const mixed = pieces.filter(
    (piece) => piece.length >= 4 && /\d/u.test(piece) && /\p{L}/u.test(piece) && !AMOUNT.test(piece) && !isTechnique(piece),
  );
  if (mixed.length >= 3 && !isDigest) return false;
  if (pieces.filter((piece) => /\d/u.test(piece) && /[A-Z]/u.test(piece) && /[a-z]/u.test(piece)).length >= 2 && !isDigest)
    return false;
  const isEven = pieces.length >= 3 && pieces.every(({ length }) => length >= 4 && length === pieces[0]?.length);
  if (isEven && /^[A-Z\d-]+$/u.test(atom) && /\d/u.test(atom) && /[A-Z]/u.test(atom)) return false;
  return pieces.every((piece) => isPlainPiece(piece) || (isDigest && HEX.test(piece)));
}

function hasLeet(atom: string): boolean {
  return hasFirstThought(atom) && !FIRST_THOUGHTS.test(atom.toLowerCase());
}

/** With signs in it that passwords have. */
function isPlainOdd(atom: string, name: string): boolean {
  if (hasLeet(atom)) return false;
  // A list, as of ciphers: HIGH:!aNULL:!MD5.
  if (/^[!+-]?\w[\w+-]{0,39}(?::[!+-]?\w[\w+-]{0,39}){1,64}$/u.test(atom)) return arePlainPieces(atom, name);
  // At the ends they mark something: a pattern, an emphasis, a version range, a channel, a share.
  const inner = atom.replace(/^[!^&~#$%?*@]{1,3}/u, '').replace(/[!^&~#$%?*@]{1,3}$/u, '');
  const isEnded = /[!^&~#$@]$/u.test(atom) && /\d/u.test(inner);
  if (isEnded && !/^\D+\d{1,2}\$$/u.test(atom)) return false;
  const odd = inner.replaceAll(/\*/gu, '').match(/[!^&~#$%?@]/gu) ?? [];
  if (odd.length === 0) return arePlainPieces(inner, name);
  // A name and its version or host, as in `chart@1.2.3`.
  if (odd.length === 1 && odd[0] === '@') {
    const [left = '', right = ''] = inner.split('@');
    const isVersion =
      /^[a-z\d./_-]{1,128}$/u.test(left) && /^(?:v\d{1,5}|\d{1,2}|\d{1,5}(?:\.\d{1,10}){1,4})(?:[-+][\w.]{1,24})?$/u.test(right);
    const isHost = /^[a-z_][a-z\d_.-]{0,63}$/u.test(left) && /^[a-z][a-z\d.-]{2,128}$/u.test(right);
    return (isVersion || isHost) && arePlainPieces(inner, name);
  }
  if (/\d/u.test(inner) || inner.length >= 8) return /^\p{L}+(?:[&?]\p{L}+){1,4}$/u.test(inner) && arePlainPieces(inner, name);
  return arePlainPieces(inner, name);
}
