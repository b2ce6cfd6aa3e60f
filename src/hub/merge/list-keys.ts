import { isJsonObject, isNumber, type Json, type JsonObject } from '../../domain/json.ts';

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

/** The field that tells this entry apart from its neighbours; `undefined` where it has none. */
export function keyField(field: string, entry: JsonObject): string | undefined {
  const names = Object.hasOwn(keyFields, field) ? (keyFields[field] ?? []) : ['name'];
  return names.find((name) => typeof entry[name] === 'string' || isNumber(entry[name]));
}

function keyOf(field: string, entry: JsonObject): string | undefined {
  const name = keyField(field, entry);
  if (name === undefined) return undefined;
  // Two ports may share their number if the protocols differ.
  return field === 'ports' ? `${String(entry[name])}/${String(entry['protocol'] ?? 'TCP')}` : String(entry[name]);
}
