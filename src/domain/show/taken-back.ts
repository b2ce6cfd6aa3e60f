import { AMOUNT, DIGITS, SWITCH } from './atoms.ts';
import { type NameVerdict, verdictOf, wordsOf } from './names.ts';

/** Values that are no key although their name may be a key's: ways to log in. */
const METHODS =
  /^(?:basic|digest|bearer|oauth2?|oidc|openid|saml|ldap|jwt|m?tls|ssl|kerberos|gssapi|ntlm|x509|iam|internal|external|anonymous|simple|public|private|password|trust|peer|ident|md5|scram-sha-(?:1|256|512)(?:-plus)?|plain|login|cram-md5|token|apikey|api-key|cookie|header|session|required|optional|mandatory|always|never|auto|default|lax|strict|rsa(?::\d{3,5})?|ecdsa|ed25519|(?:aes|des|rsa|hmac|sha|[rehp]s)[\w-]{0,24}|sigv4|v[1-4])$/iu;
const NEVER = /^(?:never|none|unlimited|infinite|forever|always|auto|default|session)$/iu;
/** A place that the value comes from: a variable, a template, a file, a look-up in a program. */
const REFERENCE =
  /^(?:(?:Bearer|Basic|Token)\s{1,4})?(?:\$(?:[A-Z]{2,64}|_?[A-Z\d]+(?:_[A-Z\d]+){1,12}|[a-z]+(?:_[a-z\d]+){1,12})|\$?\$[{(]{1,2}[\w.]{1,128}[)}]{1,2}|\{\{[^{}"'`:=]{1,128}\}\}|%[A-Z_]{2,64}%|(?:os\.environ|ENV)\[|(?:os\.(?:environ(?:\.get)?|getenv)|process\.env|System\.getenv|getenv|ENV)[.[(]{1,2}["']?\w{1,128}["']?[\])]{0,2})$/u;
/** `$(cat FILE)` and `$(< FILE)` of a shell, which are as good as a variable. */
const FILE_READ = /\$\((?:cat\s{1,8}|<\s{0,8})[\w./${}-]{1,256}\)/gu;
const PATH =
  /^(?:file:\/\/)?(?:~|\.{0,2}\/|[A-Za-z]:\\)[^\s:]{0,512}$|^[a-z\d-]{1,64}(?:\/[a-z\d.-]{1,64}){1,8}$|^[\w-]{1,64}(?:\.[\w-]{1,64}){0,4}\.[A-Za-z]\w{1,9}$/u;
/** As `/var/secrets/google/key.json`: no password looks like that, where it begins as folders do. */
const DEEP_PATH =
  /^\/(?:app|apps|bin|boot|certs?|config|configs|credentials|data|dev|etc|home|keys|lib|media|mnt|opt|pki|proc|root|run|secrets?|srv|sys|tls|tmp|tokens?|usr|var|vault|workspace)\/(?:[a-z\d.][a-z\d._-]{0,63}\/){0,12}[a-z\d.][a-z\d._-]{0,63}$/u;
const ADDRESS = /^(?:[a-z][a-z\d+.-]{1,24}:\/\/\S+|[*.]{0,2}[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?::\d{1,5})?(?:\/\S*)?)$/iu;

/** Behind the name of an authorization a user and a password may be written as `a/b`. */
const isPathOfKey = (text: string, name: string): boolean =>
  PATH.test(text) && !(/^[\w-]{1,64}\/[\w-]{1,64}$/u.test(text) && /auth$/iu.test(name));

/** Whether a text that its name calls a secret is of a form that is none all the same. */
export function isTakenBack(text: string, { says, unless }: NameVerdict, name: string): boolean {
  if (SWITCH.test(text) || AMOUNT.test(text)) return true;
  switch (unless) {
    case 'path':
      return says === 'key' || PATH.test(text);
    case 'address':
      if (says === 'key') return true;
      return text.split(/[\s,]{1,4}/u).every((part) => part === '*' || (ADDRESS.test(part) && !DIGITS.test(part)));
    case 'number':
      return DIGITS.test(text) || NEVER.test(text) || /^[\d*/,. -]{1,64}$/u.test(text);
    case 'switch':
      return DIGITS.test(text) || NEVER.test(text) || METHODS.test(text);
    case 'object':
      return /^[a-z\d]{1,63}(?:[.-][a-z\d]{1,63}){1,8}$/u.test(text) || DEEP_PATH.test(text);
    case 'plain':
      return true;
    case undefined:
      break;
  }
  if (DEEP_PATH.test(text)) return true;
  if (says !== 'key') return false;
  if (wordsOf(name).every((word) => word === 'key' || word === 'keys'))
    return /^[A-Za-z][A-Za-z_./-]{0,62}$|^\d{1,3}$/u.test(text);
  return /^\d{1,3}$/u.test(text) || METHODS.test(text) || isPathOfKey(text, name) || /^https?:\/\/\S+$/u.test(text);
}

/** Without quotes around it, and without the end of the list or object around it. */
export function unquoted(text: string): string {
  const bare = text.replace(/[,;]$/u, '').replace(/[\])}]{1,16}$/u, (end) => (/[[({]/u.test(text) ? end : ''));
  return /^(["'`]).*\1$/su.test(bare) && bare.length > 1 ? bare.slice(1, -1).trim() : bare;
}

export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** A text with `$(FILE)` where a shell would read a file. */
export function withoutFileReads(text: string): string {
  return text.includes('$(') ? text.replaceAll(FILE_READ, '$(FILE)') : text;
}

/** Whether the name beside a value, in a text, says nothing against it. */
export function mayBeShownBeside(name: string, value: string): boolean {
  const verdict = verdictOf(name);
  if (verdict.says === 'none') return true;
  const bare = unquoted(value.trim());
  // A variable of a shell, and the command that it is set for.
  const first = /^("?)(\S{1,130})\1\s/u.exec(bare)?.[2];
  return (
    bare === '' ||
    REFERENCE.test(bare) ||
    (first !== undefined && /^\w+$/u.test(name) && first.startsWith('$') && REFERENCE.test(unquoted(first))) ||
    /^[[{(|>&][\s+-]*$/u.test(bare) ||
    isTakenBack(bare, verdict, name)
  );
}
