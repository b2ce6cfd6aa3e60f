import type { Json } from '../../domain/json.ts';
import type { AttributeType, EntityDefinition, EntityName, Relation } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { badRequest } from '../errors.ts';
import { printPath } from './print.ts';
import type { Path } from './syntax.ts';

/** One entity as `where` sees it: its fields, and the entities that they name. */
export interface Row {
  field(name: string): Json | undefined;
  related(field: string, relation: Relation): Row | undefined;
}

/** A path that was found in the catalogue. */
export interface Attribute {
  readonly type: AttributeType;
  /** The field on the listed entity itself where the path has no relation and no key, else `undefined`: what an index can serve. */
  readonly ownField: string | undefined;
  /** Absent values are `undefined`, whether the field, the key or the related entity is missing. */
  readonly read: (row: Row) => Json | undefined;
}

/** Finds an attribute by its path; an unknown one is refused by name and position. */
export function resolvePath(entity: EntityName, path: Path, position: number, parameter = 'where'): Attribute {
  const unprefixed = path[0] === entity && path.length > 1 ? path.slice(1) : path;
  return resolveFrom(definitions[entity], unprefixed, () =>
    badRequest(`${parameter}: unknown attribute ${printPath(path)} of ${entity} at position ${position}`),
  );
}

function resolveFrom(definition: EntityDefinition, path: Path, unknown: () => Error): Attribute {
  const [name, ...rest] = path;
  if (name === undefined) throw unknown();
  const type = Object.hasOwn(definition.attributes, name) ? definition.attributes[name] : undefined;
  if (type !== undefined) return resolveField(name, type, rest, unknown);
  const relation = Object.entries(definition.relations).find(([, { as }]) => as === name);
  if (!relation || rest.length === 0) throw unknown();
  const inner = resolveFrom(definitions[relation[1].of], rest, unknown);
  return {
    type: inner.type,
    ownField: undefined,
    read: (row) => {
      const related = row.related(relation[0], relation[1]);
      return related && inner.read(related);
    },
  };
}

function resolveField(name: string, type: AttributeType, rest: Path, unknown: () => Error): Attribute {
  if (rest.length === 0) return { type, ownField: name, read: (row) => row.field(name) ?? undefined };
  if (type !== 'string map' && type !== 'boolean map') throw unknown();
  // Unquoted keys may have dots as well: Labels.app.kubernetes.io/name is one key.
  const key = rest.join('.');
  return {
    type: type === 'string map' ? 'string' : 'boolean',
    ownField: undefined,
    read: (row) => {
      const map = row.field(name);
      return typeof map === 'object' && map !== null && !Array.isArray(map) && Object.hasOwn(map, key)
        ? Reflect.get(map, key)
        : undefined;
    },
  };
}
