import type { EntityName } from '../entities/definition.ts';
import type { Condition } from '../storage/table.ts';
import { resolvePath } from './resolve.ts';
import type { Literal, Where } from './syntax.ts';

/**
 * The terms that an index can answer, so that `Slug = 'web' AND SpaceID = '...'` reads one row and not 10,000. Every term
 * is still evaluated afterwards: narrowing may only leave out what cannot match.
 */
export function narrow(entity: EntityName, where: Where, columnOf: (field: string) => string | undefined): readonly Condition[] {
  return where.flatMap((term) => {
    if (term.subject.length) return [];
    const values = equalTo(term);
    if (!values) return [];
    const { ownField, type } = resolvePath(entity, term.subject.path, term.subject.position);
    const column = ownField === undefined ? undefined : columnOf(ownField);
    if (column === undefined) return [];
    return [{ column, values: values.map((value) => (type === 'uuid' ? String(value).toLowerCase() : value)) }];
  });
}

function equalTo(term: Where[number]): readonly (string | number)[] | undefined {
  if (term.kind === 'comparison' && term.operator === '=' && !term.orAbsent && term.operand.kind !== 'attribute')
    return indexable([term.operand]);
  if (term.kind === 'in' && !term.negated && !term.orAbsent) return indexable(term.values);
  return undefined;
}

function indexable(literals: readonly Literal[]): readonly (string | number)[] | undefined {
  const values = literals.flatMap(({ value }) => (typeof value === 'boolean' ? [] : [value]));
  return values.length === literals.length ? values : undefined;
}
