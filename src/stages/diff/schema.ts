import { at, isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../../domain/json.ts';
import { groupOf } from '../../domain/object-ref.ts';
import { isUnordered } from './unordered.ts';

/** How the values below one node of a kind's schema are compared. */
type NodeType =
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
  | 'duration'
  | 'time'
  | 'scalar'
  /** No schema: maps by key, lists as managedFields shows them, else whole. */
  | 'unknown';

/** What JSON may stand at a node; `any` where the schema does not say. */
export type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'int-or-string' | 'any';

export interface SchemaNode {
  readonly type: NodeType;
  readonly json: JsonType;
  /** Last part of the name of a built-in schema, such as `PodSpec`; empty for an inline or a custom one. */
  readonly name: string;
  /** Key fields of a keyed list. */
  readonly keys: readonly string[];
  /** A custom resource, which is stored as it was sent: of built-in types the API server leaves many zero values out. */
  readonly storesZeros: boolean;
  /** An object with fields of its own, as opposed to free keys. */
  readonly isStruct: boolean;
  /** A list whose order means nothing although it is one value. */
  readonly isUnordered: boolean;
  /** The value of a free key, which is stored whatever it is; amounts there are rounded up to thousandths. */
  readonly inMap: boolean;
  field(name: string): SchemaNode;
  /** False where the API server would drop or refuse a field of this name. */
  allows(field: string): boolean;
  /** Schema of the elements of a list. */
  item(): SchemaNode;
  /** The published default of a field; trimmed of those that the server does not write. */
  publishedDefault(field: string): Json | undefined;
}

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const DURATION = 'io.k8s.apimachinery.pkg.apis.meta.v1.Duration';
const REF_PREFIX = '#/components/schemas/';

function unknownNode(storesZeros: boolean): SchemaNode {
  const node: SchemaNode = {
    type: 'unknown',
    json: 'any',
    name: '',
    keys: [],
    storesZeros,
    // Unknown; a custom resource stores any value.
    isStruct: storesZeros,
    isUnordered: false,
    inMap: false,
    field: () => node,
    allows: () => true,
    item: () => node,
    publishedDefault: () => undefined,
  };
  return node;
}

const UNKNOWN_BUILT_IN = unknownNode(false);
const UNKNOWN_CUSTOM = unknownNode(true);

/** The schema of a kind of which nothing is known but its group. */
export function unknownSchema(apiVersion: string): SchemaNode {
  const group = groupOf(apiVersion);
  return group.includes('.') && !group.endsWith('.k8s.io') ? UNKNOWN_CUSTOM : UNKNOWN_BUILT_IN;
}

/** Names under which Kubernetes itself publishes its types; `io.k8s.networking.gateway.v1` is a custom resource. */
const BUILT_IN = /^io\.k8s\.(api|apiextensions-apiserver|kube-aggregator|apimachinery|metrics)\./u;

/**
 * Compiles the schema of a kind from an OpenAPI v3 document, as the API server publishes it for each group version.
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
  const storesZeros = !BUILT_IN.test(entry[0]);
  const unknown = storesZeros ? UNKNOWN_CUSTOM : UNKNOWN_BUILT_IN;
  const named = (name: string): SchemaNode => {
    const known = compiled.get(name);
    if (known) return known;
    const schema = own(schemas, name);
    if (!isJsonObject(schema)) return unknown;
    const node = createNode(schema, name);
    compiled.set(name, node);
    return node;
  };

  function createNode(schema: JsonObject, name: string): SchemaNode {
    const { properties, additionalProperties, items } = schema;
    const isOpen =
      schema['x-kubernetes-preserve-unknown-fields'] === true ||
      schema['x-kubernetes-embedded-resource'] === true ||
      // RawExtension and the like publish `type: object` and nothing more.
      (properties === undefined && additionalProperties === undefined);
    const fields = new Map<string, SchemaNode>();
    const type = nodeType(schema, name);
    const json = jsonType(schema, type);
    const shortName = BUILT_IN.test(name) ? name.slice(name.lastIndexOf('.') + 1) : '';
    let element: SchemaNode | undefined;
    return {
      type,
      json,
      name: shortName,
      keys: listKeys(schema),
      storesZeros,
      isStruct: json === 'object' && additionalProperties === undefined,
      isUnordered: false,
      inMap: false,
      field(field) {
        let node = fields.get(field);
        if (!node) {
          const declared = own(properties, field);
          if (isJsonObject(declared)) node = { ...resolve(declared), isUnordered: isUnordered(shortName, field) };
          else node = isJsonObject(additionalProperties) ? { ...resolve(additionalProperties), inMap: true } : unknown;
          fields.set(field, node);
        }
        return node;
      },
      allows: (field) => isOpen || additionalProperties !== undefined || own(properties, field) !== undefined,
      item() {
        element ??= isJsonObject(items) ? resolve(items) : unknown;
        return element;
      },
      publishedDefault: (field) => at(properties, field, 'default'),
    };
  }

  /** References stand bare or wrapped in `allOf` with sibling keywords, list types among them. */
  function resolve(schema: JsonObject): SchemaNode {
    const allOf = schema['allOf'];
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
  const keys = schema['x-kubernetes-list-map-keys'];
  if (isJsonArray(keys)) return keys.filter((key) => typeof key === 'string');
  const mergeKey = stringAt(schema, 'x-kubernetes-patch-merge-key');
  return mergeKey === undefined ? [] : [mergeKey];
}

/** What generators of custom resources write as the pattern of a quantity. */
function isQuantityPattern(schema: JsonObject): boolean {
  return stringAt(schema, 'format') === 'quantity' || stringAt(schema, 'pattern')?.includes('[KMGTPE]i') === true;
}

function nodeType(schema: JsonObject, name: string): NodeType {
  if (name === QUANTITY || isQuantityPattern(schema)) return 'quantity';
  if (name === DURATION || schema['format'] === 'duration') return 'duration';
  if (schema['format'] === 'date-time') return 'time';
  if (schema['x-kubernetes-map-type'] === 'atomic') return 'atomic';
  if (schema['type'] === 'array' || schema['items'] !== undefined) return listType(schema);
  if (schema['properties'] !== undefined) return 'struct';
  if (schema['additionalProperties'] !== undefined) return 'map';
  if (schema['type'] === 'object' || schema['x-kubernetes-preserve-unknown-fields'] === true) return 'unknown';
  return 'scalar';
}

function jsonType(schema: JsonObject, type: NodeType): JsonType {
  if (type === 'quantity') return 'any';
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') return 'int-or-string';
  switch (schema['type']) {
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'object':
    case 'array':
      return schema['type'];
    default:
      return schema['properties'] === undefined ? 'any' : 'object';
  }
}
