import type { Revision } from './entities/revision.ts';
import type { Unit } from './entities/unit.ts';
import { isUuid } from './identity.ts';

const numberFields = ['HeadRevisionNum', 'LiveRevisionNum', 'LastAppliedRevisionNum', 'PreviousLiveRevisionNum'] as const;
type NumberField = (typeof numberFields)[number];

/** What `restore=` and `revision=` may name (reference, sections 5.7 and 6.4); resolved for each unit. */
export type RevisionReference =
  | { readonly kind: 'field'; readonly field: NumberField; readonly before: boolean }
  | { readonly kind: 'number'; readonly number: number; readonly before: boolean }
  | { readonly kind: 'Tag' | 'ChangeSet' | 'Revision'; readonly id: string; readonly before: boolean };

/** `undefined` if the text has none of the formats. A negative number counts back from the head. */
export function parseRevisionReference(text: string): RevisionReference | undefined {
  const before = text.startsWith('Before:');
  const rest = before ? text.slice('Before:'.length) : text;
  const field = numberFields.find((name) => name === rest);
  if (field) return { kind: 'field', field, before };
  if (/^-?\d{1,10}$/u.test(rest)) return { kind: 'number', number: Number(rest), before };
  const [kind, id, ...more] = rest.split(':');
  if (more.length > 0 || id === undefined || !isUuid(id)) return undefined;
  return kind === 'Tag' || kind === 'ChangeSet' || kind === 'Revision' ? { kind, id: id.toLowerCase(), before } : undefined;
}

/** The revision of this unit that a reference means; `undefined` where the unit has none. `history` is oldest first. */
export function resolveRevision(
  reference: RevisionReference,
  unit: Pick<Unit, NumberField>,
  history: readonly Revision[],
  endTagOf: (changeSetId: string) => string | undefined,
): Revision | undefined {
  const number = revisionNumber(reference, unit, history, endTagOf);
  return number === undefined ? undefined : history.find(({ RevisionNum }) => RevisionNum === number);
}

function revisionNumber(
  reference: RevisionReference,
  unit: Pick<Unit, NumberField>,
  history: readonly Revision[],
  endTagOf: (changeSetId: string) => string | undefined,
): number | undefined {
  const step = reference.before ? -1 : 0;
  const num = (revision: Revision | undefined): number | undefined => revision && revision.RevisionNum + step;
  switch (reference.kind) {
    case 'field':
      return unit[reference.field] + step;
    case 'number':
      return (reference.number < 0 ? unit.HeadRevisionNum + reference.number : reference.number) + step;
    case 'Revision':
      return num(history.find(({ RevisionID }) => RevisionID === reference.id));
    case 'Tag':
      return num(history.findLast(({ Tags }) => Object.hasOwn(Tags, reference.id)));
    case 'ChangeSet': {
      const endTag = endTagOf(reference.id);
      const belongs = ({ ChangeSetID, Tags }: Revision): boolean =>
        ChangeSetID === reference.id || (endTag !== undefined && Object.hasOwn(Tags, endTag));
      // "Before" a changeset is before its first revision; the changeset itself is its last.
      return num(reference.before ? history.find(belongs) : history.findLast(belongs));
    }
  }
}
