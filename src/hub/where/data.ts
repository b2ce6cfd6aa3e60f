import { isJsonArray, isJsonObject, isNumber, type Json, type JsonObject, own } from '../../domain/json.ts';
import type { AttributeType } from '../entities/definition.ts';
import { badRequest } from '../errors.ts';
import { test } from './operators.ts';
import { parseWhere } from './parse.ts';
import { assertPattern } from './pattern.ts';
import type { ComparisonOperator, Literal, Term } from './syntax.ts';

/** Whether a document of a unit's data is meant. */
export type DocumentPredicate = (document: JsonObject) => boolean;

/**
 * Reads `where_data` (reference, section 3.5): the grammar of `where` over paths into YAML documents. Dots part the
 * steps, numbers are positions, `*` is every entry, `?name=value` the entry with that field, `~1` a dot within a key,
 * `|` before the property changes nothing, `#uri` and `#reference` are the parts of an image. All terms must hold for
 * the same document; of several values one must satisfy a term, and a negated one all.
 */
export function compileWhereData(text: string, resourceType: string | undefined): DocumentPredicate {
  const terms = parseWhere(text, 'data').map(compileTerm);
  return (document) =>
    (resourceType === undefined || typeOf(document) === resourceType) && terms.every((holds) => holds(document));
}

function typeOf(document: JsonObject): string {
  return `${String(document['apiVersion'])}/${String(document['kind'])}`;
}

const NEGATED: readonly ComparisonOperator[] = ['!=', 'NOT LIKE', 'NOT ILIKE', '!~', '!~*'];
const ORDERED: readonly ComparisonOperator[] = ['=', '!=', '<', '>', '<=', '>='];

function compileTerm(term: Term): DocumentPredicate {
  const { subject } = term;
  const [, part] = subject.path.at(-1)?.split('#') ?? [];
  if (part !== undefined && part !== 'uri' && part !== 'reference')
    throw badRequest(`where_data: #${part} at position ${subject.position} is no part of an image; #uri and #reference are`);
  const read = (document: JsonObject): readonly Json[] => {
    const values = valuesAt([document], subject.path);
    return subject.length ? values.map(lengthOf) : values;
  };
  switch (term.kind) {
    case 'null':
      return (document) => (read(document).length === 0) !== term.negated;
    case 'in': {
      const wanted = new Set<Json>(term.values.map(({ value }) => value));
      return (document) => {
        const values = read(document);
        if (values.length === 0) return term.negated || term.orAbsent;
        const isOne = (value: Json): boolean => typeof value !== 'object' && wanted.has(value);
        return term.negated ? !values.some(isOne) : values.some(isOne);
      };
    }
    case 'member': {
      const { value: wanted } = term.value;
      return (document) => read(document).some((value) => isJsonArray(value) && value.includes(wanted));
    }
    case 'comparison': {
      const { operator, operand } = term;
      if (operand.kind === 'attribute')
        throw badRequest(`where_data: a path cannot stand on the right, at position ${operand.position}`);
      if (operand.kind !== 'string' && !ORDERED.includes(operator))
        throw badRequest(`where_data: ${operator} wants a string in quotes at position ${subject.position}`);
      if (operator.includes('~')) assertPattern(String(operand.value), `where_data: at position ${subject.position}`);
      const negated = NEGATED.includes(operator);
      const holds = (value: Json): boolean => {
        if (typeof value !== typeof operand.value && !(isNumber(value) && isNumber(operand.value))) return negated;
        return test(operator, TYPES[operand.kind], value, operand.value);
      };
      return (document) => {
        const values = read(document);
        if (values.length === 0) return negated || term.orAbsent;
        return negated ? values.every(holds) : values.some(holds);
      };
    }
  }
}

const TYPES: Readonly<Record<Literal['kind'], AttributeType>> = { string: 'string', integer: 'integer', boolean: 'boolean' };

function lengthOf(value: Json): number {
  if (isJsonArray(value)) return value.length;
  if (isJsonObject(value)) return Object.keys(value).length;
  return typeof value === 'string' ? value.length : 0;
}

function valuesAt(values: readonly Json[], path: readonly string[]): readonly Json[] {
  let found = values;
  for (const [index, step] of path.entries()) {
    const [name = '', part] = index === path.length - 1 ? step.split('#') : [step];
    found = found.flatMap((value) => stepInto(value, name.replace(/^\|/u, '')));
    if (part !== undefined) found = found.flatMap((value) => (typeof value === 'string' ? imageParts(value, part) : []));
  }
  return found.filter((value) => value !== null);
}

function stepInto(value: Json, step: string): readonly Json[] {
  if (step === '*') return isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  if (step.startsWith('?')) {
    const [, field = '', wanted = ''] = /^\?([^=]+)=(.*)$/u.exec(step) ?? [];
    const isMeant = (entry: Json): boolean => String(own(entry, unescaped(field)) ?? '') === unescaped(wanted);
    return isJsonArray(value) ? value.filter(isMeant) : [];
  }
  if (isJsonArray(value)) return /^\d+$/u.test(step) && value[Number(step)] !== undefined ? [value[Number(step)] as Json] : [];
  const inside = own(value, unescaped(step));
  return inside === undefined ? [] : [inside];
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '.');
}

/** `registry/name` of an image, or its `:tag` or `@digest`, with and without the mark before it. */
function imageParts(image: string, part: string): readonly Json[] {
  const at = image.search(/[:@][^/]*$/u);
  if (part === 'uri') return [at < 0 ? image : image.slice(0, at)];
  return at < 0 ? [] : [image.slice(at), image.slice(at + 1)];
}
