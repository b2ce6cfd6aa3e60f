import type { Clients } from '../clients/clients.ts';
import type { DesiredState } from '../domain/desired.ts';
import type { Comparison, Finding } from '../domain/finding.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { applyDryRuns, asSettled, comparerOf, type DiffOptions, diff, objectsToCheck } from '../stages/diff/diff.ts';
import type { FixOptions } from '../stages/fix/fix.ts';
import { checkByDryRun } from '../stages/snapshot/dry-run.ts';
import { projectLive } from '../stages/snapshot/snapshot.ts';
import type { PassOptions } from './judgement.ts';
import type { PassLog } from './log.ts';

/** How single objects are compared while they are fixed, as the API server answers them; `settled` is the pass's comparison. */
export function comparing(
  snapshot: Snapshot,
  options: DiffOptions,
  settled?: Comparison,
): Pick<FixOptions, 'compare' | 'deliveredFields' | 'desiredManagers'> {
  const comparer = comparerOf(snapshot, options);
  const like = settled ? asSettled(settled) : (findings: readonly Finding[]) => findings;
  return {
    desiredManagers: options.desiredManagers,
    compare: (object, live) => like(comparer.compare(object, live && projectLive(live, object.ref))),
    deliveredFields: (object, live, written) => {
      const projected = projectLive(live, object.ref);
      return projected ? comparer.deliveredFields(object, projected, written) : {};
    },
  };
}

export async function compareAll(
  { kubernetes }: Pick<Clients, 'kubernetes'>,
  snapshot: Snapshot,
  desired: DesiredState,
  { diff: options, signal }: PassOptions,
  log: PassLog,
): Promise<Comparison> {
  const found = await log.phase('diff', async () => diff(snapshot, desired, options));
  const unexplained = objectsToCheck(found, options);
  const checks = await log.phase('dry-run', () =>
    checkByDryRun(kubernetes, unexplained, { fieldManager: options.desiredManagers[0] ?? '', signal }),
  );
  log.dryRunChecks(unexplained.length, checks);
  return applyDryRuns(found, checks, options);
}
