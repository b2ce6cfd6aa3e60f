/** Any JSON value, as `parseJson` gives it: a whole number that a JavaScript number does not hold exactly is a bigint. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** A number of either kind. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** An own field; never what every JavaScript object inherits, which a label named `constructor` would find. */
export function own(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The value at a chain of keys; `undefined` where any step is absent or is not an object. */
export function at(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let node: Json | undefined = value;
  for (const key of keys) node = own(node, key);
  return node;
}

export function stringAt(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(value, ...keys);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: Json | undefined, ...keys: readonly string[]): number | undefined {
  const found = at(value, ...keys);
  return typeof found === 'number' ? found : undefined;
}

/** A map of strings, such as labels; entries of any other type are left out. */
export function stringMapAt(value: Json | undefined, ...keys: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...keys);
  const map: Record<string, string> = Object.create(null);
  if (!isJsonObject(found)) return map;
  for (const [key, entry] of Object.entries(found)) if (typeof entry === 'string') map[key] = entry;
  return map;
}
