import { namesPassword, verdictOf } from './names.ts';

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
  { option: '-U', isSecret: (value) => isUserWithPassword(value) || value.includes('%') },
  { option: '-u', of: /^lftp$/u, isSecret: (value) => value.includes(',') },
  { option: '-u', isSecret: isUserWithPassword },
  { option: '-a', of: /^https?$/u, isSecret: isUserWithPassword },
  { option: '-N', of: /^ssh-keygen$/u, isSecret: () => true },
  { option: '-s', of: /^(?:slappasswd|ldappasswd)$/u, isSecret: () => true },
  { option: '-r', of: /^gitlab-runner$/u, isSecret: () => true },
  { option: '-t', of: /^(?:influx|k3s)$/u, isSecret: () => true },
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
  { option: '-k', of: /^(?:openssl|gsutil|nuget)$/u, isSecret: isNoPortOrPath },
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
  { word: /^AUTH$/u, of: /^(?:redis-cli|valkey-cli|keydb-cli)$/u, count: 1 },
  { word: /^(?:unseal|unwrap|authtoken|obscure)$/u, of: /^(?:vault|bao|ngrok|rclone)$/u, count: 1 },
  { word: /^com2sec6?$/u, count: 3 },
  { word: /^createUser$/u, count: 3 },
  { word: /^add$/u, of: /^mc$/u, count: 3 },
  { word: /^set$/u, of: /^mc$/u, count: 3 },
  { word: /^set$/u, of: /^mc$/u, count: 4 },
];
/** What an option like this takes was written by the words before it. */
const STDIN = /^--?[a-z-]{0,24}(?:password|passphrase|token|secret)-(?:stdin|fd)(?:=\d)?$/u;
const LOGIN_OF = /^(?:vault|bao|heroku|cf|oc|npm)$/u;
/** Programs whose input is users with their passwords. */
const TAKES_PASSWORDS = /^(?:chpasswd|htpasswd|mkpasswd|newusers|mosquitto_passwd|wpa_passphrase|passwd)$/u;
const HEADERS = new Set(['-H', '--header', '--proxy-header', '--add-header']);

/** A word that may be a setting: `aws_secret_access_key`, `reset-admin-password`, `db/password`, and not a kind as `secret`. */
const SETTING =
  /^[\w./:-]{0,128}?(?<=^|[./:-])_?[a-z\d]{1,63}(?:[_.-][a-z\d]{1,63}){1,8}$|^[\w./:-]{1,128}[./:]_?[A-Za-z\d]{1,64}$/u;

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
    if (/^(?:\/\w{1,32}\/(?:\w{1,32}\/)?)?[\w-]+$/u.test(word) && TAKES_PASSWORDS.test(name) && !word.startsWith('/etc/'))
      return words.map(() => false);
    if (STDIN.test(word)) return words.map(() => false);
    if (/^[a-z][\w.-]{1,40}$/u.test(name) && (shown[index] ?? true)) {
      const isProgram = [...OPTIONS, ...BEHIND].some(({ of }) => of?.test(name)) || LOGIN_OF.test(name);
      if (isProgram || index === 0) program = name;
    }
    if (shown[index] === undefined) shown[index] = isGluedSecret(word, isOf) ? false : judgeWord(word, judge);
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

/** `-Ppassword` of a program whose `-P` takes one, and what `echo` writes of a user and a password. */
function isGluedSecret(word: string, isOf: (of: RegExp) => boolean): boolean {
  if (isOf(/^(?:echo|printf)$/u)) return /^[\w.-]{1,64}:[^\s:/]{4,}$/u.test(word) && isUserWithPassword(word);
  if (isOf(/^sqlplus$/u)) return /^[^\s/@-][^\s/@]{0,63}\/[^\s/]/u.test(word);
  return OPTIONS.some(
    ({ option, of, isSecret }) =>
      of !== undefined &&
      isOf(of) &&
      /^-[PwAXNa]$/u.test(option) &&
      word.length > 2 &&
      word.startsWith(option) &&
      isSecret(word.slice(2)),
  );
}

/** A word with a name in it: `--name=value`, `-Dname=value`, `NAME=value`, `-pvalue`, `pass:value`. */
function judgeWord(word: string, judge: Judge): boolean | undefined {
  const named = /^(?:-D|-P|-e|--?(?:set|env|e|var|define)[= ]|-{0,2})([A-Za-z_][\w.:@/[\]-]{0,255})=(.*)$/su.exec(word);
  if (named) {
    const [, name = '', value = ''] = named;
    if (isReference(value)) return true;
    // A whole command, for which a variable is set.
    if (/^"?\$\w{1,128}"?\s/u.test(value)) return undefined;
    const letter = /^-([DPe])/u.exec(word)?.[1];
    if (letter !== undefined && !judge(value, `${letter}${name}`)) return false;
    if (OPTIONS.some(({ option, isSecret, of }) => of === undefined && option === `--${name}` && isSecret(value))) return false;
    return judge(value, ofOption(name));
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

/** In an object `key` names something; the option of a command takes the key itself. */
function ofOption(name: string): string {
  return /^keys?$/iu.test(name) ? `api ${name}` : name;
}

/** What a word says about the one behind it. */
function judgeNext(word: string, next: string, isOf: (of: RegExp) => boolean, judge: Judge): boolean | undefined {
  if (HEADERS.has(word)) {
    const header = /^([\w-]{1,128}):\s*(.*)$/su.exec(next);
    return header ? judge(header[2] ?? '', header[1] ?? '') : undefined;
  }
  // Of several letters behind one dash the last one takes what follows.
  const letter = /^-[A-Za-z]{2,8}$/u.test(word) && isOf(/^curl$/u) ? `-${word.at(-1)}` : word;
  for (const { option, of, isSecret } of OPTIONS)
    if (letter === option && (of === undefined || isOf(of))) return isSecret(next) ? false : undefined;
  const flag = /^--?([A-Za-z][\w.-]{1,127})$/u.exec(word)?.[1];
  if (flag !== undefined) {
    if (verdictOf(flag).says === 'none') return next.startsWith('-') ? undefined : judge(next, flag);
    // A password may begin with a dash, and an option has a letter behind it.
    return /^--?[A-Za-z][\w-]*(?:=|$)/u.test(next) ? undefined : judge(next, ofOption(flag));
  }
  // A setting and its value, as in `configure set aws_secret_access_key X`.
  const isSetting = SETTING.test(word) && namesPassword(word.slice(word.lastIndexOf('/') + 1));
  return isSetting && !next.startsWith('-') ? judge(next, word) : undefined;
}
