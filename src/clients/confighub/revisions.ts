import { sha256 } from '../../domain/sha256.ts';
import { type HubContext, onceEach } from './context.ts';
import { badAnswer } from './transport.ts';
import { about, type RevisionClient, type UnitRef, unitPath } from './unit-client.ts';
import { assertData } from './unit-lists.ts';
import { and, whereUnits } from './where.ts';
import { type ExtendedRevision, extendedRevisionSchema, type Revision } from './wire.ts';

export function revisionClient({ transport, abilities: { generation } }: HubContext): RevisionClient {
  const hasDataApart = generation === 'C';

  async function readRevision(unit: UnitRef, number: number, signal: AbortSignal): Promise<Revision | undefined> {
    const path = `${unitPath(unit)}/revision`;
    const query = { where: `RevisionNum = ${number}`, include: 'UserID' };
    const found = await transport.list({ path, query, about: about(unit) }, extendedRevisionSchema, signal);
    const revision = found.find(
      ({ Revision: { RevisionNum, UnitID } }) => RevisionNum === number && UnitID === unit.id,
    )?.Revision;
    if (!revision) return undefined;
    const data = hasDataApart
      ? await transport.text({ path: `${path}/${revision.RevisionID}/data`, about: about(unit) }, signal)
      : revision.Data;
    const read = { ...revision, Data: data };
    assertData(read, `revision ${number} of unit ${unit.name}`);
    if (hasDataApart && read.DataHash !== '' && sha256(data) !== read.DataHash)
      throw badAnswer(`is not the data of revision ${number}`, about(unit));
    return read;
  }

  return {
    async listRevisions(unit, signal) {
      const path = `${unitPath(unit)}/revision`;
      const found = await transport.list(
        { path, query: { include: 'UserID' }, about: about(unit) },
        extendedRevisionSchema,
        signal,
      );
      return onceEach(found, ({ Revision }) => Revision.RevisionID).toSorted(
        (one, other) => other.Revision.RevisionNum - one.Revision.RevisionNum,
      );
    },

    async listRevisionsFrom(units, number, signal) {
      const from = `RevisionNum >= ${number}`;
      const found: ExtendedRevision[] = [];
      if (generation === 'A') {
        for (const unit of units) {
          const query = { where: from, include: 'UserID' };
          found.push(...(await transport.list({ path: `${unitPath(unit)}/revision`, query }, extendedRevisionSchema, signal)));
        }
        return onceEach(found, ({ Revision }) => Revision.RevisionID);
      }
      const select = 'RevisionNum,UnitID,Description,CreatedAt,ChangeSetID,UserID,User.Username';
      for (const where of whereUnits(units.map(({ id }) => id))) {
        const query = { where: and(where, from), include: 'UserID', select };
        found.push(...(await transport.list({ path: '/revision', query }, extendedRevisionSchema, signal)));
      }
      return onceEach(found, ({ Revision }) => Revision.RevisionID);
    },

    readRevision,
  };
}
