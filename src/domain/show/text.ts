import { loadAll } from 'js-yaml';
import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import { AMOUNT, DIGITS, isPlainAtom, SWITCH } from './atoms.ts';
import { judgeArguments, shellWords } from './command-line.ts';
import { hasKnownToken } from './detector.ts';
import { type NameVerdict, verdictOf, wordsOf } from './names.ts';
import { namedPlace } from './places.ts';
import { hasCredential, withoutCertificates } from './tokens.ts';
import { decodeText, shownTree } from './tree.ts';

/** Longer texts are not judged, and so not shown. */
const MOST_CHARACTERS = 16_384;
const MOST_LINES = 1_000;
/** JSON in base64 in YAML, and a command in it. */
const MOST_DEPTH = 5;

/** What a value of a name that may be a key's is when it is none: how somebody is let in. */
const METHODS =
  /^(?:basic|digest|bearer|oauth2?|oidc|openid|saml|ldap|jwt|m?tls|ssl|kerberos|gssapi|ntlm|x509|iam|internal|external|anonymous|public|private|password|trust|peer|ident|md5|scram-sha-(?:1|256|512)(?:-plus)?|plain|login|cram-md5|token|apikey|api-key|cookie|header|session|required|optional|always|never|auto|default|lax|strict|rsa|ecdsa|ed25519|(?:aes|des|rsa|hmac|sha|[rehp]s)[\w-]{0,24}|sigv4|v[1-4])$/iu;
