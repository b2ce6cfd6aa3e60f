import { cutText, sanitize } from './describe.ts';
import { HIDDEN, withoutOwnSecrets } from './secret.ts';
import { hasCredential } from './show/tokens.ts';

// Texts of others: ConfigHub, the API server, Git, the model, credential plugins, receivers, and what libraries say of all these.
// Everything here is linear in the length of a text, whatever it holds; test/types/patterns.test.ts looks at every pattern.

/** How much of a text is looked at, in characters. */
const LOOKED_AT = 16_384;
const SHOWN = 500;

/** Other people's words in one line, at most so long, without their secrets and without the objects that they quote. */
export function foreignText(text: string, length = SHOWN): string {
  const words = withoutNamedValues(withoutDumps(beginning(text, LOOKED_AT)));
  return cutText(sanitize(withoutKnownTokens(hideSecrets(words)).replaceAll(/\s+/gu, ' ').trim()), length);
}

/** A text with `***` in place of our own credentials and of what has the shape of one. */
export function hideSecrets(text: string): string {
  return TOKENS.reduce(
    (rest, [pattern, isSecret]) => {
      return rest.replaceAll(pattern, (found: string) => (isSecret && !isSecret(found) ? found : HIDDEN));
    },
    withoutOwnSecrets(text, HIDDEN),
  );
}

