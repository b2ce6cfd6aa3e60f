import type { JsonObject } from '../../domain/json.ts';

/**
 * Schemas of Kubernetes' own kinds, for servers that publish no OpenAPI v3 (before 1.24) and for comparing without a
 * server: the trimmed documents of the version that test/kubernetes/record-schemas.ts names. Read only when needed.
 */
export async function readBuiltInSchemas(): Promise<JsonObject> {
  const { default: schemas } = await import('./built-in-schemas.json', { with: { type: 'json' } });
  return { components: { schemas } } as unknown as JsonObject;
}
