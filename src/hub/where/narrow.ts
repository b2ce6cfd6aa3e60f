import type { EntityName } from '../entities/definition.ts';
import type { Condition } from '../storage/table.ts';
import { resolvePath } from './resolve.ts';
import type { Literal, Term, Where } from './syntax.ts';

export interface Narrowed {
  readonly conditions: readonly Condition[];
  /** What the conditions do not say, and every record has still to be asked. */
  readonly rest: Where;
}

/**
 * Takes out the terms that an index answers as a whole, so that `Slug = 'web' AND SpaceID = '...'` reads one row and not
 * 10,000, and a list of a space's units none before it writes them.
 */
export function narrow(entity: EntityName, where: Where, columnOf: (field: string) => string | undefined): Narrowed {
  const terms = where.map((term) => ({ term, condition: conditionOf(entity, term, columnOf) }));
  return {
    conditions: terms.flatMap(({ condition }) => condition ?? []),
    rest: terms.flatMap(({ term, condition }) => (condition ? [] : [term])),
  };
}

function conditionOf(entity: EntityName, term: Term, columnOf: (field: string) => string | undefined): Condition | undefined {
  const values = term.subject.length ? undefined : equalTo(term);
  if (!values) return undefined;
  const { ownField, type } = resolvePath(entity, term.subject.path, term.subject.position);
  const column = ownField === undefined ? undefined : columnOf(ownField);
  if (column === undefined) return undefined;
  return { column, values: values.map((value) => (type === 'uuid' ? String(value).toLowerCase() : value)) };
}

function equalTo(term: Term): readonly (string | number)[] | undefined {
  if (term.kind === 'comparison' && term.operator === '=' && !term.orAbsent && term.operand.kind !== 'attribute')
    return indexable([term.operand]);
  if (term.kind === 'in' && !term.negated && !term.orAbsent) return indexable(term.values);
  return undefined;
}

function indexable(literals: readonly Literal[]): readonly (string | number)[] | undefined {
  const values = literals.flatMap(({ value }) => (typeof value === 'boolean' ? [] : [value]));
  return values.length === literals.length ? values : undefined;
}
