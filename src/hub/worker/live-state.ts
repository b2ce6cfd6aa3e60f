import { writeYaml } from '../../clients/kubernetes/yaml.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';

/** What a unit's `LiveState` holds: the objects as the API server answered them, without the bookkeeping of field managers. */
export function writeLiveState(objects: readonly JsonObject[]): string {
  return objects.map((object) => writeYaml(withoutManagedFields(object))).join('---\n');
}

function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  if (!isJsonObject(metadata)) return object;
  return { ...object, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'managedFields')) };
}