/** Word by word, by the same rules as values of objects; credentials of addresses are removed by now. */
function withoutKnownTokens(text: string): string {
  return text.replaceAll(/[^\s"'`]+/gu, (word) => (hasCredential(withoutCredentials(word)) ? HIDDEN : word));
}

/** The text that an address holds before its host, if any, taken out. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, '').replaceAll('//@', '//');
}

/** Up to the last `@` before the path: a password may hold one. */
const CREDENTIALS = /(?<=\/\/)[^\s/?#"'<>\\]+(?=@)/gu;

/** Texts in the form of a credential, at any place; with a second check if the pattern alone finds too much. */
const TOKENS: readonly (readonly [RegExp, ((found: string) => boolean)?])[] = [
  // To the end of its JSON text, so that a line of the log stays JSON.
  [/-----BEGIN [A-Z0-9 ]{1,40}-----(?:\\[nr]|[^"\\])*/gu],
  [CREDENTIALS],
  [/\bBearer\s+[\w.~+/=-]+/giu],
  [/\bBasic\s+[\w+/=-]{8,}/giu, (found) => Buffer.from(found.slice(6).trim(), 'base64').includes(':')],
  // JSON web tokens, signed and encrypted.
  [/(?<![\w-])[\w-]{11,}\.[\w-]{8,}\.[\w.-]*/gu, (found) => found.split('.').some((part) => part.includes('eyJ'))],
  // What issuers let their tokens begin with.
  [/(?<![A-Za-z0-9])(?:[spr]k|gh[pousr]|github_pat|gl(?:pat|ptt|dt|rt|soat|cbt|ft|oas)|xox[abeoprs]|xapp)[-_][\w-]{10,}/gu],
  [/(?<![A-Za-z0-9])(?:npm|hf|do[opr]_v1|shp(?:at|ss|ca|pa)|dckr_pat|lin_api|ntn|sntrys|figd|whsec)_[\w-]{10,}/gu],
  [/(?<![A-Za-z0-9])(?:pypi-|hv[sbr]\.|pat-)[\w-]{20,}/gu],
  [/(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Z])/gu],
  [/(?<![A-Za-z0-9])(?:AIza|ya29\.|SG\.|GOCSPX-|EAA[A-Z]|AGE-SECRET-KEY-)[\w.-]{20,}/gu],
  // What is not a word of a language: a long one of both cases and digits that is no path.
  [/(?<![\w+/=-])[\w+/=-]{24,}/gu, isRandom],
];

function isRandom(word: string): boolean {
  // `hash=...`, as in a query.
  const text = word.replace(/^[\w-]+=(?=[^=])/u, '');
  const hasAll = text.length >= 24 && /[a-z]/u.test(text) && /[A-Z]/u.test(text) && /\d/u.test(text);
  if (!hasAll || text.length === 40) return hasAll;
  // Names such as `PodTemplateSpecV1` have one digit, paths have slashes.
  return text.length - text.replaceAll(/\d/gu, '').length > 1 && (!text.includes('/') || /[+=]/u.test(text));
}

const STRONG =
  'password|passwd|passphrase|pwd|secret|token|api[-_ ]?key|(?:access|private|signing|encryption)[-_ ]?key|credentials?|cookie|signature|connection[-_ ]?string';
const WEAK = 'pass|pw|key|auth|authorization|sig|session|jwt|hmac|salt|dsn|code|value';
/** What the API server says of a field whose name looks as if a secret followed. */
const VERDICT = '(?!(?:Required|Invalid|Unsupported|Duplicate|Forbidden|Too|Not)\\b)';
/** In quotes, in quotes within JSON, or up to the end of the word. */
const QUOTED = String.raw`(?:"(?:[^"\\]|\\[^])*"?|\\"(?:[^"\\]|\\[^"])*(?:\\")?|'[^']*'?|\x60[^\x60]*\x60?)`;
const VALUE = String.raw`${VERDICT}(?:${QUOTED}|[^\s,;&"'\\]+)`;
const NAMED_VALUES: readonly RegExp[] = [
  // `PGPASSWORD=x`, `"api_key": "x"`, `pass=x`, `--token x`, `value "x"`.
  new RegExp(String.raw`(?<name>(?:${STRONG})[\w-]{0,32}\\?["']?\s{0,4}[=:]\s{0,4})${VALUE}`, 'giu'),
  new RegExp(String.raw`(?<name>(?<![A-Za-z])(?:${WEAK})\\?["']?=)${VALUE}`, 'giu'),
  new RegExp(String.raw`(?<name>-{1,2}[\w-]{0,32}(?:${STRONG})s?\s{1,4})${VALUE}`, 'giu'),
  new RegExp(String.raw`(?<name>(?<!\bsupported )\bvalues?\s{0,4}[=:]?\s{0,4})(?!""(?!"))${QUOTED}`, 'giu'),
  // The YAML readers of Go and the JSON reader of V8 quote what they cannot read.
  /(?<name>cannot unmarshal !!\w{1,16} )`[^`]*`?/gu,
  /(?<name>^Unexpected token .{1,4}, )[\s\S]*?(?= is not valid JSON|$)/gu,
];

function withoutNamedValues(text: string): string {
  return NAMED_VALUES.reduce((rest, pattern) => rest.replaceAll(pattern, `$<name>${HIDDEN}`), text);
}

/**
 * Without the objects that an API server quotes where it refuses one, with all their env values: Go's `v1.Container{...}`,
 * `map[...]`, lists, JSON, and the context of a place that could not be read (`...|...|...`).
 */
function withoutDumps(text: string): string {
  let shown = '';
  let from = 0;
  OPENING.lastIndex = 0;
  for (let found = OPENING.exec(text); found; found = OPENING.exec(text)) {
    const start = OPENING.lastIndex;
    const end = found[0] === '...|' ? endOfContext(text, start) : endOfBlock(text, start, found[0].endsWith('{') ? '{}' : '[]');
    if (isHarmless(text, start, end)) continue;
    shown += text.slice(from, start) + HIDDEN;
    from = end;
    OPENING.lastIndex = end;
  }
  return shown + text.slice(from);
}

const OPENING = /\{|\bmap\[|value: \[|\.\.\.\|/gu;

/** Nothing, what is hidden already, a repetition within a pattern, the key of a Go map, a character as `sanitize` writes it. */
function isHarmless(text: string, start: number, end: number): boolean {
  if (end - start > 12) return false;
  const inside = text.slice(start, end);
  return /^(?:\*{3}|\d*,\d*|string)?$/u.test(inside) || (text.startsWith('\\u{', start - 3) && /^[0-9a-f]+$/u.test(inside));
}

/** The end of the place that a JSON parser could not read; the message has it twice, with less and more context. */
function endOfContext(text: string, start: number): number {
  const last = text.lastIndexOf('|...');
  return last < start ? text.length : last;
}

/** Where the block closes that begins there; the end of the text where it does not. */
function endOfBlock(text: string, start: number, [open, close]: string): number {
  let depth = 1;
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === open) depth++;
    else if (character === close && --depth === 0) return at;
  }
  return text.length;
}

/** The first characters, up to the last whole word: half a secret has no longer the shape of one. */
function beginning(text: string, length: number): string {
  if (text.length <= length) return text;
  let end = length;
  while (end > 0 && !/\s/u.test(text[end] ?? '')) end--;
  return end === 0 ? HIDDEN : text.slice(0, end);
}
