import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ConfigHubError } from '../types/errors.ts';
import type { ConfigHubTransport } from './transport.ts';
import { and, inList, quote } from './where.ts';
import {
  type BulkAction,
  type BulkUnit,
  bulkActionSchema,
  bulkUnitSchema,
  type ChangeSet,
  changeSetSchema,
  type ExtendedRevision,
  type ExtendedUnit,
  extendedRevisionSchema,
  extendedUnitSchema,
  filterSchema,
  type Space,
  spaceSchema,
  type Unit,
  type UnitEvent,
  unitEventSchema,
  unitSchema,
} from './wire.ts';

export type { BulkAction, ChangeSet, ExtendedRevision, ExtendedUnit, Revision, Space, Unit, UnitEvent } from './wire.ts';

/** Units named in one request: their ids stand in the address, which servers bound at some 8 kB. */
const IDS_PER_REQUEST = 150;
const EVENT_POLL_MS = { first: 100, longest: 2_000 } as const;
const TERMINAL = new Set(['Completed', 'Failed', 'Canceled', 'Aborted']);

export interface UnitPatch {
  /** New text; omitted leaves it as it is. */
  readonly data?: string;
  readonly description?: string;
  /** Opens the unit in this changeset, or closes it with `null`. */
  readonly changeSetId?: string | null;
  /** The version that was read: a unit that changed since answers 409. */
  readonly version?: number;
}

export interface UnitSelection {
  readonly where: string;
  readonly filterId?: string;
}

