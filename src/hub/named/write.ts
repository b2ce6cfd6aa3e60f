import type { Json, JsonObject } from '../../domain/json.ts';
import { assertPatchVersion, assertVersion, readFields, type Versioned } from '../bodies.ts';
import type { Hub } from '../context.ts';
import type { Common } from '../entities/common.ts';
import type { Named, NamedKind } from '../entities/named.ts';
import { HubError } from '../errors.ts';
import { ORGANIZATION_ID } from '../identity.ts';
import { mergePatch, pick } from '../merge-patch.ts';
import { namedId } from '../storage/store.ts';
import { assertUsable } from './rules.ts';

/** The part of a record that a body decides, checked by the kind's own schema. */
type Written = Pick<Common, 'Slug' | 'DisplayName' | 'Labels' | 'Annotations'> & { readonly [field: string]: Json };

export interface Created {
  readonly record: Named;
  /** Fields that are not kept, such as a secret, of which a hash is. */
  readonly once: JsonObject;
}

export function createNamed(hub: Hub, kind: NamedKind, spaceId: string, body: JsonObject, allowExists: boolean): Created {
  const fields = readNamed(kind, pick(body, keysOf(kind)));
  const existing = findBySlug(hub, kind, spaceId, fields.Slug);
  if (existing && allowExists) return { record: existing, once: {} };
  assertFree(existing, kind);
  assertUsable(hub, kind, fields);
  const now = hub.now();
  const { stored = {}, once = {} } = kind.initial?.(hub.newId) ?? {};
  const record = hub.store.named.insert({
    EntityType: kind.definition.name,
    OrganizationID: ORGANIZATION_ID,
    SpaceID: spaceId,
    ...fields,
    CreatedAt: now,
    UpdatedAt: now,
    Version: 1,
    [kind.definition.idField]: hub.newId(),
    ...stored,
  });
  return { record, once };
}

/** A new entity with the fields of another one, and a patch over them. */
export function copyNamed(
  hub: Hub,
  kind: NamedKind,
  source: Named,
  { spaceId, patch, allowExists }: { readonly spaceId: string; readonly patch: JsonObject; readonly allowExists: boolean },
): Named {
  // A patch of an object gives an object.
  const body = mergePatch(pick(source, keysOf(kind)), pick(patch, keysOf(kind))) as JsonObject;
  return createNamed(hub, kind, spaceId, body, allowExists).record;
}

/** A PUT: the whole entity, with the `Version` that was read. Fields that its client does not know keep their values. */
export function putNamed(hub: Hub, kind: NamedKind, record: Named, body: JsonObject): Named {
  assertVersion(versioned(record), body['Version'] ?? 0);
  return changeNamed(hub, kind, record, { Slug: record.Slug, ...pick(body, keysOf(kind)) });
}

export function patchNamed(hub: Hub, kind: NamedKind, record: Named, patch: JsonObject): Named {
  assertPatchVersion(versioned(record), patch['Version']);
  return changeNamed(hub, kind, record, mergePatch(pick(record, keysOf(kind)), pick(patch, keysOf(kind))));
}

function changeNamed(hub: Hub, kind: NamedKind, record: Named, body: Json): Named {
  const fields = readNamed(kind, body);
  if (fields.Slug !== record.Slug) assertFree(findBySlug(hub, kind, record.SpaceID, fields.Slug), kind);
  assertUsable(hub, kind, fields);
  const next = { ...record, ...fields };
  if (JSON.stringify(next) === JSON.stringify(record)) return record;
  return hub.store.named.update({ ...next, UpdatedAt: hub.now(), Version: record.Version + 1 });
}

function keysOf(kind: NamedKind): readonly string[] {
  return Object.keys(kind.writable.shape);
}

function readNamed(kind: NamedKind, body: Json): Written {
  // Every kind's schema is made of commonFields and more fields whose results are JSON.
  return readFields(kind.writable, body) as Written;
}

function findBySlug(hub: Hub, kind: NamedKind, spaceId: string, slug: string): Named | undefined {
  return hub.store.named.last(
    { column: 'entity_type', values: [kind.definition.name] },
    { column: 'space_id', values: [spaceId] },
    { column: 'slug', values: [slug] },
  );
}

function assertFree(existing: Named | undefined, kind: NamedKind): void {
  if (existing) throw new HubError(409, `${kind.definition.name} ${existing.Slug} already exists in this space`);
}

function versioned(record: Named): Versioned {
  return { type: record.EntityType, id: namedId(record), slug: record.Slug, version: record.Version };
}
