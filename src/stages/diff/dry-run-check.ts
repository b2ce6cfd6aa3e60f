import { type DesiredObject, isApplied } from '../../domain/desired.ts';
import type { DryRunCheck } from '../../domain/dry-run-check.ts';
import { printPath, valueAt } from '../../domain/field-path.ts';
import { partAt } from '../../domain/field-set.ts';
import {
  type Blame,
  type Comparison,
  canonicalJson,
  type Finding,
  findingFingerprint,
  findingId,
  type ObjectComparison,
  revealValue,
} from '../../domain/finding.ts';
import type { FindingClass } from '../../domain/finding-classes.ts';
import { objectKey } from '../../domain/object-ref.ts';
import { isDetectors, type LiveObject } from '../../domain/snapshot.ts';
import { ownersInVersion } from './api-versions.ts';
import type { DiffOptions } from './compare.ts';
import { AHEAD } from './context.ts';
import { createIgnores, type Ignores } from './ignore.ts';
import { repairOf } from './repair.ts';
import { ignored } from './whole-object.ts';

/**
 * Objects that look drifted in a way that a default or an admission webhook would explain as well: an undeclared
 * value, a declared value that no applier of ours ever owned, or one that differs although we own it.
 */
export function objectsToCheck(comparison: Comparison, options: DiffOptions): readonly DesiredObject[] {
  return comparison.objects.flatMap((object) =>
    object.desired && object.live && object.findings.some((finding) => isSuspect(finding, object, options))
      ? [object.desired]
      : [],
  );
}

function isSuspect(finding: Finding, { desired, live }: ObjectComparison, options: DiffOptions): boolean {
  const managers = desired?.managers ?? options.desiredManagers;
  if (finding.class === 'added') return true;
  // Admission may have changed the object while the detector wrote, which then owns that as well.
  if (finding.class === 'to_remove') return live?.owners.some(isDetectors) === true;
  if (finding.class === 'pending') return finding.note.startsWith(AHEAD);
  return finding.class === 'changed' && !live?.owners.some((owner) => managers.includes(owner.manager));
}

/**
 * The comparison after the API server was asked: what it would do to a new object again is not drift, and a value of ours
 * that differs from what an applied unit gives was written by another program under our name.
 */
export function applyDryRuns(comparison: Comparison, checks: ReadonlyMap<string, DryRunCheck>, options: DiffOptions): Comparison {
  const ignores = createIgnores(options.ignoreRules ?? [], options.now ?? new Date());
  const objects = comparison.objects.map((object) => {
    const check = checks.get(objectKey(object.ref));
    const settle = (finding: Finding): Finding =>
      isSuspect(finding, object, options) ? settled(finding, object, check, options, ignores) : finding;
    return { ...object, findings: object.findings.map(settle) };
  });
  const used = ignores.uses();
  const uses = comparison.ignores.map((use, index) => ({ ...use, matches: use.matches + (used[index]?.matches ?? 0) }));
  return { ...comparison, objects, ignores: uses };
}

/**
 * Applies the results of dry runs to objects that are compared again: a pass makes each dry run once, and a field with the same
 * two values keeps its class.
 */
export function asSettled({ objects }: Comparison): (findings: readonly Finding[]) => readonly Finding[] {
  const keyOf = ({ ref, path }: Finding): string => `${objectKey(ref)} ${printPath(path)}`;
  const known = new Map(objects.flatMap(({ findings }) => findings.map((finding) => [keyOf(finding), finding])));
  const values = (finding: Finding): string | undefined =>
    canonicalJson([revealValue(finding.desired) ?? null, revealValue(finding.live) ?? null]);
  return (findings) =>
    findings.map((finding) => {
      const before = known.get(keyOf(finding));
      return before && before.class !== finding.class && values(before) === values(finding) ? before : finding;
    });
}

function settled(
  finding: Finding,
  { desired, live }: ObjectComparison,
  check: DryRunCheck | undefined,
  options: DiffOptions,
  ignores: Ignores,
): Finding {
  const isPending = finding.class === 'pending';
  const isOurs = isPending && desired !== undefined && live !== undefined && isApplied(desired.unit);
  if (!check || check.kind === 'refused') return isOurs ? { ...finding, note: `${finding.note}; ${UNASKED}` } : finding;
  if (isExplained(finding, check)) {
    const note = 'the API server or its admission sets it (dry run)';
    return { ...reclassed(finding, 'informational', finding.blame, live, options), note };
  }
  if (!isOurs) return finding;
  const found = finding.live === undefined ? 'removed' : 'changed';
  const drift = reclassed(finding, found, found === 'removed' ? undefined : writerOf(finding, live, options), live, options);
  const rule = ignores.ruleFor(finding.ref, finding.path, drift.blame);
  if (!rule) return { ...drift, note: UNDER_OUR_NAME };
  const { note } = ignored(rule, found);
  return { ...reclassed(finding, 'informational', drift.blame, live, options), note, coveredFingerprint: drift.fingerprint };
}

/** Why a value of ours that an applied unit has otherwise is not called drift. */
const UNASKED = 'it needs a dry-run check, and the API server answered none: the account needs the right to patch';
const UNDER_OUR_NAME = 'the unit is applied with another value: someone else wrote this one under the name of our field manager';

function isExplained(finding: Finding, check: Exclude<DryRunCheck, { readonly kind: 'refused' }>): boolean {
  // What others own stays in a dry run of the live object whatever desired says: it explains nothing.
  if (finding.desired === undefined && check.kind === 'existing') return false;
  const made = valueAt(check.body, finding.path);
  return canonicalJson(made ?? null) === canonicalJson(revealValue(finding.live) ?? null);
}

/** The entry of ours that owns the value. Its writer counts as another delivery under our name. */
function writerOf({ path }: Finding, live: LiveObject, { desiredManagers }: DiffOptions): Blame | undefined {
  const [owner] = ownersInVersion(live)
    .filter(({ manager, fields }) => desiredManagers.includes(manager) && Object.keys(partAt(fields, path)).length > 0)
    .toSorted((one, other) => ((one.time ?? '') < (other.time ?? '') ? 1 : -1));
  if (!owner) return undefined;
  const { manager, operation, subresource, time } = owner;
  return { manager, operation, subresource, actor: 'delivery', ...(time === undefined ? {} : { time }) };
}

function reclassed(
  finding: Finding,
  found: FindingClass,
  blame: Blame | undefined,
  live: LiveObject | undefined,
  options: DiffOptions,
): Finding {
  const { ref, path } = finding;
  const id = findingId(options.cluster, ref, path, found);
  const change = { ref, path, desired: revealValue(finding.desired), live: revealValue(finding.live) };
  return {
    ...finding,
    id,
    fingerprint: findingFingerprint({ ...finding, id, blame }, live),
    class: found,
    blame,
    repair: repairOf(found, change, live?.body),
    note: '',
  };
}
