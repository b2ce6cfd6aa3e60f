import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type HubContext, notFound } from './context.ts';
import { and, inList, quote } from './where.ts';
import {
  type BulkUnit,
  bulkUnitSchema,
  type ExtendedRevision,
  type ExtendedUnit,
  extendedRevisionSchema,
  extendedUnitSchema,
  type Revision,
  type Unit,
  unitDataSchema,
  writtenUnitSchema,
} from './wire.ts';

/** A unit of one server, and how people name it. */
export interface UnitRef {
  readonly spaceId: string;
  readonly id: string;
  /** `space/unit`, for messages. */
  readonly name: string;
}

/** A unit as it was read: a write is refused where it has changed since. */
export interface UnitState extends UnitRef {
  readonly version: number;
  /** SHA-256 of the head's bytes; empty on servers that give none (generation A). */
  readonly dataHash: string;
}

export interface UnitChange {
  /** New text; omitted leaves it as it is. An empty one is a real one: it withdraws the unit's objects. */
  readonly data?: string;
  readonly description?: string;
  /** Opens the unit in this changeset, or closes it with `null`. */
  readonly changeSetId?: string | null;
}

/** Units of any space; both conditions hold. */
export interface UnitSelection {
  readonly where: string;
  readonly filterId?: string;
}

export interface BulkChange {
  /** Fields of the units, as a merge patch on the wire's names. */
  readonly patch?: Readonly<Record<string, unknown>>;
  /** Take what the upstream units changed; local changes stay. */
  readonly upgrade?: boolean;
  /** Put an earlier revision's data back: a number, `LiveRevisionNum`, `Before:ChangeSet:<id>`. */
  readonly restore?: string;
  readonly underChangeSet?: string | undefined;
  readonly dryRun?: boolean;
}

export interface NewUnit {
  readonly slug: string;
  readonly data?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly targetId?: string;
  readonly description?: string;
}

export interface UnitClient {
  /** Units of any space with data, space, set, target and changeset; one request, two where data stands apart (generation C). */
  listUnits(selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]>;
  /** The same without data, with the state of each unit and the head of its upstream. */
  listUnitStates(selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]>;
  findUnit(spaceId: string, slug: string, signal: AbortSignal): Promise<ExtendedUnit>;
  createUnit(spaceId: string, unit: NewUnit, signal: AbortSignal): Promise<Unit>;
  /** A copy that remembers where it came from, so that it can be upgraded. */
  cloneUnit(
    spaceId: string,
    upstream: Pick<UnitRef, 'spaceId' | 'id'>,
    unit: Omit<NewUnit, 'data'>,
    signal: AbortSignal,
  ): Promise<Unit>;
  /** Clones every selected unit into every space that `whereSpace` selects. */
  cloneUnits(
    selection: UnitSelection,
    whereSpace: string,
    patch: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<readonly BulkUnit[]>;
  /** Writes only while the unit is as it was read; a conflict means that somebody was faster. */
  writeUnit(unit: UnitState, change: UnitChange, underChangeSet: string | undefined, signal: AbortSignal): Promise<Unit>;
  /** A merge patch on the wire's names; for what has no meaning of its own here. */
  patchUnit(unit: UnitRef, patch: Readonly<Record<string, unknown>>, change: BulkChange, signal: AbortSignal): Promise<Unit>;
  patchUnits(selection: UnitSelection, change: BulkChange, signal: AbortSignal): Promise<readonly BulkUnit[]>;
  deleteUnit(unit: UnitRef, signal: AbortSignal): Promise<void>;
  /** Newest first; their data only where the server sends it along. */
  listRevisions(unit: UnitRef, signal: AbortSignal): Promise<readonly ExtendedRevision[]>;
  /** Revisions of units of any space from a number on, without data where that can be said; one request for 150 units, on generation A one each. */
  listRevisionsFrom(
    units: readonly Pick<UnitRef, 'spaceId' | 'id'>[],
    number: number,
    signal: AbortSignal,
  ): Promise<readonly ExtendedRevision[]>;
  /** A revision with its data; `undefined` where the unit has none of that number. */
  readRevision(unit: UnitRef, number: number, signal: AbortSignal): Promise<Revision | undefined>;
}

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
  A: [...COMMON_FIELDS, ...APPLIED_FIELDS, 'SetID'].join(),
  B: [...COMMON_FIELDS, ...APPLIED_FIELDS, ...LOCK_FIELDS, 'DataHash'].join(),
  C: [...COMMON_FIELDS, ...LOCK_FIELDS, 'DataHash', 'LastReleasedRevisionNum'].join(),
} as const;

