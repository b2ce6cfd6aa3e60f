import { isJsonObject, type Json, type JsonObject } from '../../types/json.ts';

/** What tells the entries of a list apart, by the list's field; other lists of objects go by `name`. */
const keyFields: Readonly<Record<string, readonly string[]>> = {
  ports: ['containerPort', 'port', 'name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  hostAliases: ['ip'],
};

/** The entries by their key; `undefined` where the list is not one of keyed entries, so that it merges as one value. */
export function byKey(field: string, list: readonly Json[]): ReadonlyMap<string, JsonObject> | undefined {
  const keyed = new Map<string, JsonObject>();
  for (const entry of list) {
    const key = isJsonObject(entry) ? keyOf(field, entry) : undefined;
    if (key === undefined || keyed.has(key) || !isJsonObject(entry)) return undefined;
    keyed.set(key, entry);
  }
  return keyed;
}

function keyOf(field: string, entry: JsonObject): string | undefined {
  const names = Object.hasOwn(keyFields, field) ? (keyFields[field] ?? []) : ['name'];
  for (const name of names) {
    const value = entry[name];
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    // Two ports may share their number if the protocols differ.
    return field === 'ports' ? `${value}/${String(entry['protocol'] ?? 'TCP')}` : String(value);
  }
  return undefined;
}
