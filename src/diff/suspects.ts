import type { DesiredObject } from '../types/desired.ts';
import { valueAt } from '../types/field-path.ts';
import {
  type Comparison,
  canonicalJson,
  type Finding,
  findingFingerprint,
  findingId,
  type ObjectComparison,
  revealValue,
} from '../types/finding.ts';
import { objectKey } from '../types/object-ref.ts';
import type { Probe } from '../types/probe.ts';
import { isDetectors } from '../types/snapshot.ts';
import type { DiffOptions } from './compare.ts';
import { AHEAD } from './context.ts';

/**
 * Objects that look drifted in a way that a default or an admission webhook would explain as well: something that
 * nobody declared, a declared value that no applier of ours ever took, or one that differs although we own it.
 */
export function suspectsOf(comparison: Comparison, options: DiffOptions): readonly DesiredObject[] {
  return comparison.objects.flatMap((object) =>
    object.desired && object.live && object.findings.some((finding) => isSuspect(finding, object, options))
      ? [object.desired]
      : [],
  );
}

function isSuspect(finding: Finding, { live }: ObjectComparison, options: DiffOptions): boolean {
  if (finding.class === 'added') return true;
  // Admission may have changed the object while the detector wrote, which then owns that as well.
  if (finding.class === 'to_remove') return live?.owners.some(isDetectors) === true;
  if (finding.class === 'pending') return finding.note === AHEAD;
  return finding.class === 'changed' && !live?.owners.some((owner) => options.desiredManagers.includes(owner.manager));
}

/** The comparison with everything set aside that the API server would do again to a new object. */
export function settleSuspects(comparison: Comparison, probes: ReadonlyMap<string, Probe>, options: DiffOptions): Comparison {
  const objects = comparison.objects.map((object) => {
    const probe = probes.get(objectKey(object.ref));
    if (!probe || probe.kind === 'refused') return object;
    const findings = object.findings.map((finding) =>
      isSuspect(finding, object, options) && isExplained(finding, probe) ? asInformational(finding, object, options) : finding,
    );
    return { ...object, findings };
  });
  return { ...comparison, objects };
}

function isExplained(finding: Finding, probe: Exclude<Probe, { readonly kind: 'refused' }>): boolean {
  // What others own stays in a dry run of the live object whatever desired says: it explains nothing.
  if (finding.desired === undefined && probe.kind === 'existing') return false;
  const made = valueAt(probe.body, finding.path);
  return canonicalJson(made ?? null) === canonicalJson(revealValue(finding.live) ?? null);
}

function asInformational(finding: Finding, { live }: ObjectComparison, options: DiffOptions): Finding {
  const id = findingId(options.cluster, finding.ref, finding.path, 'informational');
  return {
    ...finding,
    id,
    fingerprint: findingFingerprint({ ...finding, id }, live),
    class: 'informational',
    repair: { method: 'none', command: '' },
    note: 'the API server or its admission sets it (dry run)',
  };
}
