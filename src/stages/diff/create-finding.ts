import { type DesiredUnit, unitName } from '../../domain/desired.ts';
import type { FieldPath } from '../../domain/field-path.ts';
import { type Finding, findingFingerprint, findingId } from '../../domain/finding.ts';
import { type Json, stringAt } from '../../domain/json.ts';
import { kindOf } from '../../domain/kinds/kinds.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';
import { Secret, shownPart } from '../../domain/secret.ts';
import { showPath, showSides, showValue } from '../../domain/show/show.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import type { DiffOptions } from './compare.ts';
import type { Verdict } from './context.ts';
import { repairOf } from './repair.ts';

/** What a finding is about: a field of an object, or the whole object with an empty path. */
export interface FindingSubject {
  readonly ref: ObjectRef;
  readonly path: FieldPath;
  readonly desired?: Json | undefined;
  readonly live?: Json | undefined;
  /** The unit that declares it. */
  readonly unit?: DesiredUnit | undefined;
  readonly object?: LiveObject | undefined;
}

export function createFinding(
  verdict: Verdict,
  { ref, path: givenPath, desired: desiredValue, live: liveValue, unit, object: live }: FindingSubject,
  options: DiffOptions,
  more: Pick<Finding, 'autoscaler' | 'isReordered'> & { readonly blame?: Finding['blame'] } = {},
): Finding {
  const declaredBy = unit ? unitName(unit) : '';
  const sides = { desired: desiredValue, live: liveValue };
  const values = showSides(ref, givenPath, sides, options.showValues ?? 'safe');
  const isHidden = values.desired instanceof Secret || values.live instanceof Secret;
  const path = showPath(ref, givenPath, live?.body, isHidden);
  // A value under a hidden key may be shown, and is not stored: its key would be stored with it.
  const hasHiddenKey = path.some((step) => step.hidden !== undefined && !('member' in step));
  const [desired, shown] = [values.desired, values.live].map((value) =>
    hasHiddenKey && value !== undefined && !(value instanceof Secret) ? new Secret(value, value) : value,
  );
  const id = findingId(options.cluster, ref, path, verdict.class);
  const [first, second] = path;
  const isTemplate =
    first && 'field' in first && first.field === 'spec' && second && 'field' in second && second.field === 'template';
  const { blame, ...rest } = more;
  const fingerprintOf = (ofId: string): string =>
    findingFingerprint({ id: ofId, unit: declaredBy, desired, live: shown, blame }, live);
  const repair = repairOf(verdict.class, { ref, path, desired: desiredValue, live: liveValue }, live?.body);
  return {
    id,
    fingerprint: fingerprintOf(id),
    ...(verdict.covered ? { coveredFingerprint: fingerprintOf(findingId(options.cluster, ref, path, verdict.covered)) } : {}),
    class: verdict.class,
    ref,
    path,
    desired,
    live: shown,
    blame,
    unit: declaredBy,
    isCritical: unit?.isCritical ?? false,
    owner: ownerOf(ref, unit, live, options),
    restartsPods: Boolean(isTemplate) && kindOf(ref)?.replacesPods?.(live?.body) === true,
    repair,
    note:
      verdict.class === 'pending' && repair.method === 'recreate' ? `${verdict.note}; ${refused(repair.command)}` : verdict.note,
    ...rest,
  };
}

/** The value of the owner label as it may be shown: the unit's, which nobody changes in the cluster, or the object's own. */
function ownerOf(
  ref: ObjectRef,
  unit: DesiredUnit | undefined,
  live: LiveObject | undefined,
  { ownerLabel = '', showValues = 'safe' }: DiffOptions,
): string {
  if (ownerLabel === '') return '';
  const value = unit?.labels[ownerLabel] ?? stringAt(live?.body, 'metadata', 'labels', ownerLabel) ?? '';
  const path = ['metadata', 'labels', ownerLabel].map((field) => ({ field }));
  return value === '' ? '' : String(shownPart(showValue(ref, path, value, showValues)) ?? '');
}

/** What the apply of a pending value will meet. */
function refused(command: string): string {
  return `the field is immutable, so the API server will refuse the apply: ${command}, then apply the unit`;
}
