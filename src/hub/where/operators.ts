import { isNumber, type Json } from '../../domain/json.ts';
import type { AttributeType } from '../entities/definition.ts';
import { matches } from './pattern.ts';
import type { ComparisonOperator } from './syntax.ts';

/** Whether `left operator right` holds; both are present and of the attribute's type. */
export function test(operator: ComparisonOperator, type: AttributeType, left: Json, right: Json): boolean {
  switch (operator) {
    case '=':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compare(operator, type, left, right);
    case 'LIKE':
      return like(String(left), String(right));
    case 'NOT LIKE':
      return !like(String(left), String(right));
    case 'ILIKE':
      return like(String(left).toLowerCase(), String(right).toLowerCase());
    case 'NOT ILIKE':
      return !like(String(left).toLowerCase(), String(right).toLowerCase());
    case '~':
      return matches(String(left), String(right), false);
    case '!~':
      return !matches(String(left), String(right), false);
    case '~*':
      return matches(String(left), String(right), true);
    case '!~*':
      return !matches(String(left), String(right), true);
  }
}

export function compare(operator: '=' | '!=' | '<' | '>' | '<=' | '>=', type: AttributeType, left: Json, right: Json): boolean {
  const sign = type === 'time' ? order(instant(left), instant(right)) : order(left, right);
  switch (operator) {
    case '=':
      return sign === 0;
    case '!=':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '>':
      return sign > 0;
    case '<=':
      return sign <= 0;
    case '>=':
      return sign >= 0;
  }
}

function order(left: Json, right: Json): number {
  if (left === right) return 0;
  if (isNumber(left) && isNumber(right)) return left < right ? -1 : left > right ? 1 : 0;
  return String(left) < String(right) ? -1 : 1;
}

/** RFC 3339, or a prefix of it, which is read as UTC (reference, section 3.1). */
function instant(value: Json): number {
  const text = String(value);
  return Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/u.test(text) || !text.includes('T') ? text : `${text}Z`);
}

/**
 * SQL's LIKE: `%` is any run of characters, `_` any one. By hand rather than by a regular expression, whose backtracking
 * over many `%` would take seconds on a name chosen for it.
 */
export function like(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let lastPercent = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '%') {
      lastPercent = inPattern;
      resumeAt = at;
      inPattern += 1;
    } else if (wanted === '_' || wanted === text[at]) {
      at += 1;
      inPattern += 1;
    } else if (lastPercent >= 0) {
      resumeAt += 1;
      at = resumeAt;
      inPattern = lastPercent + 1;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '%') inPattern += 1;
  return inPattern === pattern.length;
}
