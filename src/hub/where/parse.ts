import { badRequest } from '../errors.ts';
import {
  type ComparisonOperator,
  comparisonOperators,
  type Literal,
  type Operand,
  type Subject,
  type Term,
  type Where,
} from './syntax.ts';
import { type Grammar, PARAMETER, type Token, tokenize } from './tokens.ts';

/** Reads the whole grammar of `where` (reference, section 3.1); a syntax error names its position. Empty text holds for everything. */
export function parseWhere(text: string, grammar: Grammar = 'attributes'): Where {
  const cursor = new Cursor(tokenize(text, grammar), PARAMETER[grammar]);
  if (cursor.peek().kind === 'end') return [];
  const terms = [parseTerm(cursor)];
  while (cursor.peek().kind !== 'end') {
    cursor.expectWord('AND');
    terms.push(parseTerm(cursor));
  }
  return terms;
}

class Cursor {
  readonly #tokens: readonly Token[];
  /** Names the parameter in messages. */
  readonly #parameter: string;
  #index = 0;

  constructor(tokens: readonly Token[], parameter: string) {
    this.#tokens = tokens;
    this.#parameter = parameter;
  }

  peek(): Token {
    // tokenize ends every list with `end`, which `next` never passes.
    return this.#tokens[this.#index] as Token;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#index += 1;
    return token;
  }

  takeWord(word: string): boolean {
    const token = this.peek();
    if (token.kind !== 'path' || token.text !== word) return false;
    this.next();
    return true;
  }

  takeSymbol(symbol: string): boolean {
    const token = this.peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.next();
    return true;
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(word);
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected(symbol);
  }

  unexpected(wanted: string, token = this.peek()): Error {
    const found = token.kind === 'end' ? token.text : `"${token.text}"`;
    const hint = token.text === 'OR' ? '; OR does not exist, use IN (...)' : '';
    return badRequest(`${this.#parameter}: expected ${wanted} at position ${token.position}, found ${found}${hint}`);
  }
}

function parseTerm(cursor: Cursor): Term {
  const subject = parseSubject(cursor);
  if (cursor.takeWord('IS')) {
    const negated = cursor.takeWord('NOT');
    cursor.expectWord('NULL');
    return { kind: 'null', subject, negated };
  }
  if (cursor.takeSymbol('?')) return { kind: 'member', subject, value: parseLiteral(cursor) };
  if (cursor.takeWord('IN')) return parseIn(cursor, subject, false);
  if (cursor.takeWord('NOT')) {
    if (cursor.takeWord('IN')) return parseIn(cursor, subject, true);
    if (cursor.takeWord('LIKE')) return parseComparison(cursor, subject, 'NOT LIKE');
    if (cursor.takeWord('ILIKE')) return parseComparison(cursor, subject, 'NOT ILIKE');
    throw cursor.unexpected('IN, LIKE or ILIKE');
  }
  return parseComparison(cursor, subject, parseOperator(cursor));
}

function parseSubject(cursor: Cursor): Subject {
  const token = cursor.next();
  if (token.kind !== 'path') throw cursor.unexpected('an attribute', token);
  if (token.text !== 'LEN' || !cursor.takeSymbol('(')) return { path: token.path, length: false, position: token.position };
  const inner = cursor.next();
  if (inner.kind !== 'path') throw cursor.unexpected('an attribute', inner);
  cursor.expectSymbol(')');
  return { path: inner.path, length: true, position: inner.position };
}

const spellings: Readonly<Record<string, ComparisonOperator>> = {
  '~~': 'LIKE',
  '!~~': 'NOT LIKE',
  '~~*': 'ILIKE',
  '!~~*': 'NOT ILIKE',
};

function parseOperator(cursor: Cursor): ComparisonOperator {
  const { text } = cursor.peek();
  const operator = comparisonOperators.find((candidate) => candidate === text) ?? spellings[text];
  if (operator === undefined) throw cursor.unexpected('an operator');
  cursor.next();
  return operator;
}

function parseComparison(cursor: Cursor, subject: Subject, operator: ComparisonOperator): Term {
  const operand = parseOperand(cursor);
  return { kind: 'comparison', subject, operator, operand, orAbsent: parseOrAbsent(cursor) };
}

function parseIn(cursor: Cursor, subject: Subject, negated: boolean): Term {
  cursor.expectSymbol('(');
  const values = [parseLiteral(cursor)];
  while (cursor.takeSymbol(',')) values.push(parseLiteral(cursor));
  cursor.expectSymbol(')');
  return { kind: 'in', subject, negated, values, orAbsent: parseOrAbsent(cursor) };
}

function parseOrAbsent(cursor: Cursor): boolean {
  if (!cursor.takeWord('IS')) return false;
  cursor.expectWord('NOT');
  cursor.expectWord('FALSE');
  return true;
}

function parseOperand(cursor: Cursor): Operand {
  const token = cursor.peek();
  if (token.kind !== 'path' || token.text === 'true' || token.text === 'false') return parseLiteral(cursor);
  cursor.next();
  return { kind: 'attribute', path: token.path, position: token.position };
}

function parseLiteral(cursor: Cursor): Literal {
  const token = cursor.peek();
  if (token.kind === 'string') {
    cursor.next();
    return { kind: 'string', value: token.value };
  }
  if (token.kind === 'integer') {
    cursor.next();
    return { kind: 'integer', value: token.value };
  }
  if (cursor.takeWord('true')) return { kind: 'boolean', value: true };
  if (cursor.takeWord('false')) return { kind: 'boolean', value: false };
  throw cursor.unexpected("a 'string', an integer, true or false");
}
