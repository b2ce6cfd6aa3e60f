import type { Json, JsonObject } from '../../src/domain/json.ts';
import { base64, type Client } from './harness.ts';

export function deployment(name: string, replicas: number): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  replicas: ${replicas} # kept low on purpose\n`;
}

/** What the cub of August 2025 sends to make a space (reference: recorded requests). */
export async function createSpace(client: Client, slug: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await client.post('/space', {
    CreatedAt: '0001-01-01T00:00:00Z',
    Labels: labels,
    OrganizationID: '00000000-0000-0000-0000-000000000000',
    Slug: slug,
    SpaceID: '00000000-0000-0000-0000-000000000000',
    UpdatedAt: '0001-01-01T00:00:00Z',
  });
  return String(answer.object['SpaceID']);
}

export async function createUnit(
  client: Client,
  space: string,
  slug: string,
  text: string,
  more: JsonObject = {},
): Promise<JsonObject> {
  const answer = await client.post(`/space/${space}/unit`, {
    ApprovedBy: null,
    CreatedAt: '0001-01-01T00:00:00Z',
    Data: base64(text),
    MutationSources: null,
    OrganizationID: '00000000-0000-0000-0000-000000000000',
    SetID: null,
    Slug: slug,
    SpaceID: space,
    TargetID: null,
    ToolchainType: 'Kubernetes/YAML',
    UnitID: '00000000-0000-0000-0000-000000000000',
    UpdatedAt: '0001-01-01T00:00:00Z',
    UpstreamOrganizationID: null,
    UpstreamSpaceID: null,
    UpstreamUnitID: null,
    ...more,
  });
  return answer.object;
}

export async function createNamed(client: Client, space: string, kind: string, body: JsonObject): Promise<JsonObject> {
  return (await client.post(`/space/${space}/${kind}`, body)).object;
}

export function unitPath(unit: JsonObject): string {
  return `/space/${String(unit['SpaceID'])}/unit/${String(unit['UnitID'])}`;
}

export async function readUnit(client: Client, unit: JsonObject): Promise<JsonObject> {
  return part((await client.get(unitPath(unit))).object, 'Unit');
}

/** The revisions of a unit, oldest first. */
export async function revisionsOf(client: Client, unit: JsonObject): Promise<readonly JsonObject[]> {
  return (await client.get(`${unitPath(unit)}/revision`)).list.map((extended) => part(extended, 'Revision'));
}

/** An object within an answer, which the test fails without. */
export function part(object: JsonObject | undefined, key: string): JsonObject {
  const value: Json | undefined = object?.[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`no ${key} in ${JSON.stringify(object)}`);
  // Neither null nor an array, so an object; narrowing does not see through readonly arrays.
  return value as JsonObject;
}
