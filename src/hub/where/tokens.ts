import { badRequest } from '../errors.ts';

export type Token =
  | { readonly kind: 'path'; readonly path: readonly string[]; readonly text: string; readonly position: number }
  | { readonly kind: 'string'; readonly value: string; readonly text: string; readonly position: number }
  | { readonly kind: 'integer'; readonly value: number; readonly text: string; readonly position: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly position: number }
  | { readonly kind: 'end'; readonly text: string; readonly position: number };

// Longest first, so that `!~~*` is not read as `!~` and more.
const symbols = ['!~~*', '!~~', '~~*', '!~*', '~~', '~*', '!~', '!=', '<=', '>=', '=', '<', '>', '~', '?', '(', ')', ','];
const space = /\s+/uy;
const integer = /\d+/uy;
const string = /'([^'"\\]*)'/uy;
const segment = String.raw`(?:'[^'"\\]*'|[A-Za-z0-9_/-]+)`;
const path = new RegExp(String.raw`[A-Za-z_][A-Za-z0-9_]*(?:\.${segment})*`, 'uy');
const segments = new RegExp(segment, 'gu');
// Into YAML documents: `spec.template.spec.containers.?name=app.|image#reference`, `metadata.annotations.example~1com/key`.
const dataSegment = String.raw`\|?(?:\?[\w/~-]+=[^.\s#'"\\]+|\*|[\w/~-]+)`;
const dataPath = new RegExp(String.raw`(?![0-9])${dataSegment}(?:\.${dataSegment})*(?:#[a-z]+)?`, 'uy');

/** What a path leads through: attributes of entities, or fields of the documents in a unit's data. */
export type Grammar = 'attributes' | 'data';

/** The query parameter that is written in it. */
export const PARAMETER = { attributes: 'where', data: 'where_data' } as const satisfies Record<Grammar, string>;

/** Splits `where` text into tokens, ending with one of kind `end`. */
export function tokenize(text: string, grammar: Grammar = 'attributes'): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(text) ?? undefined;
    if (match) position = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(space);
    const start = position;
    if (start === text.length) return [...tokens, { kind: 'end', text: 'the end', position: start }];
    tokens.push(
      nextToken(text, start, grammar, take, (length) => {
        position += length;
      }),
    );
  }
}

function nextToken(
  text: string,
  start: number,
  grammar: Grammar,
  take: (pattern: RegExp) => RegExpExecArray | undefined,
  skip: (length: number) => void,
): Token {
  const quoted = take(string);
  if (quoted) return { kind: 'string', value: quoted[1] ?? '', text: quoted[0], position: start };
  const digits = take(integer);
  if (digits) {
    if (digits[0].length > 10)
      throw badRequest(`${PARAMETER[grammar]}: integer ${digits[0]} at position ${start} has more than 10 digits`);
    return { kind: 'integer', value: Number(digits[0]), text: digits[0], position: start };
  }
  const word = take(grammar === 'data' ? dataPath : path);
  if (word) {
    const parts = grammar === 'data' ? word[0].split('.') : splitPath(word[0]);
    return { kind: 'path', path: parts, text: word[0], position: start };
  }
  const symbol = symbols.find((candidate) => text.startsWith(candidate, start));
  if (symbol === undefined) {
    const hint =
      text[start] === "'"
        ? 'a string that does not end, or that holds a quote or backslash'
        : `unexpected ${JSON.stringify(text[start])}`;
    throw badRequest(`${PARAMETER[grammar]}: ${hint} at position ${start}`);
  }
  skip(symbol.length);
  return { kind: 'symbol', text: symbol, position: start };
}

function splitPath(text: string): readonly string[] {
  return (text.match(segments) ?? []).map((part) => (part.startsWith("'") ? part.slice(1, -1) : part));
}
