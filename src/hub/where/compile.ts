import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';
import type { AttributeType, EntityName } from '../entities/definition.ts';
import { badRequest } from '../errors.ts';
import { isUuid } from '../identity.ts';
import { compare, test } from './operators.ts';
import { assertPattern } from './pattern.ts';
import { printPath } from './print.ts';
import { type Attribute, type Row, resolvePath } from './resolve.ts';
import type { ComparisonOperator, Literal, Subject, Term, Where } from './syntax.ts';

export type Predicate = (row: Row) => boolean;

/** Checks every term against the entity's attributes, and gives the question that a row is asked. */
export function compileWhere(entity: EntityName, where: Where): Predicate {
  const predicates = where.map((term) => compileTerm(entity, term));
  return (row) => predicates.every((holds) => holds(row));
}

function compileTerm(entity: EntityName, term: Term): Predicate {
  const left = resolveSubject(entity, term.subject);
  switch (term.kind) {
    case 'null':
      return (row) => (left.read(row) === undefined) !== term.negated;
    case 'member': {
      if (left.type !== 'uuid list') throw mismatch(term.subject, '?', left.type);
      const wanted = literalOf(left.type, term.value, term.subject);
      return (row) => listOf(left.read(row)).includes(wanted);
    }
    case 'in': {
      const operator = term.negated ? 'NOT IN' : 'IN';
      if (!scalar(left.type)) throw mismatch(term.subject, operator, left.type);
      const values = term.values.map((value) => literalOf(left.type, value, term.subject));
      const set = new Set(values);
      return (row) => {
        const value = left.read(row);
        if (value === undefined) return term.negated || term.orAbsent;
        return (
          (left.type === 'time' ? values.some((other) => compare('=', 'time', value, other)) : set.has(value)) !== term.negated
        );
      };
    }
    case 'comparison':
      return compileComparison(entity, term, left);
  }
}

const orderings: readonly ComparisonOperator[] = ['=', '!=', '<', '>', '<=', '>='];
const negatives: readonly ComparisonOperator[] = ['!=', 'NOT LIKE', 'NOT ILIKE', '!~', '!~*'];

function compileComparison(entity: EntityName, term: Term & { readonly kind: 'comparison' }, left: Attribute): Predicate {
  const { operator, operand, subject } = term;
  if (!allows(left.type, operator)) throw mismatch(subject, operator, left.type);
  // Absent means "is not": a space without the label `base` satisfies Space.Labels.base != 'true'. ConfigHub does not document
  // it; the vendor's own scripts rely on it (reference, section 10, doubt 2).
  const whenAbsent = term.orAbsent || negatives.includes(operator);
  if (operand.kind === 'attribute') {
    const right = resolvePath(entity, operand.path, operand.position);
    if (right.type !== left.type) {
      throw badRequest(
        `where: ${printPath(subject.path)} is ${left.type} and ${printPath(operand.path)} at position ${operand.position} is ${right.type}`,
      );
    }
    return (row) => {
      const value = left.read(row);
      const other = right.read(row);
      return value === undefined || other === undefined ? whenAbsent : test(operator, left.type, value, other);
    };
  }
  const wanted = literalOf(left.type, operand, subject);
  if (operator.includes('~')) assertPattern(String(wanted), `where: ${printPath(subject.path)} at position ${subject.position}`);
  return (row) => {
    const value = left.read(row);
    return value === undefined ? whenAbsent : test(operator, left.type, value, wanted);
  };
}

function resolveSubject(entity: EntityName, subject: Subject): Attribute {
  const attribute = resolvePath(entity, subject.path, subject.position);
  if (!subject.length) return attribute;
  if (scalar(attribute.type)) throw mismatch(subject, 'LEN', attribute.type);
  return {
    type: 'integer',
    ownField: undefined,
    read: (row) => {
      const value = attribute.read(row);
      return isJsonObject(value) ? Object.keys(value).length : listOf(value).length;
    },
  };
}

function listOf(value: Json | undefined): readonly Json[] {
  return isJsonArray(value) ? value : [];
}

function scalar(type: AttributeType): boolean {
  return type !== 'string map' && type !== 'boolean map' && type !== 'uuid list';
}

function allows(type: AttributeType, operator: ComparisonOperator): boolean {
  switch (type) {
    case 'string':
      return true;
    case 'integer':
    case 'time':
      return orderings.includes(operator);
    case 'uuid':
    case 'boolean':
      return operator === '=' || operator === '!=';
    case 'string map':
    case 'boolean map':
    case 'uuid list':
      return false;
  }
}

function mismatch(subject: Subject, operator: string, type: AttributeType): Error {
  return badRequest(`where: ${operator} does not apply to ${printPath(subject.path)} (${type}) at position ${subject.position}`);
}

/** The literal as the attribute's values are stored; refused where it is of another type. */
function literalOf(type: AttributeType, literal: Literal, subject: Subject): Json {
  const wrong = (wanted: string): Error =>
    badRequest(
      `where: ${printPath(subject.path)} at position ${subject.position} compares with ${wanted}, not ${JSON.stringify(literal.value)}`,
    );
  switch (type) {
    case 'integer':
      if (literal.kind !== 'integer') throw wrong('an integer');
      return literal.value;
    case 'boolean':
      if (literal.kind !== 'boolean') throw wrong('true or false');
      return literal.value;
    case 'uuid':
    case 'uuid list':
      if (literal.kind !== 'string' || !isUuid(literal.value)) throw wrong('a UUID in quotes');
      return literal.value.toLowerCase();
    case 'time':
      if (literal.kind !== 'string' || Number.isNaN(Date.parse(literal.value))) throw wrong('an RFC 3339 time in quotes');
      return literal.value;
    case 'string':
    case 'string map':
    case 'boolean map':
      if (literal.kind !== 'string') throw wrong('a string in quotes');
      return literal.value;
  }
}
