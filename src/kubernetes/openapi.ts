import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../types/json.ts';

/** Name prefix of the schemas that Kubernetes itself defines. */
const BUILT_IN = 'io.k8s.';
const REF_PREFIX = '#/components/schemas/';
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** What a comparison needs to know of a schema; descriptions and validation are nine tenths of a document. */
const KEPT = [
  'type',
  'format',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-group-version-kind',
] as const;
/** Part of the pattern by which generators of custom resources say that a text is a quantity. */
const QUANTITY_PATTERN = '[KMGTPE]i';

/**
 * An OpenAPI v3 document of the API server, reduced to its schemas and of these to what a comparison needs; it stays
 * OpenAPI, about an eighth of the size. References wrapped in `allOf` become bare ones beside their sibling keywords.
 * Defaults of built-in types that are Go's zero value are left out: the server does not write them (measured on 1.34).
 */
export function trimOpenApi(document: Json): JsonObject {
  const schemas = at(document, 'components', 'schemas');
  const trimmed: Record<string, JsonObject> = {};
  for (const [name, schema] of Object.entries(isJsonObject(schemas) ? schemas : {})) {
    if (isJsonObject(schema)) trimmed[name] = trimSchema(schema, name.startsWith(BUILT_IN));
  }
  return { components: { schemas: trimmed } };
}

function trimSchema(schema: JsonObject, isBuiltIn: boolean): JsonObject {
  const kept: Record<string, Json> = {};
  for (const keyword of KEPT) {
    const value = schema[keyword];
    if (value !== undefined) kept[keyword] = value;
  }
  if (stringAt(schema, 'pattern')?.includes(QUANTITY_PATTERN)) kept['format'] = 'quantity';
  const { properties, items, additionalProperties, allOf, default: fallback } = schema;
  const reference = stringAt(schema, '$ref') ?? (isJsonArray(allOf) ? stringAt(allOf[0], '$ref') : undefined);
  if (reference !== undefined) kept['$ref'] = reference;
  if (isJsonObject(properties)) {
    const fields = Object.entries(properties).flatMap(([name, field]) =>
      isJsonObject(field) ? [[name, trimSchema(field, isBuiltIn)] as const] : [],
    );
    kept['properties'] = Object.fromEntries(fields);
  }
  if (isJsonObject(items)) kept['items'] = trimSchema(items, isBuiltIn);
  if (isJsonObject(additionalProperties)) kept['additionalProperties'] = trimSchema(additionalProperties, isBuiltIn);
  if (fallback !== undefined && !(isBuiltIn && isZeroValue(fallback))) kept['default'] = fallback;
  return kept;
}

function isZeroValue(value: Json): boolean {
  return value === '' || value === 0 || value === false || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);
}

/** The OpenAPI document that an API server would publish for the versions of a CustomResourceDefinition. */
export function openApiOfCrd(crd: JsonObject): JsonObject {
  const schemas: Record<string, JsonObject> = {};
  const group = stringAt(crd, 'spec', 'group') ?? '';
  const kind = stringAt(crd, 'spec', 'names', 'kind') ?? '';
  const versions = at(crd, 'spec', 'versions');
  for (const version of isJsonArray(versions) ? versions : []) {
    const schema = at(version, 'schema', 'openAPIV3Schema');
    const name = stringAt(version, 'name');
    if (!isJsonObject(schema) || name === undefined) continue;
    const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
    schemas[`${group}.${name}.${kind}`] = {
      ...trimSchema(schema, false),
      properties: {
        ...(trimSchema({ properties }, false)['properties'] as JsonObject),
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: `${REF_PREFIX}${OBJECT_META}` },
      },
      'x-kubernetes-group-version-kind': [{ group, version: name, kind }],
    };
  }
  return { components: { schemas } };
}

/** One document with the schemas of all; of two of the same name the later one stands. */
export function mergeOpenApi(documents: readonly Json[]): JsonObject {
  const schemas: Record<string, Json> = {};
  for (const document of documents) {
    const found = at(document, 'components', 'schemas');
    if (isJsonObject(found)) for (const [name, schema] of Object.entries(found)) schemas[name] = schema;
  }
  return { components: { schemas } };
}
