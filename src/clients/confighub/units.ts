import * as z from 'zod';
import { type HubContext, notFound, onceEach } from './context.ts';
import { refuseUnknownChange, restoredNumber } from './first-generation.ts';
import { revisionClient } from './revisions.ts';
import type { Query } from './transport.ts';
import {
  about,
  type BulkChange,
  type NewUnit,
  type UnitClient,
  type UnitRef,
  type UnitSelection,
  type UnitState,
  unitPath,
} from './unit-client.ts';
import { listUnitsComplete } from './unit-lists.ts';
import { and, quote } from './where.ts';
import { bulkUnitSchema, type ExtendedUnit, extendedUnitSchema, type Unit, writtenUnitSchema } from './wire.ts';

const INCLUDE = {
  A: 'SpaceID,SetID,TargetID',
  B: 'SpaceID,SetID,TargetID,ChangeSetID',
  C: 'SpaceID,TargetID,ChangeSetID',
} as const;

/** Fields for a list of states: naming any keeps the data, which may be megabytes, on the server. */
const COMMON_FIELDS = [
  'Slug',
  'Labels',
  'HeadRevisionNum',
  'UpstreamUnitID',
  'UpstreamRevisionNum',
  'ApplyGates',
  'LastChangeDescription',
  'TargetID',
  'UpdatedAt',
  'Version',
  'Space.Slug',
  'Target.Slug',
  'UpstreamUnit.Slug',
  'UpstreamUnit.HeadRevisionNum',
];
const APPLIED_FIELDS = [
  'LiveRevisionNum',
  'LastAppliedRevisionNum',
  'UnitStatus.Status',
  'UnitStatus.Action',
  'UnitStatus.ActionTerminatedAt',
];
const LOCK_FIELDS = ['ChangeSetID', 'ChangeSet.Slug'];
const STATE_FIELDS = {
  A: [...COMMON_FIELDS, ...APPLIED_FIELDS, 'SetID', 'Set.Slug'].join(),
  B: [...COMMON_FIELDS, ...APPLIED_FIELDS, ...LOCK_FIELDS, 'DataHash'].join(),
  C: [...COMMON_FIELDS, ...LOCK_FIELDS, 'DataHash', 'LastReleasedRevisionNum'].join(),
} as const;

function queryOf({ where, filterId }: UnitSelection): Query {
  return { where: where === '' ? undefined : where, filter: filterId };
}

function unitReads(hub: HubContext): Pick<UnitClient, 'listUnits' | 'listUnitStates' | 'findUnit'> {
  const { transport } = hub;
  const { generation } = hub.abilities;
  const include = INCLUDE[generation];
  const listUnits = (selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]> =>
    listUnitsComplete(hub, queryOf(selection), include, signal);
  return {
    listUnits,

    async listUnitStates(selection, signal) {
      const query = { ...queryOf(selection), include: `${include},UpstreamUnitID,UnitEventID`, select: STATE_FIELDS[generation] };
      const found = await transport.list({ path: '/unit', query }, extendedUnitSchema, signal);
      return onceEach(found, ({ Unit }) => Unit.UnitID);
    },

    async findUnit(spaceId, slug, signal) {
      const where = and(`SpaceID = ${quote(spaceId)}`, `Slug = ${quote(slug)}`);
      const found = (await listUnits({ where }, signal)).find(({ Unit }) => Unit.Slug === slug);
      if (!found) throw notFound(`unit ${slug} in this space`, slug);
      return found;
    },
  };
}

