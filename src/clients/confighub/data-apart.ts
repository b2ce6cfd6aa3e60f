import pLimit from 'p-limit';
import { ConfigHubError } from '../../domain/errors.ts';
import { sha256 } from '../../domain/sha256.ts';
import { onceEach } from './context.ts';
import { badAnswer, type ConfigHubTransport, type Query } from './transport.ts';
import { type UnitRef, unitPath, unitRef } from './unit-client.ts';
import { type ExtendedUnit, extendedUnitSchema, unitDataSchema } from './wire.ts';

/** Units that are read again at the same time, and how often each, before the server is too busy for a whole picture. */
const REREADS_AT_ONCE = 8;
const ATTEMPTS = 5;

/**
 * Units with their texts, which generation C lists separately: two lists, read at the same time. A unit that changed between
 * them is read again, so that no text is paired with an older revision; a deleted one is left out.
 */
export async function listUnitsWithData(
  transport: ConfigHubTransport,
  query: Query,
  include: string,
  signal: AbortSignal,
): Promise<readonly ExtendedUnit[]> {
  const [listed, data] = await Promise.all([
    transport.list({ path: '/unit', query: { ...query, include } }, extendedUnitSchema, signal),
    transport.list({ path: '/unit_data', query }, unitDataSchema, signal),
  ]);
  const dataOf = new Map(data.map((entry) => [entry.UnitID, entry]));
  const limit = pLimit(REREADS_AT_ONCE);
  const units = onceEach(listed, ({ Unit }) => Unit.UnitID).map(async (entry) => {
    const found = dataOf.get(entry.Unit.UnitID);
    const isSame = found !== undefined && found.DataHash === entry.Unit.DataHash;
    if (isSame) return { ...entry, Unit: { ...entry.Unit, Data: found.Data } };
    return limit(() => reread(transport, unitRef(entry.Unit, entry.Space?.Slug ?? entry.Unit.SpaceID), include, signal));
  });
  return (await Promise.all(units)).filter((unit) => unit !== undefined);
}

/** The unit, then its text, until both belong together; `undefined` for a unit that was deleted meanwhile. */
async function reread(
  transport: ConfigHubTransport,
  ref: UnitRef,
  include: string,
  signal: AbortSignal,
): Promise<ExtendedUnit | undefined> {
  const [path, about] = [unitPath(ref), `unit ${ref.name}`];
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = await transport.get({ path, query: { include }, about }, extendedUnitSchema, signal);
      if (now.Unit.UnitID !== ref.id) throw badAnswer('is another unit', about);
      const text = await transport.text({ path: `${path}/data`, about }, signal);
      const isSame = sha256(text) === now.Unit.DataHash;
      if (isSame) return { ...now, Unit: { ...now.Unit, Data: text } };
    }
  } catch (error) {
    if (error instanceof ConfigHubError && error.code === 'not-found') return undefined;
    throw error;
  }
  throw new ConfigHubError(`unit ${ref.name} has a text that does not match its hash, in ${ATTEMPTS} reads`, {
    code: 'unavailable',
    subject: about,
    remedy: 'Another client may be writing it continuously; run the pass again later.',
  });
}
