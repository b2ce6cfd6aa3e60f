import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../domain/json.ts';

/** Name prefix of the schemas that Kubernetes itself defines. */
const BUILT_IN = 'io.k8s.';
const REF_PREFIX = '#/components/schemas/';
const REF_PREFIX_2 = '#/definitions/';
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
 * An OpenAPI v3 document of the API server, or a v2 document in the same form, reduced to its schemas and of these to what a comparison needs; it stays
 * OpenAPI, about an eighth of the size. References wrapped in `allOf` become bare ones beside their sibling keywords.
 * Defaults of built-in types that are Go's zero value are left out, since the server does not write them (measured on
 * 1.34), but for those of key fields: an element without the field is found by them (`k:{"name":""}` in managedFields).
 */
export function trimOpenApi(document: Json): JsonObject {
  const schemas = at(document, 'components', 'schemas') ?? at(document, 'definitions');
  const keys = new Set<string>();
  collectKeys(schemas ?? null, keys);
  const trimmed: Record<string, JsonObject> = {};
  for (const [name, schema] of Object.entries(isJsonObject(schemas) ? schemas : {})) {
    if (isJsonObject(schema)) trimmed[name] = trimSchema(schema, (field) => !name.startsWith(BUILT_IN) || keys.has(field));
  }
  return { components: { schemas: trimmed } };
}

/** Names of all fields by which elements of lists are found. */
function collectKeys(schema: Json, keys: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const found = at(schema, 'x-kubernetes-list-map-keys') ?? at(schema, 'x-kubernetes-patch-merge-key') ?? [];
  for (const key of isJsonArray(found) ? found : [found]) if (typeof key === 'string') keys.add(key);
  for (const part of Object.values(schema)) collectKeys(part, keys);
}

/** `keepsZero` says whether a default that is Go's zero value is real for a field of this name. */
function trimSchema(schema: JsonObject, keepsZero: (field: string) => boolean, name = ''): JsonObject {
  const kept: Record<string, Json> = {};
  for (const keyword of KEPT) {
    const value = schema[keyword];
    if (value !== undefined) kept[keyword] = value;
  }
  if (stringAt(schema, 'pattern')?.includes(QUANTITY_PATTERN)) kept['format'] = 'quantity';
  const { properties, items, additionalProperties, allOf, default: fallback } = schema;
  const reference = stringAt(schema, '$ref') ?? (isJsonArray(allOf) ? stringAt(allOf[0], '$ref') : undefined);
  if (reference !== undefined) kept['$ref'] = reference.replace(REF_PREFIX_2, REF_PREFIX);
  if (isJsonObject(properties)) {
    const fields = Object.entries(properties).flatMap(([field, part]) =>
      isJsonObject(part) ? [[field, trimSchema(part, keepsZero, field)] as const] : [],
    );
    kept['properties'] = Object.fromEntries(fields);
  }
  if (isJsonObject(items)) kept['items'] = trimSchema(items, keepsZero);
  if (isJsonObject(additionalProperties)) kept['additionalProperties'] = trimSchema(additionalProperties, keepsZero);
  if (fallback !== undefined && (keepsZero(name) || !isZeroValue(fallback))) kept['default'] = fallback;
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
      ...trimSchema(schema, () => true),
      properties: {
        ...(trimSchema({ properties }, () => true)['properties'] as JsonObject),
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: `${REF_PREFIX}${OBJECT_META}` },
      },
      'x-kubernetes-group-version-kind': [{ group, version: name, kind }],
    };
  }
  return { components: { schemas } };
}

/** Whether a document describes kinds of a group version. What belongs to many, such as DeleteOptions, does not count. */
export function describes(document: Json, apiVersion: string): boolean {
  const schemas = at(document, 'components', 'schemas');
  const [version, group = ''] = apiVersion.split('/').reverse();
  return Object.values(isJsonObject(schemas) ? schemas : {}).some((schema) => {
    const kinds = at(schema, 'x-kubernetes-group-version-kind');
    if (!isJsonArray(kinds) || kinds.length !== 1) return false;
    return at(kinds[0], 'version') === version && at(kinds[0], 'group') === group;
  });
}

/** One document with the schemas of all; of two of the same name the later one counts. */
export function mergeOpenApi(documents: readonly Json[]): JsonObject {
  const schemas: Record<string, Json> = {};
  for (const document of documents) {
    const found = at(document, 'components', 'schemas');
    if (isJsonObject(found)) for (const [name, schema] of Object.entries(found)) schemas[name] = schema;
  }
  return { components: { schemas } };
}