export function unitClient(hub: HubContext): UnitClient {
  const { transport } = hub;
  const { generation } = hub.abilities;
  const hasDataApart = generation === 'C';
  const include = INCLUDE[generation];
  const revisions = revisionClient(hub);

  const reads = unitReads(hub);

  async function patchUnit(
    unit: UnitRef,
    patch: Readonly<Record<string, unknown>> | null,
    change: BulkChange,
    signal: AbortSignal,
  ): Promise<Unit> {
    const query = generation === 'A' ? await firstGenerationQuery(unit, change, signal) : changeQuery(change);
    return transport.send(
      { method: 'PATCH', path: unitPath(unit), query, body: patch, about: about(unit) },
      writtenUnitSchema,
      signal,
    );
  }

  /** A single unit's revision is named by its ID there. */
  async function firstGenerationQuery(unit: UnitRef, change: BulkChange, signal: AbortSignal): Promise<Query> {
    const number = restoredNumber(change.restore);
    const { restore: _, ...rest } = change;
    refuseUnknownChange(number === undefined ? change : rest, about(unit));
    if (number === undefined) return changeQuery(change);
    const revision = await revisions.readRevision(unit, number, signal);
    if (!revision) throw notFound(`revision ${number} of unit ${unit.name}`, about(unit));
    return { ...changeQuery(rest), revision_id: revision.RevisionID };
  }

  return {
    ...reads,

    async createUnit(spaceId, unit, signal) {
      const inline = hasDataApart || unit.data === undefined ? {} : { Data: base64(unit.data) };
      const body = { ...newUnitBody(spaceId, unit), ...inline };
      const path = `/space/${encodeURIComponent(spaceId)}/unit`;
      const created = await transport.send({ method: 'POST', path, body }, writtenUnitSchema, signal);
      if (!hasDataApart || unit.data === undefined) return created;
      return putData(
        hub,
        { spaceId, id: created.UnitID, name: created.Slug, version: created.Version, dataHash: created.DataHash },
        { data: unit.data, description: unit.description },
        signal,
      );
    },

    cloneUnit: (spaceId, upstream, unit, signal) =>
      transport.send(
        {
          method: 'POST',
          path: `/space/${encodeURIComponent(spaceId)}/unit`,
          query: { upstream_space_id: upstream.spaceId, upstream_unit_id: upstream.id },
          body: newUnitBody(spaceId, unit),
        },
        writtenUnitSchema,
        signal,
      ),

    cloneUnits: (selection, whereSpace, patch, signal) =>
      transport.send(
        { method: 'POST', path: '/unit', query: { ...queryOf(selection), where_space: whereSpace, include }, body: patch },
        z.array(bulkUnitSchema),
        signal,
      ),

    async writeUnit(unit, change, underChangeSet, signal) {
      const { data, description, changeSetId } = change;
      const lock = changeSetId === undefined ? {} : { ChangeSetID: changeSetId };
      if (!hasDataApart || data === undefined) {
        const patch = {
          ...(data === undefined ? {} : { Data: base64(data) }),
          ...(description === undefined ? {} : { LastChangeDescription: description }),
          ...lock,
          Version: unit.version,
        };
        return patchUnit(unit, patch, { underChangeSet }, signal);
      }
      // Data has a path of its own from generation C on, so the lock is taken right before; the hash guards the data.
      if (changeSetId !== undefined) await patchUnit(unit, { ...lock, Version: unit.version }, { underChangeSet }, signal);
      return putData(hub, unit, { data, description, underChangeSet }, signal);
    },

    patchUnit,

    async patchUnits(selection, change, signal) {
      if (generation === 'A') refuseUnknownChange(change, `units where ${selection.where}`);
      const query = { ...queryOf(selection), ...changeQuery(change), include };
      // An upgrade alone has no patch, and says so (as ConfigHub's own client does).
      return transport.send(
        { method: 'PATCH', path: '/unit', query, body: change.patch ?? null },
        z.array(bulkUnitSchema),
        signal,
      );
    },

    async deleteUnit(unit, signal) {
      await transport.send({ method: 'DELETE', path: unitPath(unit), about: about(unit) }, z.unknown(), signal);
    },

    ...revisions,
  };
}

/** Data has a path of its own from generation C on; the hash guards it. */
function putData({ transport }: HubContext, unit: UnitState, change: DataChange, signal: AbortSignal): Promise<Unit> {
  return transport.send(
    {
      method: 'PUT',
      path: `${unitPath(unit)}/data`,
      query: { last_change_description: change.description, change_set_id: change.underChangeSet },
      text: { value: change.data, ifMatch: unit.dataHash },
      about: about(unit),
    },
    writtenUnitSchema,
    signal,
  );
}

interface DataChange {
  readonly data: string;
  readonly description: string | undefined;
  readonly underChangeSet?: string | undefined;
}

function changeQuery({ upgrade, restore, underChangeSet, dryRun }: BulkChange): Query {
  return {
    upgrade: upgrade ? 'true' : undefined,
    restore,
    change_set_id: underChangeSet,
    dry_run: dryRun ? 'true' : undefined,
  };
}

function newUnitBody(spaceId: string, unit: Omit<NewUnit, 'data'>): Readonly<Record<string, unknown>> {
  return {
    SpaceID: spaceId,
    Slug: unit.slug,
    ToolchainType: 'Kubernetes/YAML',
    ...(unit.labels ? { Labels: unit.labels } : {}),
    ...(unit.targetId ? { TargetID: unit.targetId } : {}),
    ...(unit.description === undefined ? {} : { LastChangeDescription: unit.description }),
  };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