/** Units named in one request: their ids stand in the address, which servers bound at some 8 kB. */
export const IDS_PER_REQUEST = 150;

export function unitPath({ spaceId, id }: Pick<UnitRef, 'spaceId' | 'id'>): string {
  return `/space/${encodeURIComponent(spaceId)}/unit/${encodeURIComponent(id)}`;
}

export function unitRef(unit: Pick<Unit, 'SpaceID' | 'UnitID' | 'Slug'>, space: string): UnitRef {
  return { spaceId: unit.SpaceID, id: unit.UnitID, name: `${space}/${unit.Slug}` };
}

export function unitClient(hub: HubContext): UnitClient {
  const { transport } = hub;
  const { generation } = hub.abilities;
  const hasDataApart = generation === 'C';
  const include = INCLUDE[generation];
  const queryOf = ({ where, filterId }: UnitSelection): Readonly<Record<string, string | undefined>> => ({
    where: where === '' ? undefined : where,
    filter: filterId,
  });
  const about = (unit: UnitRef): string => `unit ${unit.name}`;

  async function listUnits(selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]> {
    const query = queryOf(selection);
    const units = (): Promise<ExtendedUnit[]> =>
      transport.list({ path: '/unit', query: { ...query, include } }, extendedUnitSchema, signal);
    if (!hasDataApart) return units();
    const [listed, data] = await Promise.all([units(), transport.list({ path: '/unit_data', query }, unitDataSchema, signal)]);
    const dataOf = new Map(data.map((entry) => [entry.UnitID, entry]));
    return Promise.all(
      listed.map(async (entry) => {
        const found = dataOf.get(entry.Unit.UnitID);
        // The two lists are read one beside the other: a unit that changed between them is read again, data before number,
        // so that no text is ever taken for an older revision than it is.
        const isSame = found !== undefined && found.DataHash === entry.Unit.DataHash;
        return isSame ? { ...entry, Unit: { ...entry.Unit, Data: found.Data } } : rereadUnit(entry, signal);
      }),
    );
  }

  async function rereadUnit(entry: ExtendedUnit, signal: AbortSignal): Promise<ExtendedUnit> {
    const ref = unitRef(entry.Unit, entry.Space?.Slug ?? entry.Unit.SpaceID);
    const path = unitPath(ref);
    for (;;) {
      const now = await transport.get({ path, query: { include }, about: about(ref) }, extendedUnitSchema, signal);
      const text = await transport.text({ path: `${path}/data`, about: about(ref) }, signal);
      const isSame = createHash('sha256').update(text).digest('hex') === now.Unit.DataHash;
      if (isSame) return { ...now, Unit: { ...now.Unit, Data: text } };
    }
  }

  async function patchUnit(
    unit: UnitRef,
    patch: Readonly<Record<string, unknown>> | null,
    change: BulkChange,
    signal: AbortSignal,
  ): Promise<Unit> {
    const query = changeQuery(change);
    return transport.send(
      { method: 'PATCH', path: unitPath(unit), query, body: patch, about: about(unit) },
      writtenUnitSchema,
      signal,
    );
  }

  return {
    listUnits,

    listUnitStates: (selection, signal) => {
      const query = { ...queryOf(selection), include: `${include},UpstreamUnitID,UnitEventID`, select: STATE_FIELDS[generation] };
      return transport.list({ path: '/unit', query }, extendedUnitSchema, signal);
    },

    async findUnit(spaceId, slug, signal) {
      const where = and(`SpaceID = ${quote(spaceId)}`, `Slug = ${quote(slug)}`);
      const found = (await listUnits({ where }, signal)).find(({ Unit }) => Unit.Slug === slug);
      if (!found) throw notFound(`unit ${slug} in this space`, slug);
      return found;
    },

    async createUnit(spaceId, unit, signal) {
      const inline = hasDataApart || unit.data === undefined ? {} : { Data: base64(unit.data) };
      const body = { ...newUnitBody(spaceId, unit), ...inline };
      const path = `/space/${encodeURIComponent(spaceId)}/unit`;
      const created = await transport.send({ method: 'POST', path, body }, writtenUnitSchema, signal);
      if (!hasDataApart || unit.data === undefined) return created;
      return putData(
        { spaceId, id: created.UnitID, name: created.Slug, version: created.Version, dataHash: created.DataHash },
        unit.data,
        unit.description,
        undefined,
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
      return putData(unit, data, description, underChangeSet, signal);
    },

    patchUnit,

    patchUnits: (selection, change, signal) =>
      transport.send(
        {
          method: 'PATCH',
          path: '/unit',
          query: { ...queryOf(selection), ...changeQuery(change), include },
          // An upgrade alone has no patch, and says so (as ConfigHub's own client does).
          body: change.patch ?? null,
        },
        z.array(bulkUnitSchema),
        signal,
      ),

    async deleteUnit(unit, signal) {
      await transport.send({ method: 'DELETE', path: unitPath(unit), about: about(unit) }, z.unknown(), signal);
    },

    async listRevisions(unit, signal) {
      const path = `${unitPath(unit)}/revision`;
      const found = await transport.list(
        { path, query: { include: 'UserID' }, about: about(unit) },
        extendedRevisionSchema,
        signal,
      );
      return found.sort((one, other) => other.Revision.RevisionNum - one.Revision.RevisionNum);
    },

    async listRevisionsFrom(units, number, signal) {
      const from = `RevisionNum >= ${number}`;
      const found: ExtendedRevision[] = [];
      if (generation === 'A') {
        for (const unit of units) {
          const query = { where: from, include: 'UserID' };
          found.push(...(await transport.list({ path: `${unitPath(unit)}/revision`, query }, extendedRevisionSchema, signal)));
        }
        return found;
      }
      const select = 'RevisionNum,UnitID,Description,CreatedAt,User.Username';
      for (let start = 0; start < units.length; start += IDS_PER_REQUEST) {
        const ids = units.slice(start, start + IDS_PER_REQUEST).map(({ id }) => id);
        const query = { where: and(`UnitID IN ${inList(ids)}`, from), include: 'UserID', select };
        found.push(...(await transport.list({ path: '/revision', query }, extendedRevisionSchema, signal)));
      }
      return found;
    },

    async readRevision(unit, number, signal) {
      const path = `${unitPath(unit)}/revision`;
      const query = { where: `RevisionNum = ${number}`, include: 'UserID' };
      const found = await transport.list({ path, query, about: about(unit) }, extendedRevisionSchema, signal);
      const revision = found.find(({ Revision: { RevisionNum } }) => RevisionNum === number)?.Revision;
      if (!revision || !hasDataApart) return revision;
      const text = await transport.text({ path: `${path}/${revision.RevisionID}/data`, about: about(unit) }, signal);
      return { ...revision, Data: text };
    },
  };

  function putData(
    unit: UnitState,
    data: string,
    description: string | undefined,
    underChangeSet: string | undefined,
    signal: AbortSignal,
  ): Promise<Unit> {
    return transport.send(
      {
        method: 'PUT',
        path: `${unitPath(unit)}/data`,
        query: { last_change_description: description, change_set_id: underChangeSet },
        text: { value: data, ifMatch: unit.dataHash },
        about: about(unit),
      },
      writtenUnitSchema,
      signal,
    );
  }
}

function changeQuery({ upgrade, restore, underChangeSet, dryRun }: BulkChange): Readonly<Record<string, string | undefined>> {
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
