import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { assertPatchVersion, assertVersion, readFields, type Versioned } from '../bodies.ts';
import { type Unit, type WritableUnit, writableUnit } from '../entities/unit.ts';
import { badRequest } from '../errors.ts';
import { mergePatch, pick } from '../merge-patch.ts';

/** What a request's body asks of a unit. */
export interface UnitBody {
  readonly fields: WritableUnit;
  /** `undefined` where the body leaves the configuration as it is. An empty one is a real one: it withdraws the resources. */
  readonly data: Uint8Array | undefined;
  /** Whether the client itself described this change. */
  readonly describes: boolean;
  /** Only a patch can lock and unlock: a PUT by a client that does not know changesets must not open the lock. */
  readonly changeSet: string | null | undefined;
  readonly applyGates: Readonly<Record<string, boolean>>;
}

const writableKeys = Object.keys(writableUnit.shape);

/** The base64 of `Data`. Absent keeps the configuration, null and "" empty it. */
export function readData(body: JsonObject): Uint8Array | undefined {
  const data = body['Data'];
  if (data === undefined) return undefined;
  if (data === null) return new Uint8Array();
  const parsed = z.base64().safeParse(data);
  if (!parsed.success) throw badRequest('Data is not base64');
  return Buffer.from(parsed.data, 'base64');
}

function versioned({ UnitID, Slug, Version }: Unit): Versioned {
  return { type: 'Unit', id: UnitID, slug: Slug, version: Version };
}

/** A whole unit, as cub sends back what it read with its change in it. `Version` must be the one that is stored. */
export function readPut(unit: Unit, body: JsonObject): UnitBody {
  assertVersion(versioned(unit), body['Version'] ?? 0);
  const fields = readFields(writableUnit, { Slug: unit.Slug, ToolchainType: unit.ToolchainType, ...pick(body, writableKeys) });
  return {
    fields,
    data: readData(body),
    describes: fields.LastChangeDescription !== unit.LastChangeDescription,
    changeSet: undefined,
    applyGates: unit.ApplyGates,
  };
}

/** A merge patch (reference, section 6.2); read-only fields in it are ignored, `Version` is checked when it is there. */
export function readPatch(unit: Unit, patch: JsonObject): UnitBody {
  assertPatchVersion(versioned(unit), patch['Version']);
  return {
    fields: readFields(writableUnit, mergePatch(pick(unit, writableKeys), pick(patch, writableKeys))),
    data: readData(patch),
    describes: typeof patch['LastChangeDescription'] === 'string',
    changeSet: readChangeSet(patch),
    applyGates: readGates(unit, patch),
  };
}

function readChangeSet(patch: JsonObject): string | null | undefined {
  const value = patch['ChangeSetID'];
  if (value === undefined || value === null) return value;
  const parsed = z.guid().safeParse(value);
  if (!parsed.success) throw badRequest('ChangeSetID is not a UUID');
  return parsed.data.toLowerCase();
}

/** In ConfigHub triggers set the gates; here, where there are none, a patch does, so that what a gate means can be tried. */
function readGates(unit: Unit, patch: JsonObject): Readonly<Record<string, boolean>> {
  if (!isJsonObject(patch['ApplyGates']) && patch['ApplyGates'] !== null) return unit.ApplyGates;
  const parsed = z.record(z.string(), z.boolean()).safeParse(mergePatch(unit.ApplyGates, patch['ApplyGates'] ?? {}));
  if (!parsed.success) throw badRequest('ApplyGates must map names to true or false');
  return patch['ApplyGates'] === null ? {} : parsed.data;
}