const NEVER = /^(?:never|none|unlimited|infinite|forever|always|auto|default|session)$/iu;
const REFERENCE = /^(?:\$\w{1,128}|\$?\$[{(]{1,2}[\w.]{1,128}[)}]{1,2}|\{\{[^{}"'`:=]{1,128}\}\}|%[A-Z_]{2,64}%)$/u;
const PATH =
  /^(?:file:\/\/)?(?:~|\.{0,2}\/|[A-Za-z]:\\)[^\s:]{0,512}$|^[a-z\d-]{1,64}(?:\/[a-z\d.-]{1,64}){1,8}$|^[\w-]{1,64}(?:\.[\w-]{1,64}){0,4}\.[A-Za-z]\w{1,9}$/u;
/** As `/var/secrets/google/key.json`: no password looks like that. */
const DEEP_PATH = /^\/(?:[a-z\d.][a-z\d._-]{0,63}\/){1,12}[a-z\d.][a-z\d._-]{0,63}$/u;
const ADDRESS = /^(?:[a-z][a-z\d+.-]{1,24}:\/\/\S+|[*.]{0,2}[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?::\d{1,5})?(?:\/\S*)?)$/iu;

/** Whether a text that its name calls a secret is of a form that is none all the same. */
function isTakenBack(text: string, { says, unless }: NameVerdict, name: string): boolean {
  if (SWITCH.test(text) || AMOUNT.test(text)) return true;
  switch (unless) {
    case 'path':
      return PATH.test(text);
    case 'address':
      return text.split(/[\s,]{1,4}/u).every((part) => part === '*' || (ADDRESS.test(part) && !DIGITS.test(part)));
    case 'number':
      return DIGITS.test(text) || NEVER.test(text) || /^[\d*/,. -]{1,64}$/u.test(text);
    case 'switch':
      return DIGITS.test(text) || NEVER.test(text) || METHODS.test(text);
    case 'plain':
      return true;
    case undefined:
      break;
  }
  if (DEEP_PATH.test(text)) return true;
  if (says !== 'key') return false;
  if (wordsOf(name).every((word) => word === 'key' || word === 'keys'))
    return /^[A-Za-z][A-Za-z_./-]{0,62}$|^\d{1,3}$/u.test(text);
  return /^\d{1,3}$/u.test(text) || METHODS.test(text) || PATH.test(text) || /^https?:\/\/\S+$/u.test(text);
}

/** Whether a text may be shown as the value of this name. Takes time in proportion to its length. */
export function isHarmlessText(given: string, name: string, depth = 0): boolean {
  if (given.length > MOST_CHARACTERS || depth > MOST_DEPTH) return false;
  const text = withoutCertificates(given).trim();
  if (text === '' || REFERENCE.test(text)) return true;
  const bare = unquoted(text);
  const verdict = verdictOf(name);
  if (verdict.says !== 'none' && !isTakenBack(bare, verdict, name)) return false;
  if (SWITCH.test(bare) || DIGITS.test(bare) || AMOUNT.test(bare)) return true;
  if (hasCredential(text) || hasKnownToken(text)) return false;
  const judge = (inner: string, innerName: string): boolean => isHarmlessText(inner, innerName, depth + 1);
  if (/%[0-9a-f]{2}/iu.test(text) && !judge(decodePercent(text), name)) return false;
  if (/^[[{]|\n/u.test(text) && !isHarmlessInside(text, name, judge)) return false;
  const lines = text.split(/\r?\n|\\n/u);
  return lines.length <= MOST_LINES && lines.every((line) => isHarmlessLine(line, name, judge));
}

/** Without quotes around it, and without what ends the list or the object that it stands in. */
function unquoted(text: string): string {
  const bare = text.replace(/[,;]$/u, '').replace(/[\])}]{1,16}$/u, (end) => (/[[({]/u.test(text) ? end : ''));
  return /^(["'`]).*\1$/su.test(bare) && bare.length > 1 ? bare.slice(1, -1).trim() : bare;
}

function decodePercent(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/giu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

type Judge = (text: string, name: string) => boolean;

/** JSON and YAML, looked into by their names. */
function isHarmlessInside(text: string, name: string, judge: Judge): boolean {
  let isHarmless = true;
  for (const document of parsed(text)) {
    if (!isJsonArray(document) && !isJsonObject(document)) continue;
    const hide = (): Json => {
      isHarmless = false;
      return null;
    };
    if (shownTree(document, undefined, namedPlace(name), { isHarmless: judge, hide }) === undefined) return false;
  }
  return isHarmless;
}

function parsed(text: string): readonly Json[] {
  try {
    return [toJson(JSON.parse(text))];
  } catch {
    try {
      return loadAll(text, { maxDepth: 50, maxAliases: 20 }).map(toJson);
    } catch {
      return [];
    }
  }
}

/** Dates and the like as texts. Throws where it is too deep. */
function toJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson(entry)]));
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return value;
  return String(value);
}

const WHOLE_LINE =
  /^[\s>-]{0,64}(?:#+|\/\/+|;+|--|export|set|ENV|ARG)?\s{0,16}["']?([\w.\-/$@[\]]{1,128})["']?\s{0,16}(?::=|=>|[=:])\s{0,16}(\S.*)$/u;
/** `ENV NAME value`, `setx NAME value` */
const SET_LINE = /^(?:setx?|setenv|env|arg|export)\s{1,16}(\w{1,128})\s{1,16}(\S.*)$/iu;
const PAIR =
  /(?<![\w.\-/$@])["']?([\w.\-/$@[\]]{1,128})["']?\s{0,4}(?::=|=>|[=:](?!\/\/))\s{0,4}("[^"\n]{0,4096}"|'[^'\n]{0,4096}'|[^\s,;&|"'<>]{1,4096})/gu;
/** Every name and value, also of a value that is such a pair itself. */
const EVERY_PAIR =
  /([\w.\-$@]{1,128})["'%]?\]?\s{0,4}(?:->|[=:])\s{0,4}(?=("[^"\n]{0,512}"|'[^'\n]{0,512}'|[^\s,;&|"'<>]{0,512}))/gu;
const ELEMENT = /<([\w:.-]{1,80})(?:\s[^<>]{0,200})?>([^<>]{1,400})<\//gu;
const PROPERTY = /\b(?:name|key)\s?=\s?"([^"<>]{1,80})"[^<>"]{0,80}\bvalue\s?=\s?"([^"<>]{1,400})"/gu;
const ATTRIBUTE = /<([\w:.-]{1,80})\s[^<>]{0,120}\bvalue\s?=\s?"([^"<>]{1,400})"/giu;
/** `set("password", "...")` and `setPassword("...")` */
const CALL = /\(\s?["']([\w.-]{1,80})["'],\s?["']([^"'\n]{1,400})["']/gu;
const SETTER = /\b(?:set|with)_?([A-Z_]\w{1,80})\(\s?["']([^"'\n]{1,400})["']/gu;
/** Words between a name and its value in a sentence. */
const FILLER = /^(?:is|to|as|of|was|set|=|:|->)$/iu;

function isHarmlessLine(line: string, name: string, judge: Judge): boolean {
  const text = line.trim();
  if (text === '') return true;
  const says = (key: string, value: string): boolean => {
    const verdict = verdictOf(key);
    const bare = unquoted(value.trim());
    return (
      verdict.says === 'none' ||
      bare === '' ||
      REFERENCE.test(bare) ||
      /^[[{(|>&][\s+-]*$/u.test(bare) ||
      isTakenBack(bare, verdict, key)
    );
  };
  for (const form of [WHOLE_LINE, SET_LINE]) {
    const whole = form.exec(text);
    if (whole && !says(whole[1] ?? '', whole[2] ?? '')) return false;
  }
  for (const pattern of [EVERY_PAIR, ELEMENT, ATTRIBUTE, PROPERTY, CALL, SETTER])
    for (const [, key = '', value = ''] of text.matchAll(pattern)) if (!says(key, value)) return false;
  if (/(?:^|\s)-{1,2}[A-Za-z]|^[\w/.-]{1,64}\s/u.test(text)) {
    const words = shellWords(text);
    const judged = words.length > 1 || text.startsWith('-') ? judgeArguments(words, judgeOnlyNamed(judge, says)) : [];
    if (judged.includes(false)) return false;
  }
  let isHarmless = true;
  const rest = text
    .replaceAll(/(?:@|\b)sha(?:1|224|256|384|512):[0-9a-f]{7,128}\b/giu, ' ')
    .replaceAll(PAIR, (pair, key: string, value: string) => {
      if (!says(key, value) || !areHarmlessAtoms(unquoted(value), `${name} ${key}`, judge)) isHarmless = false;
      // Both stay words of the sentence that they stand in.
      return /^["']?[\w.-]+["']?:\s/u.test(pair) ? ' ' : ` ${key} `;
    });
  return isHarmless && !namesSecretAndTellsIt(text) && areHarmlessAtoms(rest, name, judge);
}

/** In a line only names decide what is behind an option; its words are judged with all others. */
function judgeOnlyNamed(judge: Judge, says: (key: string, value: string) => boolean): Judge {
  return (text, name) => says(name, text) && (!/\s/u.test(text) || judge(text, name));
}

/** `password hunter2`, `the token is a1b2c3`: a secret word, and right behind it what is no word. */
function namesSecretAndTellsIt(text: string): boolean {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  return words.some((word, index) => {
    const bare = word.replace(/^[^\p{L}]{1,4}|[^\p{L}]{1,4}$/gu, '');
    if (
      bare === '' ||
      bare.length > 40 ||
      !/^[A-Za-z_-]+$/u.test(bare) ||
      verdictOf(bare).says !== 'password' ||
      verdictOf(bare).unless
    )
      return false;
    let next = index + 1;
    while (FILLER.test(words[next] ?? '')) next++;
    const value = (words[next] ?? '').replace(/[.,;:)]{1,3}$/u, '');
    // A path in a store, as in `with secret "secret/data/shop"`.
    if (/^["'`]\S/u.test(value)) return !/^["'`][a-z\d-]+(?:\/[a-z\d-]+)+["'`]$/u.test(value);
    return (
      value.length >= 4 &&
      /\d/u.test(value) &&
      /\p{L}|[!@#$%^&*]/u.test(value) &&
      !AMOUNT.test(value) &&
      !/^v?\d+(?:\.\d+)+/u.test(value)
    );
  });
}

const REFERENCES =
  /\$\{[\w.]{0,128}\}|\$\([\w.]{1,128}\)|(?<![A-Za-z\d$])\$\w{1,64}|\{\{[^{}]{0,128}\}\}|%[-#+\d.]{0,6}[>]?(?:\{[^{}]{0,64}\})?[A-Za-z]{1,6}(?![\dA-Fa-f])/gu;

function areHarmlessAtoms(text: string, name: string, judge: Judge): boolean {
  return text
    .replaceAll(REFERENCES, ' ')
    .split(/[\s,;|"'`()[\]{}<>=\\]+/u)
    .every((atom) => atom === '' || isHarmlessAtom(atom, name, judge));
}

function isHarmlessAtom(atom: string, name: string, judge: Judge): boolean {
  const address = /^([a-z][a-z\d+.-]{0,24}):\/\/(.*)$/isu.exec(atom);
  if (address)
    return (address[2] ?? '').split(/[/?&#]/u).every((part, index, all) => isHarmlessPart(part, all[index - 1] ?? name, judge));
  if (isPlainAtom(atom, name)) return true;
  if (atom.includes('/') && !/^[A-Za-z0-9+/]{12,}={0,2}$/u.test(atom))
    return atom.split('/').every((part, index, all) => isHarmlessPart(part, all[index - 1] ?? name, judge));
  return isHarmlessBase64(atom, name, judge);
}

/** A part of an address or a path: the one before it says what it is. */
function isHarmlessPart(part: string, before: string, judge: Judge): boolean {
  return part === '' || isPlainAtom(part, before) || isHarmlessBase64(part, before, judge);
}

/** Text in base64, which is a harmless one itself. */
function isHarmlessBase64(atom: string, name: string, judge: Judge): boolean {
  if (atom.length < 8) return false;
  const decoded = decodeText(atom);
  return (
    decoded !== undefined && /^[\p{L}\p{N}\p{P}\p{S}\s]+$/u.test(decoded) && /[ -~]{4}/u.test(decoded) && judge(decoded, name)
  );
}
