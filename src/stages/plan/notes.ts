import { type DesiredState, unitName } from '../../domain/desired.ts';
import type { ReportFault } from '../../domain/report.ts';
import type { ServerAbilities } from '../../domain/server.ts';
import { serverFieldsOf } from '../../domain/server-fields.ts';

/** What this server cannot do, and what is done instead; reported once for all findings. */
export function notesOn(server: ServerAbilities): readonly string[] {
  const notes: string[] = [];
  if (!server.appliesUnits)
    notes.push(
      'This ConfigHub releases whole spaces, not single units: fixes are written directly to the cluster, and a release is published only with DRIFT_PUBLISH_RELEASE=true',
    );
  if (!server.locksUnits)
    notes.push('This ConfigHub cannot lock units by changeset: fixes are pairs of revisions without a changeset');
  return notes;
}

/** Named one by one; of more, how many. */
const NAMED_UNITS = 5;

/** Units whose text was printed from live objects. What only the API server writes is neither compared nor applied. */
export function exportedUnits({ objects }: Pick<DesiredState, 'objects'>): readonly string[] {
  const fieldsOf = new Map<string, Set<string>>();
  for (const { unit, document } of objects) {
    const fields = serverFieldsOf(document);
    const name = unitName(unit);
    if (fields.length > 0) fieldsOf.set(name, new Set([...(fieldsOf.get(name) ?? []), ...fields]));
  }
  const units = [...fieldsOf].sort(([one], [other]) => (one < other ? -1 : 1));
  const notes = units
    .slice(0, NAMED_UNITS)
    .map(
      ([name, fields]) =>
        `Unit ${name} declares fields that only the API server writes; they are left out: ${[...fields].sort().join(', ')}`,
    );
  return units.length > NAMED_UNITS
    ? [...notes, `${units.length - NAMED_UNITS} more units declare fields that only the API server writes`]
    : notes;
}

/** A sentence about each broken file of the last report. */
export function notesOnReport(faults: readonly ReportFault[]): readonly string[] {
  return faults.map(({ file, fault }) => `The last report was broken and is replaced by this one (${file}: ${fault})`);
}
