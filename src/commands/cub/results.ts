import type { BulkUnit, ExtendedUnit } from '../../clients/confighub/client.ts';
import { sanitize } from '../../domain/describe.ts';
import type { CubContext } from './context.ts';

/** 0, or 1 where what was asked for was not done. */
export type CubResult = Promise<0 | 1>;

/** All refused: failed. Some refused: reported, and the others stay done, as with ConfigHub's own client. */
export function printBulk(context: CubContext, done: string, results: readonly BulkUnit[]): 0 | 1 {
  const refused = results.flatMap(({ Error: error }) => (error ? [error] : []));
  const units = results.flatMap(({ Unit }) => (Unit ? [Unit] : []));
  context.out(units.map(({ Slug, UnitID }) => `${sanitize(Slug)} (${sanitize(UnitID)})\n`).join(''));
  context.say(
    `${units.length} ${units.length === 1 ? 'unit' : 'units'} ${done}${refused.length > 0 ? `, ${refused.length} refused` : ''}\n`,
  );
  for (const { Slug, Conflicts = [] } of units) {
    for (const { ResourceType, ResourceName, Path, Message } of Conflicts) {
      const kind = ResourceType.slice(ResourceType.lastIndexOf('/') + 1);
      const place = `${kind} ${ResourceName}: ${Path === '' ? '' : `${Path} `}${Message}`;
      context.say(`conflict in ${sanitize(Slug)}, kept as it was here: ${sanitize(place)}\n`);
    }
  }
  for (const { Message } of refused) context.say(`refused: ${sanitize(Message)}\n`);
  return units.length === 0 && refused.length > 0 ? 1 : 0;
}

/** The unit as the wire has it, where data is base64 and gates are a map. */
export function wireUnit(extended: ExtendedUnit) {
  const ApplyGates = Object.fromEntries(extended.Unit.ApplyGates.map((gate) => [gate, true]));
  return { ...extended, Unit: { ...extended.Unit, ApplyGates, Data: base64(extended.Unit.Data) } };
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
