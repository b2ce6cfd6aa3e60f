import type { FieldPath, PathStep } from '../types/field-path.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own } from '../types/json.ts';
import type { JsonType, SchemaNode } from './schema.ts';

/** Where a desired document cannot be what its kind's schema says. */
export interface Fault {
  readonly path: FieldPath;
  readonly message: string;
}

/**
 * The first thing in a desired document that the API server would refuse: a field that the kind does not have, or a
 * value of another type. A field that live has all the same is one that a newer server knows, and no fault.
 */
export function validate(desired: JsonObject, live: Json | undefined, schema: SchemaNode): Fault | undefined {
  return checkFields(desired, live, schema, []);
}

function checkFields(desired: JsonObject, live: Json | undefined, schema: SchemaNode, path: FieldPath): Fault | undefined {
  for (const [field, value] of Object.entries(desired)) {
    const here: FieldPath = [...path, { field }];
    const existing = own(live, field);
    if (!schema.allows(field) && existing === undefined) return { path: here, message: 'the kind has no such field' };
    const fault = check(value, existing, schema.field(field), here);
    if (fault) return fault;
  }
  return undefined;
}

function check(value: Json, live: Json | undefined, schema: SchemaNode, path: FieldPath): Fault | undefined {
  if (value === null) return undefined;
  const found = typeName(value);
  if (!isOfType(value, schema.json)) return { path, message: `${found} where ${article(schema.json)} belongs` };
  if (schema.type === 'quantity' && typeof value !== 'string' && typeof value !== 'number')
    return { path, message: `${found} where a quantity belongs` };
  if (isJsonArray(value)) {
    for (const [index, entry] of value.entries()) {
      const fault = check(entry, isJsonArray(live) ? live[index] : undefined, schema.item(), [
        ...path,
        stepOf(value, index, schema),
      ]);
      if (fault) return fault;
    }
    return undefined;
  }
  return isJsonObject(value) ? checkFields(value, live, schema, path) : undefined;
}

/** An element by its keys where it has them; else as the list's value at an index cannot be named, the element itself. */
function stepOf(list: readonly Json[], index: number, schema: SchemaNode): PathStep {
  const element = list[index];
  const key: Record<string, string | number | boolean> = {};
  for (const name of schema.keys) {
    const part = own(element, name);
    if (typeof part === 'string' || typeof part === 'number' || typeof part === 'boolean') key[name] = part;
  }
  return Object.keys(key).length > 0 ? { key } : { key: { index } };
}

function isOfType(value: Json, type: JsonType): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value);
    case 'array':
      return isJsonArray(value);
    case 'object':
      return isJsonObject(value);
  }
}

function typeName(value: Json): string {
  if (isJsonArray(value)) return 'a list';
  if (isJsonObject(value)) return 'a mapping';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a number';
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
