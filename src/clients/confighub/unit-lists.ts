import { sha256 } from '../../domain/sha256.ts';
import { type HubContext, listWrapped, onceEach } from './context.ts';
import { listUnitsWithData } from './data-apart.ts';
import { badAnswer, isTooLarge, type Query } from './transport.ts';
import { and, quote } from './where.ts';
import { type ExtendedUnit, extendedUnitSchema, type Revision, spaceSchema, type Unit } from './wire.ts';

/** Units a page, for servers that know pages; others ignore it and give all of them. */
const PAGE_SIZE = '500';

/**
 * Units with their text, each once: in one answer, by pages from generation C on, and space by space where they are more
 * than one answer may hold.
 */
export async function listUnitsComplete(
  hub: HubContext,
  query: Query,
  include: string,
  signal: AbortSignal,
): Promise<readonly ExtendedUnit[]> {
  const { transport, abilities } = hub;
  const hasDataApart = abilities.generation === 'C';
  const list = async (asked: Query): Promise<readonly ExtendedUnit[]> => {
    if (hasDataApart) return listUnitsWithData(transport, asked, include, signal);
    const units = await transport.list({ path: '/unit', query: { ...asked, include } }, extendedUnitSchema, signal);
    for (const { Unit: unit } of units) assertData(unit, `unit ${unit.Slug}`);
    return units;
  };
  const units: ExtendedUnit[] = [];
  try {
    units.push(...(await list(hasDataApart ? { ...query, limit: PAGE_SIZE } : query)));
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    for (const { SpaceID } of await listWrapped(hub, { path: '/space', name: 'Space', schema: spaceSchema }, signal)) {
      const where = and(query['where'] ?? '', `SpaceID = ${quote(SpaceID)}`);
      units.push(...(await list({ ...query, where, limit: PAGE_SIZE })));
    }
  }
  return onceEach(units, ({ Unit: unit }) => unit.UnitID);
}

const NOTHING = sha256('');

/** Throws where the data was left out, as it is of a server that keeps it apart: it would pass for a unit that declares nothing. */
export function assertData(entity: Pick<Unit | Revision, 'Data' | 'DataHash' | 'DataSize' | 'ContentHash'>, what: string): void {
  const { Data, DataHash, DataSize, ContentHash } = entity;
  const isEmpty = DataSize === 0 && ContentHash === 0 && (DataHash === '' || DataHash === NOTHING);
  if (Data === '' && !isEmpty) throw badAnswer(`leaves out the data of ${what}`, what);
}
