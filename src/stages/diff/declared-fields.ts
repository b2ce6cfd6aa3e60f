import { stepName } from '../../domain/field-set.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { keyElements } from './list-keys.ts';
import type { Claim } from './ownership.ts';
import { claimedKeys, claimsMembers, descend, descendKey } from './ownership.ts';
import type { SchemaNode } from './schema.ts';

/**
 * The fields that a server-side apply of this value would own, as managedFields writes them (structured-merge-diff,
 * `ToFieldSet`): leaves, atomic values whole, and beside what is in them the elements of lists and the values of maps.
 * `claims` tell the lists of a kind without a schema.
 */
export function declaredFields(value: Json, schema: SchemaNode, claims: readonly Claim[]): JsonObject {
  if (schema.type === 'atomic') return {};
  if (isJsonObject(value)) {
    const isMap = schema.type === 'map' || schema.type === 'unknown';
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, entry]) => entry !== undefined)
        .map(([field, entry]): [string, JsonObject] => {
          const below = declaredFields(entry, schema.field(field), descend(claims, `f:${field}`));
          return [`f:${field}`, isMap ? asMember(below) : below];
        }),
    );
  }
  if (!isJsonArray(value)) return {};
  if (schema.type === 'set' || (schema.type === 'unknown' && claimsMembers(claims)))
    return Object.fromEntries(value.map((member) => [stepName({ member }), {}]));
  const keys = schema.type === 'keyed-list' ? schema.keys : schema.type === 'unknown' ? claimedKeys(claims) : undefined;
  const elements = keys && keyElements(value, schema, keys);
  if (!elements) return {};
  return Object.fromEntries(
    elements.map(({ key, value: element }): [string, JsonObject] => {
      const below = declaredFields(element, schema.item(), descendKey(claims, key));
      return [stepName({ key }), asMember(below)];
    }),
  );
}

function asMember(fields: JsonObject): JsonObject {
  return Object.keys(fields).length === 0 ? fields : { '.': {}, ...fields };
}
