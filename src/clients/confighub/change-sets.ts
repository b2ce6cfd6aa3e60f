import * as z from 'zod';
import { type HubContext, listWrapped, notFound, spaceBySlug, splitReference } from './context.ts';
import { and, quote, whereUnits } from './where.ts';
import { type BulkUnit, bulkUnitSchema, type ChangeSet, changeSetSchema, revisionSchema } from './wire.ts';

export interface ChangeSetClient {
  /** The changeset that `project/slug` names; throws where there is none. */
  findChangeSet(reference: string, signal: AbortSignal): Promise<ChangeSet>;
  listChangeSets(where: string, signal: AbortSignal): Promise<readonly ChangeSet[]>;
  createChangeSet(
    spaceId: string,
    changeSet: { readonly slug: string; readonly description: string; readonly labels: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<ChangeSet>;
  /** Only where no unit is in it; an open one is refused. */
  deleteChangeSet(changeSet: Pick<ChangeSet, 'SpaceID' | 'ChangeSetID'>, signal: AbortSignal): Promise<void>;
  /** Closes a changeset for the units that it still locks, or for these of them. It is closed once no unit is in it. */
  closeChangeSet(changeSetId: string, signal: AbortSignal, unitIds?: readonly string[]): Promise<readonly BulkUnit[]>;
  /** IDs of the units that have revisions in the changeset, in the order of their first one; none where there are no locks. */
  unitsOfChangeSet(changeSetId: string, signal: AbortSignal): Promise<readonly string[]>;
}

export function changeSetClient(hub: HubContext): ChangeSetClient {
  const { transport } = hub;
  const list = (where: string, signal: AbortSignal): Promise<readonly ChangeSet[]> =>
    listWrapped(hub, { path: '/change_set', where, name: 'ChangeSet', schema: changeSetSchema }, signal);

  return {
    async findChangeSet(reference, signal) {
      const { space, slug } = splitReference(reference, 'changeset');
      const { SpaceID } = await spaceBySlug(hub, space, `space ${space}, which changeset ${reference} is in`, signal);
      const found = (await list(and(`SpaceID = ${quote(SpaceID)}`, `Slug = ${quote(slug)}`), signal)).find(
        (changeSet) => changeSet.Slug === slug,
      );
      if (!found) throw notFound(`changeset ${reference}`, reference);
      return found;
    },

    listChangeSets: list,

    createChangeSet: (spaceId, { slug, description, labels }, signal) =>
      transport.send(
        {
          method: 'POST',
          path: `/space/${encodeURIComponent(spaceId)}/change_set`,
          body: { Slug: slug, DisplayName: slug, Description: description, Labels: labels, SpaceID: spaceId },
        },
        changeSetSchema,
        signal,
      ),

    async deleteChangeSet({ SpaceID, ChangeSetID }, signal) {
      const path = `/space/${encodeURIComponent(SpaceID)}/change_set/${encodeURIComponent(ChangeSetID)}`;
      await transport.send({ method: 'DELETE', path }, z.unknown(), signal);
    },

    async closeChangeSet(changeSetId, signal, unitIds) {
      const closed: BulkUnit[] = [];
      for (const units of unitIds === undefined ? [''] : whereUnits(unitIds)) {
        const query = { where: and(`ChangeSetID = ${quote(changeSetId)}`, units) };
        const request = { method: 'PATCH', path: '/unit', query, body: { ChangeSetID: null } } as const;
        closed.push(...(await transport.send(request, z.array(bulkUnitSchema), signal)));
      }
      return closed;
    },

    async unitsOfChangeSet(changeSetId, signal) {
      if (!hub.abilities.locksUnits) return [];
      const query = { where: `ChangeSetID = ${quote(changeSetId)}`, select: 'RevisionNum,UnitID' };
      const found = await transport.list({ path: '/revision', query }, z.object({ Revision: revisionSchema }), signal);
      return [...new Set(found.map(({ Revision }) => Revision.UnitID))];
    },
  };
}
