import type { Json, JsonObject } from '../../domain/json.ts';
import type { EntityName, Relation } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import { unitStatus } from '../units/status.ts';
import { asListed, present, presentText, type Wanted, wantedBy } from './present.ts';
import type { Reader } from './reader.ts';

export interface Extension {
  readonly include: readonly string[];
  readonly relations: readonly (readonly [string, Relation])[];
  readonly wanted: Wanted;
}

export function extensionOf(
  reader: Reader,
  entity: EntityName,
  parameters: {
    readonly include?: readonly string[] | undefined;
    readonly select?: readonly string[] | undefined;
    readonly where?: string | undefined;
    readonly contains?: string | undefined;
  },
  whole: Wanted = asListed,
): Extension {
  const include = parameters.include ?? [];
  const relations = Object.entries(definitions[entity].relations).filter(
    ([field, { as }]) => include.includes(field) || include.includes(as),
  );
  return { include, relations, wanted: wantedBy(reader, entity, parameters, whole) };
}

/** The wrapper that lists and single reads answer: the entity under its own name, and what `include` asks for beside it. */
export function extend(reader: Reader, entity: EntityName, record: JsonObject, extension: Extension): JsonObject {
  const { wanted } = extension;
  const wire: Record<string, Json> = { [entity]: present(reader, { entity, record, owner: entity, wanted }) };
  for (const [field, relation] of extension.relations) {
    const related = reader.related(record, field, relation);
    if (related) wire[relation.as] = present(reader, { entity: relation.of, record: related, owner: relation.as, wanted });
  }
  return entity === 'Unit' ? { ...wire, ...unitExtras(reader, record, extension) } : wire;
}

/** Writes wrappers as JSON text; what thousands of entities name in common, such as their space, is written out once. */
export function extensionWriter(
  reader: Reader,
  entity: EntityName,
  extension: Extension,
): (record: JsonObject, stored: string) => string {
  const { wanted } = extension;
  const texts = new Map<string, string>();
  return (record, stored) => {
    let text = `{${JSON.stringify(entity)}:${presentText(reader, { entity, record, owner: entity, wanted }, stored)}`;
    for (const [field, relation] of extension.relations) {
      const value = record[field];
      const key = `${relation.as} ${String(value)}`;
      const known = texts.get(key);
      if (known !== undefined) {
        text += known;
        continue;
      }
      const related = reader.related(record, field, relation);
      if (!related) continue;
      const { as, of } = relation;
      const written = `,${JSON.stringify(as)}:${presentText(reader, { entity: of, record: related, owner: as, wanted })}`;
      // Each unit has an upstream and revisions of its own: remembering those would be remembering everything.
      if (of !== 'Unit' && of !== 'Revision') texts.set(key, written);
      text += written;
    }
    const extras = entity === 'Unit' && hasExtras(extension) ? JSON.stringify(unitExtras(reader, record, extension)) : '{}';
    return `${text}${extras === '{}' ? '}' : `,${extras.slice(1)}`}`;
  };
}

const EVENT = ['UnitEventID', 'LatestUnitEvent', 'UnitStatus'];

function hasExtras({ include }: Extension): boolean {
  return include.includes('ApprovedBy') || include.some((name) => EVENT.includes(name));
}

function unitExtras(reader: Reader, record: JsonObject, { include }: Extension): JsonObject {
  const approvals = record['ApprovedBy'];
  const approvedBy =
    include.includes('ApprovedBy') && Array.isArray(approvals)
      ? { ApprovedBy: approvals.flatMap((id) => reader.load('User', String(id)) ?? []) }
      : {};
  if (!include.some((name) => EVENT.includes(name))) return approvedBy;
  const event = reader.store.events.last({ column: 'unit_id', values: [String(record['UnitID'])] });
  return {
    ...approvedBy,
    ...(event ? { LatestUnitEvent: event } : {}),
    UnitStatus: unitStatus(Number(record['LiveRevisionNum'] ?? 0), event),
  };
}
