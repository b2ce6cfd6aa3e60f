import { verdictOf } from './names.ts';

/** Whether a text may be shown as the value of this name. */
export type Judge = (text: string, name: string) => boolean;

/** The words of a command as a shell takes it apart; one walk over the text. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let isWord = false;
  let quote = '';
  const end = (): void => {
    if (isWord) words.push(word);
    word = '';
    isWord = false;
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character === '\\' && quote !== "'") {
      word += text[++index] ?? '';
      isWord = true;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      isWord = true;
    } else if (/[\s;|&<>]/u.test(character)) end();
    else {
      word += character;
      isWord = true;
    }
  }
  end();
  return words;
}

/** Options of one letter with a secret behind them: of these programs, or of any. */
const OPTIONS: readonly { readonly option: string; readonly of?: RegExp; readonly isSecret: (value: string) => boolean }[] = [
  { option: '-u', isSecret: isUserWithPassword },
  { option: '-U', isSecret: (value) => isUserWithPassword(value) || value.includes('%') },
  { option: '--user', isSecret: isUserWithPassword },
  { option: '--proxy-user', isSecret: isUserWithPassword },
  { option: '--creds', isSecret: () => true },
  { option: '-p', isSecret: isNoPortOrPath },
  { option: '-a', of: /^(?:redis-cli|valkey-cli|keydb-cli|steghide)$/u, isSecret: () => true },
  { option: '-w', of: /^(?:ldap\w+|snmp\w+|ipmitool)$/u, isSecret: () => true },
  { option: '-y', of: /^ldap/u, isSecret: () => false },
  {
    option: '-P',
    of: /^(?:zip|unzip|zipcloak|7z|rar|unrar|ipmitool|bcp|sqlcmd|isql|tsql|mosquitto_\w+|fping)$/u,
    isSecret: () => true,
  },
  { option: '-k', of: /^(?:openssl|gsutil)$/u, isSecret: isNoPortOrPath },
  { option: '-K', of: /^openssl$/u, isSecret: () => true },
  { option: '-c', of: /^snmp/u, isSecret: () => true },
  { option: '-A', of: /^snmp/u, isSecret: () => true },
  { option: '-X', of: /^snmp/u, isSecret: () => true },
  { option: '-b', of: /^(?:curl)$/u, isSecret: (value) => value.includes('=') },
];
/** Words behind which the last of that many words is a secret: of these programs, or of any. */
const BEHIND: readonly { readonly word: RegExp; readonly of?: RegExp; readonly count: number }[] = [
  { word: /^(?:add_user|change_password|authenticate_user)$/u, count: 2 },
  { word: /^(?:requirepass|masterauth)$/iu, count: 1 },
  { word: /^password$/u, of: /^mysqladmin$/u, count: 1 },
  { word: /^set$/u, of: /^mc$/u, count: 3 },
  { word: /^set$/u, of: /^mc$/u, count: 4 },
];
const LOGIN_OF = /^(?:vault|bao|heroku|cf|oc|npm)$/u;
/** Programs whose input is users with their passwords. */
const TAKES_PASSWORDS = /^(?:chpasswd|htpasswd|mkpasswd|newusers)$/u;
const HEADERS = new Set(['-H', '--header', '--proxy-header', '--add-header']);

function isReference(value: string): boolean {
  return /^\$(?:\w{1,128}|\{\w{1,128}\}|\(\w{1,128}\))$/u.test(value) || value === '-' || value === '';
}

/** `a:b`, and neither the ids of a user and a group nor an address. */
function isUserWithPassword(value: string): boolean {
  return /^[^:/]{0,256}:(?!\/\/|\$)./u.test(value) && !/^\d{1,10}:\d{1,10}$/u.test(value);
}

function isNoPortOrPath(value: string): boolean {
  return !/^(?:\d[\d:./-]*(?:\/(?:tcp|udp))?|\.{0,2}\/.*|~.*|[\w.-]{1,64}:\d{1,5}|pid|tcp|udp)$/su.test(value);
}

/**
 * Which words of a command line are shown, as far as the words around them say so; `undefined` for those that have to be
 * judged by themselves.
 */
