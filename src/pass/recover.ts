import type { ConfigHubClient } from '../clients/confighub/client.ts';
import type { DesiredState } from '../domain/desired.ts';
import { ConfigHubError, throwUnless } from '../domain/errors.ts';
import { printPath } from '../domain/field-path.ts';
import type { Comparison, ObjectComparison } from '../domain/finding.ts';
import { objectKey } from '../domain/object-ref.ts';
import type { Plan } from '../domain/plan.ts';
import type { PreviousReport, RecordedFix } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { type CompareObject, recordedDrift } from '../stages/diff/diff.ts';
import type { FixNote } from '../stages/fix/note.ts';
import { findUnreportedPairs, noted, type UnreportedFix } from '../stages/fix/unreported.ts';
import { type RankOptions, rankFindings } from '../stages/rank/rank.ts';

/** What the pass has read and decided. */
export interface RecoverInput {
  readonly snapshot: Snapshot;
  readonly desired: DesiredState;
  readonly comparison: Comparison;
  readonly plan: Plan;
}

export interface RecoverOptions {
  readonly cluster: string;
  readonly compare: CompareObject;
  readonly rank: Pick<RankOptions, 'environment' | 'prices' | 'model'>;
  readonly now: Date;
  /** Of fixes without a pair, by passes before this one. */
  readonly notes: readonly FixNote[];
  readonly onWarning: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Fixes that were made and that no report names: ConfigHub or the Lease has the record of them, Git a copy. A field that differs again is
 * left out: this pass fixes and reports it.
 */
export async function recoverFixes(
  { snapshot, desired, comparison, plan }: RecoverInput,
  previous: PreviousReport,
  confighub: ConfigHubClient,
  options: RecoverOptions,
): Promise<readonly RecordedFix[]> {
  const known = new Set([...previous.corrections.map(({ correctionId }) => correctionId), ...plan.fixes.map(({ id }) => id)]);
  let pairs: readonly UnreportedFix[];
  try {
    pairs = await findUnreportedPairs(desired.units, known, confighub, options.cluster, options.signal);
  } catch (error) {
    throwUnless(error, ConfigHubError, options.signal);
    options.onWarning(`fixes of an interrupted pass could not be read; the next pass reports them: ${error.message}`);
    return [];
  }
  const unreported = [...pairs, ...noted(options.notes, desired.units, known)];
  const readKeys = new Set(snapshot.objects.map(({ ref }) => objectKey(ref)));
  const differing = new Set(
    comparison.objects.flatMap(({ ref, findings }) => findings.map(({ path }) => `${objectKey(ref)} ${printPath(path)}`)),
  );
  const recorded: RecordedFix[] = [];
  for (const fix of unreported.toSorted((one, other) => (one.restoredAt < other.restoredAt ? -1 : 1))) {
    const objects = recordedDrift(
      desired.objects.filter(({ unit, ref }) => unit.id === fix.unit.id && readKeys.has(objectKey(ref))),
      fix.observed,
      fix.observedDescription,
      options.compare,
    ).map((object): ObjectComparison => {
      const key = objectKey(object.ref);
      return { ...object, findings: object.findings.filter(({ path }) => !differing.has(`${key} ${printPath(path)}`)) };
    });
    const { environment, prices, model } = options.rank;
    // By rules alone: what is over is no question for the model.
    const ranking = await rankFindings(
      { ...comparison, objects },
      {
        environment,
        prices,
        model,
        known: new Map(),
        now: options.now,
        signal: options.signal,
      },
    );
    const { correctionId, revision, changeSet, observedAt, restoredAt, wasStaged } = fix;
    for (const ranked of ranking.findings)
      recorded.push({ ranked, correctionId, revision, changeSet, firstSeen: observedAt, time: restoredAt, wasStaged });
  }
  return recorded;
}
