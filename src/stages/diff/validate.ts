import { type FieldPath, isKeyPart, type PathStep } from '../../domain/field-path.ts';
import { isJsonArray, isJsonObject, isNumber, type Json, type JsonObject, own } from '../../domain/json.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import type { JsonType, SchemaNode } from './schema.ts';

/** Where a desired document cannot be what its kind's schema says. */
export interface Fault {
  readonly path: FieldPath;
  /** The same place as fields and list indexes. */
  readonly located: readonly (string | number)[];
  readonly message: string;
}

/**
 * The first thing in a desired document that the API server would refuse: a field that the kind does not have, or a
 * value of another type. A field that live has all the same is one that a newer server knows, and no fault.
 */
export function validate(desired: JsonObject, live: Json | undefined, schema: SchemaNode): Fault | undefined {
  const found = checkFields(desired, live, schema);
  return found && { ...found, path: toFieldPath(desired, found.located, schema) };
}

/** Built from the inside out, so that a sound document costs no paths. */
interface Found {
  readonly located: (string | number)[];
  readonly message: string;
}

function below(part: string | number, found: Found | undefined): Found | undefined {
  found?.located.unshift(part);
  return found;
}

function checkFields(desired: JsonObject, live: Json | undefined, schema: SchemaNode): Found | undefined {
  for (const [field, value] of Object.entries(desired)) {
    const existing = own(live, field);
    if (!schema.allows(field) && existing === undefined) return { located: [field], message: 'the kind has no such field' };
    const found = below(field, check(value, existing, schema.field(field)));
    if (found) return found;
  }
  return undefined;
}

function check(value: Json, live: Json | undefined, schema: SchemaNode): Found | undefined {
  if (value === null) return undefined;
  if (!isOfType(value, schema.json)) {
    return { located: [], message: `${typeName(value)} where ${article(schema.json)} is expected` };
  }
  if (schema.type === 'quantity') {
    const isAmount = typeof value === 'string' || isNumber(value);
    if (!isAmount || parseQuantity(value) === undefined) return { located: [], message: 'not a quantity such as 100m or 1.5Gi' };
  }
  if (isJsonArray(value)) {
    for (const [index, entry] of value.entries()) {
      if (entry === null && schema.item().json !== 'any')
        return { located: [index], message: `no value where ${article(schema.item().json)} is expected` };
      const found = below(index, check(entry, isJsonArray(live) ? live[index] : undefined, schema.item()));
      if (found) return found;
    }
    return undefined;
  }
  return isJsonObject(value) ? checkFields(value, live, schema) : undefined;
}

/** Elements by their keys where they have them, else by their index. */
function toFieldPath(document: Json, located: readonly (string | number)[], schema: SchemaNode): FieldPath {
  let [value, node]: [Json | undefined, SchemaNode] = [document, schema];
  return located.map((part): PathStep => {
    if (typeof part === 'string') {
      value = own(value, part);
      node = node.field(part);
      return { field: part };
    }
    const { keys } = node;
    value = isJsonArray(value) ? value[part] : undefined;
    node = node.item();
    const entries = keys.flatMap((name) => {
      const key = own(value, name);
      return isKeyPart(key) ? [[name, key] as const] : [];
    });
    return { key: entries.length > 0 ? Object.fromEntries(entries) : { index: part } };
  });
}

function isInteger(value: Json): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function isOfType(value: Json, type: JsonType): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'integer':
      return isInteger(value);
    case 'number':
      return isNumber(value);
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'int-or-string':
      return typeof value === 'string' || isInteger(value);
    case 'array':
      return isJsonArray(value);
    case 'object':
      return isJsonObject(value);
  }
}

function typeName(value: Json): string {
  if (isJsonArray(value)) return 'a list';
  if (isJsonObject(value)) return 'a mapping';
  if (isNumber(value)) return isInteger(value) ? 'an integer' : 'a number';
  return `a ${typeof value}`;
}

function article(type: JsonType): string {
  switch (type) {
    case 'array':
      return 'a list';
    case 'object':
      return 'a mapping';
    case 'integer':
      return 'an integer';
    case 'int-or-string':
      return 'an integer or a string';
    default:
      return `a ${type}`;
  }
}
