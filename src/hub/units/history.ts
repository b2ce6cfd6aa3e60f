import type { Hub } from '../context.ts';
import { changeSetFields } from '../entities/change-set.ts';
import type { Revision } from '../entities/revision.ts';
import type { Unit } from '../entities/unit.ts';
import { badRequest, HubError } from '../errors.ts';
import { parseRevisionReference, resolveRevision } from '../revisions.ts';

/** The revision of the unit that a `restore=` or `revision=` value means; 400 for another form, 404 where the unit has none. */
export function findRevision(hub: Hub, unit: Unit, reference: string): Revision {
  const parsed = parseRevisionReference(reference);
  if (!parsed)
    throw badRequest(
      `"${reference}" is not a revision: use a number, HeadRevisionNum, LiveRevisionNum, Tag:<uuid>, ChangeSet:<uuid> or Revision:<uuid>`,
    );
  const history = hub.store.revisions.find({ column: 'unit_id', values: [unit.UnitID] });
  const found = resolveRevision(parsed, unit, history, (id) => endTagOf(hub, id));
  if (!found) throw new HubError(404, `unit ${unit.Slug} has no revision ${reference}`, { type: 'Unit', id: unit.UnitID });
  return found;
}

function endTagOf(hub: Hub, changeSetId: string): string | undefined {
  const parsed = changeSetFields.safeParse(hub.store.named.get(changeSetId));
  return parsed.success ? (parsed.data.EndTagID ?? undefined) : undefined;
}
