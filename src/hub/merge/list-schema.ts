import builtIn from '../../clients/kubernetes/built-in-schemas.json' with { type: 'json' };
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../../domain/json.ts';
import { groupOf } from '../../domain/object-ref.ts';

/** A node of a kind's OpenAPI schema; `undefined` where nothing is known of it. */
export type Schema = JsonObject | undefined;

// The trimmed documents hold JSON and nothing else.
const schemas = builtIn as unknown as JsonObject;
const REF_PREFIX = '#/components/schemas/';

let kinds: ReadonlyMap<string, JsonObject> | undefined;

/** The schema of a document's kind, which the comparison reads as well; custom resources have none here. */
export function schemaOf(document: JsonObject): Schema {
  kinds ??= new Map(Object.values(schemas).flatMap(entriesOf));
  const apiVersion = stringAt(document, 'apiVersion') ?? '';
  return kinds.get(
    kindName(groupOf(apiVersion), apiVersion.slice(apiVersion.indexOf('/') + 1), stringAt(document, 'kind') ?? ''),
  );
}

function entriesOf(schema: Json): readonly (readonly [string, JsonObject])[] {
  const found = at(schema, 'x-kubernetes-group-version-kind');
  if (!isJsonObject(schema) || !isJsonArray(found)) return [];
  return found.map((gvk) => [
    kindName(stringAt(gvk, 'group') ?? '', stringAt(gvk, 'version') ?? '', stringAt(gvk, 'kind') ?? ''),
    schema,
  ]);
}

function kindName(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

export function fieldOf(schema: Schema, name: string): Schema {
  return resolve(own(own(schema, 'properties'), name) ?? own(schema, 'additionalProperties'));
}

export function itemOf(schema: Schema): Schema {
  return resolve(own(schema, 'items'));
}

function resolve(schema: Json | undefined): Schema {
  if (!isJsonObject(schema)) return undefined;
  const reference = stringAt(schema, '$ref');
  const target = reference === undefined ? undefined : own(schemas, reference.slice(REF_PREFIX.length));
  return isJsonObject(target) ? { ...target, ...schema } : schema;
}

/**
 * The entries by what tells them apart: their key fields, or their value in a set. `undefined` where the list has no keys, or
 * these do not tell its entries apart. A list without a schema goes by `name`, by which the API's own lists mostly go.
 */
export function byKey(schema: Schema, list: readonly Json[]): ReadonlyMap<string, Json> | undefined {
  const keys = schema === undefined ? ['name'] : keyFields(schema);
  if (keys === undefined) return undefined;
  const keyed = new Map<string, Json>();
  for (const entry of list) {
    const key = keyOf(schema, keys, entry);
    if (key === undefined || keyed.has(key)) return undefined;
    keyed.set(key, entry);
  }
  return keyed;
}

function keyOf(schema: Schema, keys: readonly string[], entry: Json): string | undefined {
  if (keys.length === 0) return typeof entry === 'object' ? undefined : `${typeof entry} ${String(entry)}`;
  if (!isJsonObject(entry)) return undefined;
  const item = itemOf(schema);
  const values = keys.map((key) => own(entry, key) ?? at(item, 'properties', key, 'default') ?? null);
  if (values.every((value) => value === null) || values.some((value) => typeof value === 'object' && value !== null))
    return undefined;
  return values.map((value) => `${typeof value} ${String(value)}`).join('\n');
}

/** Names of the key fields; none for a set, whose entries are their own keys. */
function keyFields(schema: JsonObject): readonly string[] | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (isJsonArray(keys)) return keys.filter((key) => typeof key === 'string');
  const mergeKey = stringAt(schema, 'x-kubernetes-patch-merge-key');
  if (mergeKey !== undefined) return [mergeKey];
  const isSet =
    schema['x-kubernetes-list-type'] === 'set' ||
    (schema['x-kubernetes-list-type'] === undefined && stringAt(schema, 'x-kubernetes-patch-strategy') === 'merge');
  return isSet ? [] : undefined;
}

/** An entry of a keyed list as a step of a path (reference, section 3.5): `?name=web`, or its value in a set. */
export function stepOf(schema: Schema, entry: Json): string {
  const keys = schema === undefined ? ['name'] : (keyFields(schema) ?? []);
  const key = keys.find((name) => own(entry, name) !== undefined);
  return key === undefined ? `?=${String(entry)}` : `?${key}=${String(own(entry, key))}`;
}
