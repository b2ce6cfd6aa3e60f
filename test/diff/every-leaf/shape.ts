import type { FieldPath } from '../../../src/domain/field-path.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../../src/domain/json.ts';

/**
 * What the API server's OpenAPI document says of one node, read apart from src/stages/diff/schema.ts: a proof of the comparison
 * must not lean on the comparison's own reading of the schema.
 */
export interface Shape {
  readonly type: 'struct' | 'map' | 'list' | 'leaf';
  /** The server owns and replaces it whole (`x-kubernetes-map-type`); of lists the server's own ownership tells. */
  readonly isAtomicMap: boolean;
  readonly isInteger: boolean;
  readonly isBoolean: boolean;
  readonly isQuantity: boolean;
  readonly fields: ReadonlyMap<string, () => Shape>;
  /** Of the elements of a list or the values of a map. */
  readonly element: () => Shape;
}

export function shapeOf(document: Json, kind: string): Shape {
  const schemas = at(document, 'components', 'schemas');
  const [name] =
    Object.entries(isJsonObject(schemas) ? schemas : {}).find(([, schema]) => {
      const kinds = at(schema, 'x-kubernetes-group-version-kind');
      return isJsonArray(kinds) && kinds.some((entry) => stringAt(entry, 'kind') === kind && at(entry, 'group') === 'apps');
    }) ?? [];
  if (name === undefined) throw new Error(`the OpenAPI document does not describe ${kind}`);

  function read(schema: JsonObject): Shape {
    const reference = stringAt(schema, '$ref') ?? stringAt(firstOf(schema['allOf']), '$ref');
    const named = reference?.slice(reference.lastIndexOf('/') + 1) ?? '';
    const target = reference === undefined ? schema : at(schemas, named);
    const resolved: JsonObject = isJsonObject(target) ? { ...target, ...schema } : schema;
    const { properties, items, additionalProperties } = resolved;
    const below = items ?? additionalProperties;
    return {
      type: properties ? 'struct' : items ? 'list' : additionalProperties ? 'map' : 'leaf',
      isAtomicMap: resolved['x-kubernetes-map-type'] === 'atomic',
      isInteger: resolved['type'] === 'integer',
      isBoolean: resolved['type'] === 'boolean',
      isQuantity: named.endsWith('.Quantity'),
      fields: new Map(
        Object.entries(isJsonObject(properties) ? properties : {}).flatMap(([field, value]) =>
          isJsonObject(value) ? [[field, () => read(value)] as const] : [],
        ),
      ),
      element: () => read(isJsonObject(below) ? below : {}),
    };
  }
  return read({ $ref: `#/components/schemas/${name}` });
}

function firstOf(value: Json | undefined): Json | undefined {
  return isJsonArray(value) ? value[0] : undefined;
}

/** The leaves below a shape as schema paths: `spec.template.spec.containers[].resources.limits{}`. */
export function leafPaths(shape: Shape, path: string): readonly string[] {
  if (shape.type === 'leaf') return [path];
  if (shape.type === 'list') return leafPaths(shape.element(), `${path}[]`);
  if (shape.type === 'map') return leafPaths(shape.element(), `${path}{}`);
  return [...shape.fields].flatMap(([field, child]) => leafPaths(child(), path === '' ? field : `${path}.${field}`));
}

/** A finding's path in the same words; the keys of maps stand in it as fields do. */
export function schemaPathOf(path: FieldPath): string {
  return path
    .map((step) => ('field' in step ? `.${step.field}` : '[]'))
    .join('')
    .slice(1);
}

/** One step down, and the schema path of what is there; `undefined` where the document knows no such field. */
export function stepDown(
  shape: Shape,
  path: string,
  step: string | number,
): { readonly shape: Shape; readonly path: string } | undefined {
  if (typeof step === 'number') return shape.type === 'list' ? { shape: shape.element(), path: `${path}[]` } : undefined;
  if (shape.type === 'map') return { shape: shape.element(), path: `${path}{}` };
  const child = shape.fields.get(step);
  return child && { shape: child(), path: path === '' ? step : `${path}.${step}` };
}
