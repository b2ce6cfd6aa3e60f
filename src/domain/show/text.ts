import { loadAll } from 'js-yaml';
import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import { AMOUNT, DIGITS, isPlainAtom, SWITCH } from './atoms.ts';
import { judgeArguments, shellWords } from './command-line.ts';
import { hasKnownToken } from './detector.ts';
import { namesPassword, namesUsers, verdictOf } from './names.ts';
import { directivesOf, pairsBelow, pairsOfElements, pairsOfLine, pairsOfTables } from './pairs.ts';
import { namedPlace } from './places.ts';
import { isReference, isTakenBack, mayBeShownBeside, unquoted, withoutFileReads } from './taken-back.ts';
import { hasCredential, withoutCertificates } from './tokens.ts';
import { decodeText, shownTree } from './tree.ts';

/** Longer texts are not judged, and so not shown. */
const MOST_CHARACTERS = 16_384;
const MOST_LINES = 1_000;
/** JSON in base64 in YAML, and a command in it. */
const MOST_DEPTH = 5;

/** How texts are written inside of others, and how they read there. */
const WRITTEN: readonly (readonly [RegExp, (text: string) => string])[] = [
  [/%[0-9a-f]{2}/iu, (text) => text.replaceAll(/%([0-9a-f]{2})/giu, (_, code: string) => character(code, 16))],
  [
    /\\["'/]|\\u[0-9a-f]{4}/iu,
    (text) =>
      text.replaceAll(/\\(?:u([0-9a-f]{4})|(["'/]))/giu, (_, code?: string, sign = '') =>
        code === undefined ? sign : character(code, 16),
      ),
  ],
  [
    /&(?:#\d{2,5}|#x[0-9a-f]{2,4}|quot|apos|amp);/iu,
    (text) =>
      text.replaceAll(/&(?:#(\d{2,5})|#x([0-9a-f]{2,4})|(quot|apos|amp));/giu, (_, decimal?: string, hex?: string) =>
        decimal !== undefined ? character(decimal, 10) : hex !== undefined ? character(hex, 16) : '"',
      ),
  ],
];

const character = (code: string, base: number): string => String.fromCharCode(Number.parseInt(code, base));

/** Whether a text may be shown as the value of this name. Takes time in proportion to its length. */
export function isHarmlessText(given: string, name: string, depth = 0): boolean {
  if (given.length > MOST_CHARACTERS || depth > MOST_DEPTH) return false;
  const text = withoutFileReads(withoutCertificates(given).trim());
  if (text === '' || isReference(text)) return true;
  const bare = unquoted(text);
  const verdict = verdictOf(name);
  if (verdict.says !== 'none' && !isTakenBack(bare, verdict, name)) return false;
  if (SWITCH.test(bare) || DIGITS.test(bare) || AMOUNT.test(bare)) return true;
  if (hasCredential(text) || hasKnownToken(text) || (namesUsers(name) && USER_WITH_PASSWORD.test(bare))) return false;
  const judge = (inner: string, innerName: string): boolean => isHarmlessText(inner, innerName, depth + 1);
  for (const [form, read] of WRITTEN) if (form.test(text) && !judge(read(text), name)) return false;
  if (/^[[{]|\n/u.test(text) && !isHarmlessInside(text, name, judge)) return false;
  const lines = text.split(/\r?\n|\\n/u);
  return lines.length <= MOST_LINES && isHarmlessAcross(text, lines) && lines.every((line) => isHarmlessLine(line, name, judge));
}

/** Whether a key of an object is a secret itself, as in a map from tokens to people; `above` is the name of the map. */
export function isSecretKey(key: string, above: string): boolean {
  return hasCredential(key) || hasKnownToken(key) || (namesPassword(above) && !isPlainAtom(key, 'name'));
}

/** `joe:sunshine,ann:...`, and neither ids nor a name and its group. */
const USER_WITH_PASSWORD = /^([\w.-]{1,64}):(?!\1(?![^,]))(?!\d{1,10}(?![^,]))[^\s:/,]{4,128}(?![^,])/u;

/** Names that stand on another line than their values. */
function isHarmlessAcross(text: string, lines: readonly string[]): boolean {
  for (const [name, value] of pairsOfElements(text)) if (!mayBeShownBeside(name, value)) return false;
  for (const [name, value] of pairsBelow(lines)) if (namesPassword(name) && !mayBeShownBeside(name, value)) return false;
  for (const [name, value] of pairsOfTables(lines, namesPassword)) if (!mayBeShownBeside(name, value)) return false;
  return true;
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
    if (shownTree(document, undefined, namedPlace(name), { isHarmless: judge, isSecretKey, hide }) === undefined) return false;
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

const PAIR =
  /(?<![\w.\-/$@])["']?([\w.\-/$@[\]]{1,128})["']?\s{0,4}(?::=|=>|[=:](?!\/\/))\s{0,4}("[^"\n]{0,4096}"|'[^'\n]{0,4096}'|[^\s,;&|"'<>]{1,4096})/gu;
/** Words between a name and its value in a sentence. */
const FILLER = /^(?:is|to|as|of|was|set|=|:|->)$/iu;
/** Words that may follow `password is` and are not the password. */
const HARMLESS_WORDS = new Set(
  `a an the your my our this that not no now only too very so also already still being case used sent stored kept hashed encrypted encoded hidden
  unknown known correct required optional missing empty valid invalid wrong incorrect weak strong short long expired unset changed needed
  be is or and in on by for from at with as something another`.split(/\s+/u),
);
/** What follows it in the texts of buttons and titles. */
const TITLES = /^(?:change|changed|update|settings|help|strength|confirm|confirmation|required|vergessen|oublie|\S*\?)$/iu;

/** Whether a word, and the one right behind it, may be a setting and its value. */
function namesSetting(key: string, value: string): boolean {
  const { says, unless } = verdictOf(key);
  if (
    says === 'none' ||
    unless !== undefined ||
    TITLES.test(value) ||
    verdictOf(`${key} ${unquoted(value)}`).unless !== undefined
  )
    return false;
  return says === 'password' || (/[_-]|community$/u.test(key) && verdictOf(key.replace(/^.*[_-]/u, '')).says !== 'none');
}

function isHarmlessLine(line: string, name: string, judge: Judge): boolean {
  const text = line
    .trim()
    .replaceAll(/(?:@|\b)sha(?:1|224|256|384|512):[0-9a-f]{7,128}\b/giu, ' ')
    .replaceAll(CLOUD_NAME, ' ')
    .replaceAll(IMAGE_WITH_VERSION, ' $1 ')
    .replaceAll(/(?<=[:@=])[~^](?=\d)/gu, '');
  if (text.trim() === '') return true;
  for (const [key, value] of pairsOfLine(text)) if (!mayBeShownBeside(key, value)) return false;
  for (const [key, value] of directivesOf(text)) if (namesSetting(key, value) && !mayBeShownBeside(key, value)) return false;
  if (/(?:^|\s)-{1,2}[A-Za-z]|^[\w/.-]{1,64}\s/u.test(text)) {
    const words = shellWords(text);
    const judged = words.length > 1 || text.startsWith('-') ? judgeArguments(words, judgeOnlyNamed(judge)) : [];
    if (judged.includes(false)) return false;
  }
  let isHarmless = true;
  const rest = text.replaceAll(PAIR, (pair, key: string, value: string) => {
    if (!mayBeShownBeside(key, value) || !areHarmlessAtoms(unquoted(value), `${name} ${key}`, judge)) isHarmless = false;
    // Both stay words of the sentence that they stand in.
    return /^["']?[\w.-]+["']?:\s/u.test(pair) ? ' ' : ` ${key} `;
  });
  return isHarmless && !containsNamedSecret(text) && areHarmlessAtoms(rest, name, judge);
}

/** In a line only names decide what is behind an option; its words are judged with all others. */
function judgeOnlyNamed(judge: Judge): Judge {
  return (text, name) => mayBeShownBeside(name, text) && (!/\s/u.test(text) || judge(text, name));
}

/** `password hunter2`, `the token is a1b2c3`: a secret word, and right behind it what is no word. */
function containsNamedSecret(text: string): boolean {
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
    const before = words[next - 1] ?? '';
    const value = (words[next] ?? '').replace(/[.,;:)]{1,3}$/u, '');
    // A path in a store, as in `with secret "secret/data/shop"`.
    if (/^["'`]\S/u.test(value)) return !/^["'`][a-z\d-]+(?:\/[a-z\d-]+)+["'`]$/u.test(value);
    const isAssigned = /^(?:is|was)$/iu.test(before) || (/^to$/iu.test(before) && next === words.length - 1);
    if (isAssigned && value !== '' && !HARMLESS_WORDS.has(value.toLowerCase())) return true;
    return (
      value.length >= 4 &&
      /\d/u.test(value) &&
      /\p{L}|[!@#$%^&*]/u.test(value) &&
      !AMOUNT.test(value) &&
      !/^v?\d+(?:\.\d+)+/u.test(value)
    );
  });
}

/** What a cloud calls a thing of its own: neither account nor kind of it is the name of a setting. */
const CLOUD_NAME = /\barn:aws[a-z-]{0,12}:[a-z\d-]{1,32}:[a-z\d-]{0,32}:\d{0,12}:(?:[a-z-]{1,32}[:/])?(?=[\w./:-])/gu;

/** `registry.example/team/token-service:1.2.3` */
const IMAGE_WITH_VERSION =
  /(?<![\w./@:-])([a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,6}(?::\d{2,5})?(?:\/[a-z\d._-]{1,64}){1,8}):v?\d{1,6}(?:\.\d{1,6}){1,3}(?![\w@])/gu;

const REFERENCES =
  /\$\{[\w.]{0,128}\}|\$\([\w.]{1,128}\)|(?<![A-Za-z\d$])\$(?:[A-Z]{1,64}(?:_[A-Z\d]{1,64}){0,12}|[a-z][a-z_]{0,63}|\d)(?!\w)|%[A-Z_]{2,64}(?:\([\w:?.-]{0,80}\))?%|\{\{[^{}]{0,128}\}\}|%[-#+\d.]{0,6}[>]?(?:\{[^{}]{0,64}\})?[A-Za-z]{1,6}(?![\dA-Fa-f])/gu;

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
    decoded !== undefined &&
    !/^[^\s:]{1,64}:[^\s:]{1,256}$/u.test(decoded) &&
    /^[\p{L}\p{N}\p{P}\p{S}\s]+$/u.test(decoded) &&
    /[ -~]{4}/u.test(decoded) &&
    judge(decoded, name)
  );
}
