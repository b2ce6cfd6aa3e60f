import type { Json, JsonObject } from '../../types/json.ts';
import type { EntityName } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { unitStatus } from '../units/status.ts';
import { present, type Wanted, wantedBy } from './present.ts';
import type { Reader } from './reader.ts';

export interface Extension {
  readonly include: readonly string[];
  readonly wanted: Wanted;
}

export function extensionOf(
  entity: EntityName,
  parameters: { readonly include?: readonly string[] | undefined; readonly select?: readonly string[] | undefined },
): Extension {
  return { include: parameters.include ?? [], wanted: wantedBy(entity, parameters.select) };
}

/** The wrapper that lists and single reads answer: the entity under its own name, and what `include` asks for beside it. */
export function extend(reader: Reader, entity: EntityName, record: JsonObject, { include, wanted }: Extension): JsonObject {
  const wire: Record<string, Json> = { [entity]: present(reader, entity, record, entity, wanted) };
  for (const [field, relation] of Object.entries(definitions[entity].relations)) {
    if (!include.includes(field) && !include.includes(relation.as)) continue;
    const related = reader.related(record, field, relation);
    if (related) wire[relation.as] = present(reader, relation.of, related, relation.as, wanted);
  }
  if (entity === 'Unit') extendUnit(reader, record, include, wire);
  return wire;
}

function extendUnit(reader: Reader, record: JsonObject, include: readonly string[], wire: Record<string, Json>): void {
  if (include.includes('ApprovedBy') && Array.isArray(record['ApprovedBy'])) {
    wire['ApprovedBy'] = record['ApprovedBy'].flatMap((id) => reader.load('User', String(id)) ?? []);
  }
  if (!include.some((name) => name === 'UnitEventID' || name === 'LatestUnitEvent' || name === 'UnitStatus')) return;
  const event = reader.store.events.last({ column: 'unit_id', values: [String(record['UnitID'])] });
  if (event) wire['LatestUnitEvent'] = event;
  wire['UnitStatus'] = unitStatus(Number(record['LiveRevisionNum']), event);
}