/** What the pass asks of ConfigHub; wire names stay in this folder. */
export interface ConfigHubClient {
  readonly url: string;
  listSpaces(where: string, signal: AbortSignal): Promise<readonly Space[]>;
  /** Units of any space with data, space, set, target and changeset, in one request. */
  listUnits(selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]>;
  getUnit(spaceId: string, unitId: string, signal: AbortSignal): Promise<ExtendedUnit>;
  patchUnit(
    spaceId: string,
    unitId: string,
    patch: UnitPatch,
    underChangeSet: string | undefined,
    signal: AbortSignal,
  ): Promise<Unit>;
  /** Closes a changeset for the units that it still locks. */
  closeChangeSet(changeSetId: string, signal: AbortSignal): Promise<readonly BulkUnit[]>;
  listRevisions(spaceId: string, unitId: string, where: string, signal: AbortSignal): Promise<readonly ExtendedRevision[]>;
  /** The id of `project/filter`; throws where there is none. */
  findFilter(reference: string, signal: AbortSignal): Promise<string>;
  /** The changeset that `project/slug` names; throws where there is none. */
  findChangeSet(reference: string, signal: AbortSignal): Promise<ChangeSet>;
  listChangeSets(where: string, signal: AbortSignal): Promise<readonly ChangeSet[]>;
  createChangeSet(
    spaceId: string,
    changeSet: { readonly slug: string; readonly description: string; readonly labels: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<ChangeSet>;
  /** Applies a revision (`ChangeSet:<id>`, a number, `LiveRevisionNum`) of each unit; the operations run on the server. */
  applyUnits(unitIds: readonly string[], revision: string, signal: AbortSignal): Promise<readonly BulkAction[]>;
  /** Waits until an operation ends and returns its last event. */
  awaitOperation(spaceId: string, unitId: string, operationId: string, signal: AbortSignal): Promise<UnitEvent>;
}

export function createConfigHubClient(transport: ConfigHubTransport): ConfigHubClient {
  const unitPath = (spaceId: string, unitId: string): string =>
    `/space/${encodeURIComponent(spaceId)}/unit/${encodeURIComponent(unitId)}`;
  const include = 'SpaceID,SetID,TargetID,ChangeSetID';

  async function spaceBySlug(slug: string, subject: string, signal: AbortSignal): Promise<Space> {
    const spaces = await transport.get(
      '/space',
      { where: `Slug = ${quote(slug)}` },
      z.array(z.object({ Space: spaceSchema })),
      signal,
    );
    const found = spaces.find((entry) => entry.Space.Slug === slug);
    if (!found) throw notFound(`space ${slug}`, subject);
    return found.Space;
  }

  function splitReference(reference: string, kind: string): { space: string; slug: string } {
    const [space, slug, more] = reference.split('/');
    if (!space || !slug || more !== undefined) {
      throw new ConfigHubError(`${kind} ${JSON.stringify(reference)} is not of the form project/name`, {
        code: 'configuration',
        subject: reference,
        remedy: `Write the ${kind} as the slug of its space, a slash, and its own slug.`,
      });
    }
    return { space, slug };
  }

  return {
    url: transport.url,

    async listSpaces(where, signal) {
      const spaces = await transport.get(
        '/space',
        where === '' ? {} : { where },
        z.array(z.object({ Space: spaceSchema })),
        signal,
      );
      return spaces.map((entry) => entry.Space);
    },

    listUnits: (selection, signal) =>
      transport.get(
        '/unit',
        { where: selection.where === '' ? undefined : selection.where, filter: selection.filterId, include },
        z.array(extendedUnitSchema),
        signal,
      ),

    getUnit: (spaceId, unitId, signal) => transport.get(unitPath(spaceId, unitId), { include }, extendedUnitSchema, signal),

    patchUnit(spaceId, unitId, patch, underChangeSet, signal) {
      const body = {
        ...(patch.data === undefined ? {} : { Data: Buffer.from(patch.data, 'utf8').toString('base64') }),
        ...(patch.description === undefined ? {} : { LastChangeDescription: patch.description }),
        ...(patch.changeSetId === undefined ? {} : { ChangeSetID: patch.changeSetId }),
        ...(patch.version === undefined ? {} : { Version: patch.version }),
      };
      return transport.send('PATCH', unitPath(spaceId, unitId), { change_set_id: underChangeSet }, body, unitSchema, signal);
    },

    closeChangeSet: (changeSetId, signal) =>
      transport.send(
        'PATCH',
        '/unit',
        { where: `ChangeSetID = ${quote(changeSetId)}` },
        { ChangeSetID: null },
        z.array(bulkUnitSchema),
        signal,
      ),

    listRevisions: (spaceId, unitId, where, signal) =>
      transport.get(
        `${unitPath(spaceId, unitId)}/revision`,
        { where, include: 'UserID' },
        z.array(extendedRevisionSchema),
        signal,
      ),

    async findFilter(reference, signal) {
      const { space, slug } = splitReference(reference, 'filter');
      const { SpaceID } = await spaceBySlug(space, `filter ${reference}`, signal);
      const found = await transport.get(
        `/space/${SpaceID}/filter`,
        { where: `Slug = ${quote(slug)}` },
        z.array(z.object({ Filter: filterSchema })),
        signal,
      );
      const filter = found.find((entry) => entry.Filter.Slug === slug);
      if (!filter) throw notFound(`filter ${reference}`, reference);
      return filter.Filter.FilterID;
    },

    async findChangeSet(reference, signal) {
      const { space, slug } = splitReference(reference, 'changeset');
      const { SpaceID } = await spaceBySlug(space, `changeset ${reference}`, signal);
      const where = and(`SpaceID = ${quote(SpaceID)}`, `Slug = ${quote(slug)}`);
      const found = await transport.get('/change_set', { where }, z.array(z.object({ ChangeSet: changeSetSchema })), signal);
      const changeSet = found.find((entry) => entry.ChangeSet.Slug === slug);
      if (!changeSet) throw notFound(`changeset ${reference}`, reference);
      return changeSet.ChangeSet;
    },

    async listChangeSets(where, signal) {
      const found = await transport.get('/change_set', { where }, z.array(z.object({ ChangeSet: changeSetSchema })), signal);
      return found.map((entry) => entry.ChangeSet);
    },

    createChangeSet: (spaceId, changeSet, signal) =>
      transport.send(
        'POST',
        `/space/${spaceId}/change_set`,
        {},
        {
          Slug: changeSet.slug,
          DisplayName: changeSet.slug,
          Description: changeSet.description,
          Labels: changeSet.labels,
          SpaceID: spaceId,
        },
        changeSetSchema,
        signal,
      ),

    async applyUnits(unitIds, revision, signal) {
      const actions: BulkAction[] = [];
      for (let from = 0; from < unitIds.length; from += IDS_PER_REQUEST) {
        const where = `UnitID IN ${inList(unitIds.slice(from, from + IDS_PER_REQUEST))}`;
        actions.push(
          ...(await transport.send('POST', '/unit/apply', { where, revision }, undefined, z.array(bulkActionSchema), signal)),
        );
      }
      return actions;
    },

    async awaitOperation(spaceId, unitId, operationId, signal) {
      const where = `QueuedOperationID = ${quote(operationId)}`;
      for (let waitMs: number = EVENT_POLL_MS.first; ; waitMs = Math.min(waitMs * 2, EVENT_POLL_MS.longest)) {
        const events = await transport.get(
          `${unitPath(spaceId, unitId)}/unit_event`,
          { where },
          z.array(unitEventSchema),
          signal,
        );
        const last = events.findLast((event) => TERMINAL.has(event.Status)) ?? undefined;
        if (last) return last;
        await sleep(waitMs, undefined, { signal });
      }
    },
  };
}

function notFound(what: string, subject: string): ConfigHubError {
  return new ConfigHubError(`ConfigHub has no ${what}`, {
    code: 'configuration',
    subject,
    remedy: 'Correct the name in the configuration, or create it first.',
  });
}