export function judgeArguments(words: readonly string[], judge: Judge): readonly (boolean | undefined)[] {
  const shown: (boolean | undefined)[] = words.map(() => undefined);
  let program = '';
  const isOf = (wanted: RegExp): boolean => wanted.test(program);
  for (const [index, word] of words.entries()) {
    const name = word.slice(word.lastIndexOf('/') + 1);
    if (TAKES_PASSWORDS.test(name)) return words.map(() => false);
    if (/^[a-z][\w.-]{1,40}$/u.test(name) && (shown[index] ?? true)) {
      const isProgram = [...OPTIONS, ...BEHIND].some(({ of }) => of?.test(name)) || LOGIN_OF.test(name);
      if (isProgram || index === 0) program = name;
    }
    if (shown[index] === undefined) shown[index] = judgeWord(word, judge);
    const next = words[index + 1];
    if (next === undefined || isReference(next)) continue;
    const verdict = judgeNext(word, next, isOf, judge);
    if (verdict !== undefined) shown[index + 1] = verdict;
    for (const { word: start, of, count } of BEHIND)
      if (start.test(word) && (of === undefined || isOf(of)) && index + count < words.length) shown[index + count] = false;
    if (word === 'login' && isOf(LOGIN_OF) && !next.startsWith('-')) shown[index + 1] = false;
  }
  return shown;
}

/** A word with a name in it: `--name=value`, `-Dname=value`, `NAME=value`, `-pvalue`, `pass:value`. */
function judgeWord(word: string, judge: Judge): boolean | undefined {
  const named = /^(?:-D|-P|-e|--?(?:set|env|e|var|define)[= ]|-{0,2})([A-Za-z_][\w.:@/[\]-]{0,255})=(.*)$/su.exec(word);
  if (named) {
    const [, name = '', value = ''] = named;
    if (isReference(value)) return true;
    if (OPTIONS.some(({ option, isSecret, of }) => of === undefined && option === `--${name}` && isSecret(value))) return false;
    return judge(value, name);
  }
  const glued = /^-p([^-=\s].*)$/su.exec(word);
  // `-pattern` and `-port` are options of another kind; a password is no word of lower case, or it is the only thing known.
  if (glued && isNoPortOrPath(glued[1] ?? '') && !isReference(glued[1] ?? ''))
    return /^(?:ort|ath|attern|refix|rofile|roto|rint|id|idfile|rog|latform|roject|arallel|ackage|lugin|retty|eers?|arent|erm|riority|rocesses|op|rod|roxy)\w{0,12}$/u.test(
      glued[1] ?? '',
    )
      ? undefined
      : false;
  const user = /^-u(?!=)(.*)$/su.exec(word)?.[1];
  if (/^pass:(?!\$)./u.test(word) || (user !== undefined && isUserWithPassword(user))) return false;
  return undefined;
}

/** What a word says about the one behind it. */
function judgeNext(word: string, next: string, isOf: (of: RegExp) => boolean, judge: Judge): boolean | undefined {
  if (HEADERS.has(word)) {
    const header = /^([\w-]{1,128}):\s*(.*)$/su.exec(next);
    return header ? judge(header[2] ?? '', header[1] ?? '') : undefined;
  }
  for (const { option, of, isSecret } of OPTIONS)
    if (word === option && (of === undefined || isOf(of))) return isSecret(next) ? false : undefined;
  const flag = /^--?([A-Za-z][\w.-]{1,127})$/u.exec(word)?.[1];
  if (flag !== undefined) {
    if (verdictOf(flag).says === 'none') return next.startsWith('-') ? undefined : judge(next, flag);
    // A password may begin with a dash, and an option has a letter behind it.
    return /^--?[A-Za-z][\w-]*(?:=|$)/u.test(next) ? undefined : judge(next, flag);
  }
  // A setting and its value, as in `configure set aws_secret_access_key X`.
  const isSetting = /^[a-z][a-z\d]{0,63}(?:[_.][a-z\d]{1,63}){1,8}$/u.test(word) && verdictOf(word).says === 'password';
  return isSetting && !next.startsWith('-') ? judge(next, word) : undefined;
}
