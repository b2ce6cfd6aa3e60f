import pLimit from 'p-limit';
import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import type { ChangeSetRef } from '../../domain/desired.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { FixOutcome } from '../../domain/outcome.ts';
import type { Plan, UnitFix } from '../../domain/plan.ts';
import { applyFixes } from './apply.ts';
import { awaitHealthy } from './await-healthy.ts';
import { closeChangeSet } from './changeset.ts';
import { kindOf } from './cluster-writes.ts';
import { requireJudged } from './judged.ts';
import { composeNote } from './note.ts';
import { handBack } from './ownership.ts';
import { attempt, type FixClients, type FixOptions, failureOf, type Progress } from './progress.ts';
import { publishReleases } from './release.ts';
import { verify } from './verify.ts';
import { writePairs } from './write-pairs.ts';

export type { FixOptions } from './progress.ts';

const READS_AT_ONCE = 8;

/**
 * Carries the plan out: revisions written, applied, verified. One unit's failure is its own outcome and the others go
 * on. Critical units come one by one before all the rest, which share one changeset; rollouts are waited for at the
 * end, all together.
 */
export async function carryOutFixes(plan: Plan, clients: FixClients, options: FixOptions): Promise<readonly FixOutcome[]> {
  await handBackPending(plan, clients, options);
  const critical = plan.fixes.filter((fix) => fix.isCritical).map((fix) => [fix]);
  const others = plan.fixes.filter((fix) => !fix.isCritical);
  const outcomes: FixOutcome[] = [];
  for (const group of [...critical, others]) {
    if (group.length > 0) outcomes.push(...(await fixGroup(group, clients, options)));
  }
  if (options.publishRelease && !clients.confighub.abilities.appliesUnits) {
    const fixed = new Set(outcomes.flatMap(({ result, correctionId }) => (result === 'fixed' ? [correctionId] : [])));
    const units = plan.fixes.flatMap(({ id, unit }) => (fixed.has(id) ? [unit] : []));
    await publishReleases(units, clients.confighub, options.onWarning, options.signal);
  }
  return awaitHealthy(plan.fixes, outcomes, clients.kubernetes, options);
}

/** What a pass that was killed between its two writes left. Objects that are fixed now are given back right after. */
async function handBackPending(plan: Plan, { kubernetes }: FixClients, options: FixOptions): Promise<void> {
  const { signal } = options;
  const fixed = new Set(plan.fixes.flatMap(({ objects, isStaged }) => (isStaged ? [] : objects.map(({ desired }) => desired))));
  for (const desired of plan.ownershipPending) {
    if (fixed.has(desired)) continue;
    const failure = await failureOf(async () => {
      const kind = await kindOf(desired, kubernetes, signal);
      const live = await kubernetes.get(kind, desired.ref, signal);
      if (live) await handBack(desired, live, kind, kubernetes, options);
    }, signal);
    if (failure)
      options.onWarning(`ownership of fixed fields of ${displayRef(desired.ref)} is still pending: ${failure.message}`);
  }
}

async function fixGroup(group: readonly UnitFix[], clients: FixClients, options: FixOptions): Promise<readonly FixOutcome[]> {
  const { confighub, kubernetes } = clients;
  const progress = group.map(
    (fix): Progress => ({
      fix,
      changeSet: fix.changeSet,
      revision: 0,
      judged: new Map(),
      written: new Map(),
      failures: new Map(),
      applyFailure: '',
      failure: undefined,
    }),
  );
  // What changed since it was judged gets no pair that would tell of a fix that was never made.
  const limit = pLimit(READS_AT_ONCE);
  await Promise.all(
    progress.map((entry) => limit(() => attempt(entry, options.signal, () => requireJudged(entry, kubernetes, options)))),
  );
  const ownChangeSet = await writePairs(progress, confighub, options);
  await recordWithoutPair(progress, options);
  await applyFixes(
    progress.filter((entry) => !entry.fix.isStaged),
    clients,
    options,
  );
  const outcomes: FixOutcome[] = [];
  for (const entry of progress) outcomes.push(...(await verify(entry, kubernetes, options)));
  if (ownChangeSet) await closeOwn(ownChangeSet, progress, confighub, options);
  return outcomes;
}

/** So that also fixes without a pair are reported if this pass is killed before it reports: all in one write, if that succeeds. */
async function recordWithoutPair(progress: readonly Progress[], { firstSeen, record, signal }: FixOptions): Promise<void> {
  const noted = progress.flatMap((entry) => {
    if (entry.failure || entry.revision > 0 || entry.fix.isStaged) return [];
    const note = composeNote(entry.fix, firstSeen, new Date());
    return note ? [{ entry, note }] : [];
  });
  if (noted.length === 0 || !(await failureOf(() => record(noted.map(({ note }) => note)), signal))) return;
  // One that is too large stops no other.
  for (const { entry, note } of noted) await attempt(entry, signal, () => record([note]));
}

/** A unit whose pair may be half stays in the changeset, for the next pass to end the pair where it began. */
async function closeOwn(
  changeSet: ChangeSetRef,
  progress: readonly Progress[],
  confighub: ConfigHubClient,
  options: FixOptions,
): Promise<void> {
  const under = progress.filter((entry) => entry.changeSet?.id === changeSet.id);
  const done = under.filter(({ revision }) => revision > 0);
  if (done.length === 0) return;
  const unitIds = done.length === under.length ? undefined : done.map(({ fix }) => fix.unit.id);
  await closeChangeSet(changeSet, confighub, options, unitIds);
}
