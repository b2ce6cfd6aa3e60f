// Names and their values in texts of any kind: in a line, and across lines. Each pattern is one walk over the text: every
// repetition is bounded or stops where the next one may begin.

export type Pair = readonly [name: string, value: string];

const WHOLE_LINE =
  /^[\s>-]{0,64}(?:#+|\/\/+|;+|--|export|set|ENV|ARG)?\s{0,16}["']?([\w.\-/$@[\]]{1,128})["']?\s{0,16}(?::=|=>|[=:])\s{0,16}(\S.*)$/u;
/** `ENV NAME value`, `setx NAME value` */
const SET_LINE = /^(?:setx?|setenv|env|arg|export)\s{1,16}(\w{1,128})\s{1,16}(\S.*)$/iu;

/** Every name and value, also of a value that is such a pair itself. */
const EVERY_PAIR =
  /([\w.\-$@]{1,128})["'%]?\]?\s{0,4}(?:->|<<<|!==?|===?|=~|[=:])\s{0,4}(?=("[^"\n]{0,512}"|'[^'\n]{0,512}'|[^\s,;&|"'<>]{0,512}))/gu;
/** `set("password", "...")` and `setPassword("...")` */
const CALL = /\(\s?["']([\w.-]{1,80})["'],\s?["']([^"'\n]{1,400})["']/gu;
const SETTER = /\b(?:set|with)_?([A-Z_]\w{1,80})\(\s?["']([^"'\n]{1,400})["']/gu;
/** `s/@PASSWORD@/.../` of sed */
const SUBSTITUTE = /\bs[/|#]([^\s/|#]{1,80})[/|#]([^/|#\n]{1,200})[/|#]/gu;
/** A setting and its value with a blank between, as most programs have it: no word of a sentence is written so. */
const DIRECTIVE =
  /(?<![^\s("'`])\$?((?:[a-z\d]{1,40}[_-]){1,8}[a-z\d]{1,40}|(?:[A-Z][A-Za-z\d]{0,40}-){1,8}[A-Z][A-Za-z\d]{0,40}|[a-z]{1,40}(?:pw|community)|pw|pwd|passwd|psk)\s{1,16}(?=(["']?[^\s"';(){}]{1,200}))/gu;
/** Two words that are a line. */
const TWO_WORDS = /^\s*["']?(\p{L}[\p{L}\d.-]{1,40})["']?\s{1,16}(["']?[^\s"';{}]{1,200})["']?;?\s*$/u;
const IN_LINE = [EVERY_PAIR, CALL, SETTER, SUBSTITUTE];

/** The names in one line, each with its value. */
export function* pairsOfLine(line: string): Generator<Pair> {
  for (const form of [WHOLE_LINE, SET_LINE]) {
    const [, name, value] = form.exec(line) ?? [];
    if (name !== undefined && value !== undefined) yield [name, value];
  }
  for (const form of IN_LINE) for (const [, name = '', value = ''] of line.matchAll(form)) yield [name, value];
}

/** The names in one line that may be settings, each with the word behind it, which is not an option. */
export function* directivesOf(line: string): Generator<Pair> {
  const [, first, second] = TWO_WORDS.exec(line) ?? [];
  if (first !== undefined && second !== undefined) yield [first, second];
  for (const [, name = '', value = ''] of line.matchAll(DIRECTIVE))
    if (!/^["']?(?:-|[|&<>=:]|!=)/u.test(value)) yield [name, value];
}

const XML: readonly RegExp[] = [
  /<([\w:.-]{1,80})(?:\s[^<>]{0,200})?>([^<>]{1,400})<\//gu,
  /\b(?:name|key)\s?=\s?"([^"<>]{1,80})"[^<>"]{0,80}\bvalue\s?=\s?"([^"<>]{1,400})"/gu,
  /<([\w:.-]{1,80})\s[^<>]{0,120}\bvalue\s?=\s?"([^"<>]{1,400})"/giu,
  // `<property name="password"><value>...`, `<Set name="password">...`
  /\b(?:name|key|id)\s?=\s?["']([^"'<>]{1,80})["'][^<>]{0,80}>\s{0,80}(?:<[\w:.-]{1,40}>\s{0,80})?([^<>]{1,400})</gu,
  // `<key>password</key><string>...`
  />\s{0,80}([^<>]{1,80})<\/[\w:.-]{1,40}>\s{0,80}<[\w:.-]{1,40}>([^<>]{1,400})</gu,
];

/** The names in elements of a text, each with its value, on however many lines. */
export function* pairsOfElements(text: string): Generator<Pair> {
  if (!text.includes('</') && !text.includes('/>')) return;
  const plain = text.replaceAll(/<!\[CDATA\[|\]\]>/gu, '');
  for (const form of XML) for (const [, name = '', value = ''] of plain.matchAll(form)) yield [name, value.trim()];
}

/** A line whose values stand on the next ones: `passwords:`, `password: |`, `variable "db_password" {`. */
const OPENS = /^(\s*)(?:-\s+)?(\S.{0,126}?)["']?\s*(?:[:=]\s*)?(?:[:={[(]|[|>][+-]?\d?)\s*$/u;
const ENTRY = /^(?:-\s+)?["']?([\w.-]{1,80})["']?\s{0,16}(?:=>|[:=])\s{0,16}(\S.*)$/u;

/** Values that stand below the line with their name, further to the right, or in a list. */
export function* pairsBelow(lines: readonly string[]): Generator<Pair> {
  let open: { readonly indent: number; readonly name: string } | undefined;
  let isNext = false;
  for (const line of lines) {
    const text = line.trim();
    if (text === '') continue;
    const indent = line.length - line.trimStart().length;
    // A word alone right behind it, as in a letter.
    if (
      open !== undefined &&
      (indent > open.indent || (indent === open.indent && /^-\s/u.test(text)) || (isNext && /^[^\s:={}()[\]<>]+$/u.test(text)))
    ) {
      const [, field, value] = ENTRY.exec(text) ?? [];
      if (field !== undefined && value !== undefined) yield [`${open.name} ${field}`, value];
      else if (/^[^\s{}()[\]]{2,200}$/u.test(text.replace(/^-\s+/u, '')))
        yield [open.name, text.replace(/^-\s+/u, '').replace(/,$/u, '')];
    } else open = undefined;
    const [, blanks, name] = OPENS.exec(line) ?? [];
    isNext = blanks !== undefined && name !== undefined;
    if (blanks !== undefined && name !== undefined) open = { indent: blanks.length, name };
  }
}

/** Most columns of a table whose head is looked at. */
const MOST_COLUMNS = 64;

/** The cells of tables whose first line says what is in them: CSV, Markdown, `INSERT INTO`. */
export function* pairsOfTables(lines: readonly string[], isOfInterest: (name: string) => boolean): Generator<Pair> {
  const text = lines.join('\n');
  for (const [, head = '', row = ''] of text.matchAll(
    /\binto\s{1,8}\S{1,128}\s{0,8}\(([^()]{1,1000})\)\s{0,8}values\s{0,8}\(([^()]{1,1000})\)/giu,
  ))
    yield* cells(head.split(','), row.split(','), isOfInterest);
  for (const sign of [',', ';', '|', '\t']) {
    const head = (lines[0] ?? '').split(sign);
    if (head.length < 2 || head.length > MOST_COLUMNS || !head.every((cell) => /^"?[\p{L}\d_ .-]{0,60}"?$/u.test(cell.trim())))
      continue;
    for (const line of lines.slice(1)) {
      const row = line.split(sign);
      if (row.length === head.length) yield* cells(head, row, isOfInterest);
    }
  }
}

function* cells(head: readonly string[], row: readonly string[], isOfInterest: (name: string) => boolean): Generator<Pair> {
  for (const [index, name] of head.entries())
    if (isOfInterest(name)) yield [name.trim(), (row[index] ?? '').trim().replace(/^-+$/u, '')];
}
