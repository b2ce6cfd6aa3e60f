import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../types/json.ts';
import { groupOf } from '../types/object-ref.ts';

/** How the values below one node of a kind's schema are compared. */
export type NodeType =
  /** Named fields; each is compared by itself. */
  | 'struct'
  /** Free keys, such as labels; each is compared by itself. */
  | 'map'
  /** Elements found by their key fields (`x-kubernetes-list-type: map`). */
  | 'keyed-list'
  /** Elements found by their value. */
  | 'set'
  /** One value with one owner: a list or map that is compared and replaced whole. */
  | 'atomic'
  | 'quantity'
  | 'scalar';

export interface SchemaNode {
  readonly type: NodeType;
  /** Last part of the schema's name, such as `PodSpec`; empty for an inline schema. */
  readonly name: string;
  /** Key fields of a keyed list. */
  readonly keys: readonly string[];
  field(name: string): SchemaNode;
  /** Schema of the elements of a list. */
  item(): SchemaNode;
  /** The published default of a field: only key fields' and custom resources' are real (measured on 1.34). */
  publishedDefault(field: string): Json | undefined;
}

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const REF_PREFIX = '#/components/schemas/';

/** A schema of which nothing is known: maps by key, lists whole. */
export const UNKNOWN_NODE: SchemaNode = {
  type: 'scalar',
  name: '',
  keys: [],
  field: () => UNKNOWN_NODE,
  item: () => UNKNOWN_NODE,
  publishedDefault: () => undefined,
};

/**
 * Compiles the schema of a kind from the OpenAPI v3 document of its group version, as the API server publishes it.
 * Nodes are made when first walked and kept, so a walk costs a map look-up a field.
 * Returns `undefined` where the document does not describe the kind.
 */
export function compileSchema(document: Json, apiVersion: string, kind: string): SchemaNode | undefined {
  const schemas = at(document, 'components', 'schemas');
  if (!isJsonObject(schemas)) return undefined;
  const group = groupOf(apiVersion);
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const entry = Object.entries(schemas).find(([, schema]) => {
    const kinds = at(schema, 'x-kubernetes-group-version-kind');
    return (
      isJsonArray(kinds) &&
      kinds.some(
        (gvk) =>
          stringAt(gvk, 'kind') === kind && (stringAt(gvk, 'group') ?? '') === group && stringAt(gvk, 'version') === version,
      )
    );
  });
  if (!entry) return undefined;
  const compiled = new Map<string, SchemaNode>();
  const named = (name: string): SchemaNode => {
    const known = compiled.get(name);
    if (known) return known;
    const schema = schemas[name];
    if (!isJsonObject(schema)) return UNKNOWN_NODE;
    const node = createNode(schema, name);
    compiled.set(name, node);
    return node;
  };

  function createNode(schema: JsonObject, name: string): SchemaNode {
    const properties = at(schema, 'properties');
    const additional = at(schema, 'additionalProperties');
    const items = at(schema, 'items');
    const fields = new Map<string, SchemaNode>();
    let element: SchemaNode | undefined;
    return {
      type: nodeType(schema, name),
      name: name.slice(name.lastIndexOf('.') + 1),
      keys: listKeys(schema),
      field(field) {
        let node = fields.get(field);
        if (!node) {
          const declared = isJsonObject(properties) && Object.hasOwn(properties, field) ? properties[field] : additional;
          node = isJsonObject(declared) ? resolve(declared) : UNKNOWN_NODE;
          fields.set(field, node);
        }
        return node;
      },
      item() {
        element ??= isJsonObject(items) ? resolve(items) : UNKNOWN_NODE;
        return element;
      },
      publishedDefault: (field) => at(properties, field, 'default'),
    };
  }

  /** References stand bare or wrapped in `allOf` with sibling keywords, list types among them. */
  function resolve(schema: JsonObject): SchemaNode {
    const allOf = at(schema, 'allOf');
    const reference = stringAt(schema, '$ref') ?? (isJsonArray(allOf) ? stringAt(allOf[0], '$ref') : undefined);
    if (reference === undefined) return createNode(schema, '');
    const node = named(reference.slice(REF_PREFIX.length));
    return schema['x-kubernetes-map-type'] === 'atomic' ? { ...node, type: 'atomic' } : node;
  }

  return named(entry[0]);
}

/**
 * How the API server merges a list in server-side apply. Servers before 1.27 or so publish no list type for most lists
 * of a pod and take the patch strategy instead (kube-openapi, `schemaconv`; measured on 1.24); without either it is atomic.
 */
function listType(schema: JsonObject): NodeType {
  const type = schema['x-kubernetes-list-type'];
  if (type !== undefined) return type === 'map' ? 'keyed-list' : type === 'set' ? 'set' : 'atomic';
  if (stringAt(schema, 'x-kubernetes-patch-strategy')?.split(',').includes('merge') !== true) return 'atomic';
  return schema['x-kubernetes-patch-merge-key'] === undefined ? 'set' : 'keyed-list';
}

function listKeys(schema: JsonObject): readonly string[] {
  const keys = at(schema, 'x-kubernetes-list-map-keys');
  if (isJsonArray(keys)) return keys.filter((key) => typeof key === 'string');
  const mergeKey = stringAt(schema, 'x-kubernetes-patch-merge-key');
  return mergeKey === undefined ? [] : [mergeKey];
}

function nodeType(schema: JsonObject, name: string): NodeType {
  if (name === QUANTITY) return 'quantity';
  if (schema['x-kubernetes-map-type'] === 'atomic') return 'atomic';
  if (schema['type'] === 'array' || schema['items'] !== undefined) {
    return listType(schema);
  }
  if (schema['properties'] !== undefined) return 'struct';
  if (schema['type'] === 'object' || schema['additionalProperties'] !== undefined) return 'map';
  return 'scalar';
}
